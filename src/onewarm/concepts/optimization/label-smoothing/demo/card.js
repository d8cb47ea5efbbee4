/** One model of the study: verdict, reliability diagram, numbers, and ECE over alpha. */

import { sum } from "onewarm/arithmetic.js";
import { h, put, s, say } from "onewarm/dom.js";
import { clamp, fixed, pull, px, scale, tickText } from "onewarm/numbers.js";
import { reliability } from "./reliability.js";
import { SIGN, intervalText, nearest, readReport, verdict } from "./report.js";

/** @typedef {import("../demo.js").View} View */
/** @typedef {import("./report.js").Point} Point */
/** @typedef {import("./report.js").Side} Side */

/** @param {string} key @param {string} title */
export function calibrationCard(key, title) {
  const subtitle = h("span", { class: "subtitle", dir: "auto" });
  const sign = h("span", { class: "sign", "aria-hidden": "true" });
  const words = h("span");
  const result = h("p", { class: "verdict" }, sign, words);
  const diagram = reliability();
  const curve = s("svg", { class: "chart", role: "img", "aria-label": "ECE over alpha" });
  const values = ["ECE", "mean confidence", "accuracy", "temperature that fits"].map((name) => ({
    name: h("dt", {}, name),
    value: h("dd"),
  }));
  const figures = [
    h("div", { class: "figure reliability" }, diagram.node),
    h("div", { class: "figure curve-figure" }, curve),
  ];
  const body = h(
    "div",
    { class: "card-body" },
    figures[0],
    h("dl", {}, ...values.map((v) => h("div", {}, v.name, v.value))),
    figures[1],
  );
  const node = h("article", { class: "card", "aria-label": title }, h("h4", {}, title, subtitle), result, body);
  const band = s("g", { class: "ece" }),
    cursor = s("line", { class: "here" }),
    now = s("circle", { r: 5.5, class: "dot" });
  curve.append(band, cursor, now);
  let drawnCurve = "",
    drawnNow = "";

  return {
    key,
    node,
    figures,
    top: 0.1,
    report: /** @type {ReturnType<typeof readReport>} */ (null),
    /** @param {any} given */
    load(given) {
      this.report = readReport(given);
      body.hidden = !this.report;
      say(
        subtitle,
        this.report
          ? [this.report.title, this.report.seeds ? `${this.report.seeds} seeds` : ""].filter(Boolean).join(", ")
          : "",
      );
      drawnCurve = drawnNow = "";
      return this.report;
    },
    /** @param {View} view @param {(figure: Element) => number} width */
    draw(view, width) {
      if (!this.report) {
        put(result, { "data-kind": "none" });
        say(sign, "");
        return say(words, "Not measured yet.");
      }
      const point = nearest(this.report.points, view.alpha);
      const after = view.view === "after" && point.after !== null;
      const at = (/** @type {Point} */ p) => (after ? p.after : null) ?? p.before;
      const one = at(point);
      const W = Math.min(300, width(figures[0])),
        C = width(figures[1]);

      const state = [point.alpha, after, W, C].join();
      if (state !== drawnNow) {
        drawnNow = state;
        const { kind, text } = verdict(point, one, after);
        put(result, { "data-kind": kind });
        say(sign, SIGN[/** @type {keyof typeof SIGN} */ (kind)]);
        say(words, text);
        [
          `${fixed(one.ece.mean, 3)}${intervalText(one.ece.interval)}`,
          one.confidence === null ? "–" : fixed(one.confidence, 3),
          point.accuracy ? fixed(point.accuracy.mean, 3) : "–",
          point.temperature === null ? "–" : `${fixed(point.temperature, 2)}${after ? ", applied" : ""}`,
        ].forEach((value, i) => say(values[i].value, value));
      }
      if (W > 60) diagram.draw(W, one.bins, `${title.toLowerCase()}: ECE ${fixed(one.ece.mean, 3)}`);
      if (C > 60) this.drawCurve(C, view.alpha, point, at);
    },
    /** @param {number} W @param {number} alpha @param {Point} point @param {(p: Point) => Side} at */
    drawCurve(W, alpha, point, at) {
      const points = /** @type {Point[]} */ (this.report?.points),
        H = 146;
      const left = 34,
        right = W - 10,
        top = 12,
        bottom = H - 40;
      const first = points[0].alpha,
        last = points[points.length - 1].alpha;
      const x = scale(first, last > first ? last : first + 1, left + 6, right - 6),
        y = scale(0, this.top, bottom, top);
      const key = [W, this.top, at(points[0]) === points[0].before].join();
      if (key !== drawnCurve) {
        drawnCurve = key;
        put(curve, { viewBox: `0 0 ${W} ${H}`, width: W, height: H });
        const bound = (/** @type {0 | 1} */ i) =>
          points.map((p) => `${px(x(p.alpha))},${px(y(at(p).ece.interval?.[i] ?? at(p).ece.mean))}`);
        let shown = -Infinity; // the last alpha whose label has room
        band.replaceChildren(
          s(
            "g",
            { class: "gridlines" },
            ...[0, this.top / 2, this.top].flatMap((v) => [
              s("line", { x1: left, x2: right, y1: y(v), y2: y(v) }),
              s("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, String(Number(v.toPrecision(3)))),
            ]),
            ...points.flatMap((p) =>
              x(p.alpha) - shown < 30
                ? []
                : [s("text", { x: (shown = x(p.alpha)), y: bottom + 16, "text-anchor": "middle" }, tickText(p.alpha))],
            ),
            s("text", { x: right, y: H - 3, "text-anchor": "end" }, "measured α"),
            s("text", { x: left, y: H - 3 }, "ECE, with its interval"),
          ),
          s("line", {
            class: "baseline",
            x1: left,
            x2: right,
            y1: y(at(nearest(points, 0)).ece.mean),
            y2: y(at(nearest(points, 0)).ece.mean),
          }),
          s("path", { class: "band", d: `M${bound(0).join("L")}L${bound(1).reverse().join("L")}Z` }),
          s("path", {
            class: "line",
            d: "M" + points.map((p) => `${px(x(p.alpha))},${px(y(at(p).ece.mean))}`).join("L"),
          }),
          ...points.map((p) => s("circle", { r: 2.5, class: "measured", cx: x(p.alpha), cy: y(at(p).ece.mean) })),
        );
        put(curve, {
          "aria-label":
            "ECE over alpha: " +
            points.map((p) => `${p.alpha}: ${fixed(at(p).ece.mean, 3)}${intervalText(at(p).ece.interval)}`).join("; "),
        });
      }
      const here = x(clamp(alpha, first, last));
      put(cursor, { x1: here, x2: here, y1: top, y2: bottom });
      put(now, { cx: x(point.alpha), cy: y(at(point).ece.mean) });
    },
  };
}
