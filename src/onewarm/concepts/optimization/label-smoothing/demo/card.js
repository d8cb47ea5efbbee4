/** One model of the study: verdict, reliability diagram, numbers, and ECE over alpha. */

import { pathThrough, valuesBelow } from "onewarm/chart.js";
import { element, setAttributes, setHidden, setText, svgElement } from "onewarm/dom.js";
import { clamp, fixed, intervalText } from "onewarm/numbers.js";
import { errorAreas, reliability, verdictLine } from "onewarm/reliability.js";
import { facts } from "onewarm/table.js";
import { eceChart } from "./ece-chart.js";
import { nearest, readReport, sideOf, verdict } from "./report.js";

/** @typedef {import("../demo.js").View} View */
/** @typedef {import("./report.js").Point} Point */
/** @typedef {import("./report.js").Side} Side */

/** @param {string} key @param {string} title */
export function calibrationCard(key, title) {
  const subtitle = element("span", { class: "subtitle", dir: "auto" });
  const result = verdictLine();
  const diagram = reliability();
  const areas = errorAreas();
  const curve = eceChart("ECE over alpha");
  const values = facts(["ECE", "mean confidence", "accuracy", "temperature that fits"]);
  const figures = [diagram.figure, areas.figure, curve.figure];
  const body = element("div", { class: "card-body" }, figures[0], figures[1], values.node, figures[2]);
  const node = element("article", { class: "card", "aria-label": title }, element("h4", {}, title, subtitle), result.node, body);
  let reports = 0, // that were loaded: each is drawn anew
    drawn = "";

  return {
    key,
    title,
    node,
    figures,
    top: 0.1,
    report: /** @type {ReturnType<typeof readReport>} */ (null),
    /** @param {any} given */
    load(given) {
      this.report = readReport(given);
      setHidden(body, !this.report);
      setText(
        subtitle,
        this.report
          ? [this.report.title, this.report.seeds ? `${this.report.seeds} seeds` : ""].filter(Boolean).join(", ")
          : "",
      );
      reports++;
      drawn = "";
      return this.report;
    },
    /** @param {View} view @param {(figure: Element) => import("onewarm/room.js").Room} room */
    draw(view, room) {
      if (!this.report) return result.draw("none", "Not measured yet.", "");
      const point = nearest(this.report.points, view.alpha);
      const at = (/** @type {Point} */ p) => sideOf(p, view.view);
      const side = at(point);
      const [diagramRoom, areasRoom] = figures.slice(0, 2).map((figure) => {
        const { width, height } = room(figure);
        const W = height === null ? Math.min(300, width) : width;
        return { W, H: height ?? W };
      });
      const { width: C, height: curveHeight } = room(figures[2]);

      const state = [point.alpha, view.view].join();
      if (state !== drawn) {
        drawn = state;
        const { kind, text } = verdict(point, view.view);
        result.draw(kind, text);
        values.draw([
          `${fixed(side.ece.mean, 3)}${intervalText(side.ece.interval)}`,
          side.confidence === null ? "–" : fixed(side.confidence, 3),
          side.accuracy ? fixed(side.accuracy.mean, 3) : "–",
          side.temperature === null ? "–" : `${fixed(side.temperature, 2)}${side === point.after ? ", applied" : ""}`,
        ]);
      }
      const of = `${title.toLowerCase()}: ECE ${fixed(side.ece.mean, 3)}`;
      if (drawable(diagramRoom)) diagram.draw(diagramRoom.W, side.bins, of, diagramRoom.H);
      if (drawable(areasRoom)) areas.draw(areasRoom.W, side.bins, of, areasRoom.H);
      const curveRoom = { W: C, H: curveHeight ?? 146 };
      if (drawable(curveRoom)) this.drawCurve(curveRoom, view.alpha, point, at, view.view);
    },
    /** @param {{W: number, H: number}} of the picture @param {number} alpha @param {Point} point @param {(p: Point) => Side} at
     * @param {string} when */
    drawCurve({ W, H }, alpha, point, at, when) {
      const points = /** @type {Point[]} */ (this.report?.points);
      const first = points[0].alpha,
        last = points[points.length - 1].alpha;
      const ece = (/** @type {Point} */ p) => at(p).ece;
      const key = `${reports} ${when}`;
      const size = { width: W, height: H, lo: first, hi: last > first ? last : first + 1, highest: this.top };
      const on = curve.frame({ ...size, key, below: "measured α", title: "ECE, with its interval" }, (axes) => {
        const { x, y, left, right, bottom } = axes;
        const bound = (/** @type {0 | 1} */ i) =>
          points.map((p) => /** @type {[number, number]} */ ([x(p.alpha), y(ece(p).interval?.[i] ?? ece(p).mean)]));
        const baseline = y(ece(nearest(points, 0)).mean);
        let shown = -Infinity; // the place of the last alpha whose label has room
        const labelled = points.map((p) => p.alpha).filter((a) => x(a) - shown >= 30 && ((shown = x(a)), true));
        setAttributes(curve.svg, {
          "aria-label":
            "ECE over alpha: " +
            points.map((p) => `${p.alpha}: ${fixed(ece(p).mean, 3)}${intervalText(ece(p).interval)}`).join("; "),
        });
        return {
          alphas: valuesBelow(labelled, x, bottom + 16),
          marks: [
            svgElement("line", { class: "baseline", x1: left, x2: right, y1: baseline, y2: baseline }),
            svgElement("path", { class: "band", d: `${pathThrough([...bound(0), ...bound(1).reverse()])}Z` }),
            svgElement("path", { class: "line", d: pathThrough(points.map((p) => [x(p.alpha), y(ece(p).mean)])) }),
            ...points.map((p) => svgElement("circle", { r: 2.5, class: "measured", cx: x(p.alpha), cy: y(ece(p).mean) })),
          ],
        };
      });
      curve.point(on, clamp(alpha, first, last), point.alpha, ece(point).mean);
    },
  };
}

/** Whether a picture of this size shows anything. @param {{W: number, H: number}} of */
const drawable = ({ W, H }) => W > 60 && H > 50;
