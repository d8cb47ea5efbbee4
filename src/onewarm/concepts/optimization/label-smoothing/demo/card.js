/** One model of the study: verdict, reliability diagram, numbers, and ECE over alpha. */

import { sum } from "onewarm/arithmetic.js";
import { h, put, s, say } from "onewarm/dom.js";
import { clamp, fixed, pull, px, scale, tickText } from "onewarm/numbers.js";
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
  const plot = s("svg", { class: "chart", role: "img" });
  const curve = s("svg", { class: "chart", role: "img" });
  const values = ["ECE", "mean confidence", "accuracy", "temperature that fits"].map((name) => ({
    name: h("dt", {}, name),
    value: h("dd"),
  }));
  const figures = [h("div", { class: "figure reliability" }, plot), h("div", { class: "figure curve-figure" }, curve)];
  const body = h(
    "div",
    { class: "card-body" },
    figures[0],
    h("dl", {}, ...values.map((v) => h("div", {}, v.name, v.value))),
    figures[1],
  );
  const node = h("article", { class: "card", "aria-label": title }, h("h4", {}, title, subtitle), result, body);
  // Marks, made once: a whisker from the diagonal and a dot for each of at most 64 bins.
  const ground = s("g", { class: "gridlines" }),
    marks = s("g");
  const bins = Array.from({ length: 64 }, () => ({
    gap: s("line", { class: "bin-gap" }),
    dot: s("circle", { class: "bin" }),
  }));
  marks.append(...bins.map((bin) => bin.gap), ...bins.map((bin) => bin.dot));
  plot.append(ground, marks);
  const band = s("g", { class: "ece" }),
    cursor = s("line", { class: "here" }),
    now = s("circle", { r: 5.5, class: "dot" });
  curve.append(band, cursor, now);
  let drawnPlot = "",
    drawnCurve = "",
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
      drawnPlot = drawnCurve = drawnNow = "";
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
      if (W > 60) this.drawPlot(W, one, title);
      if (C > 60) this.drawCurve(C, view.alpha, point, at);
    },
    /** @param {number} W @param {Side} one @param {string} name */
    drawPlot(W, one, name) {
      const left = 46,
        right = W - 6,
        top = 8,
        bottom = W - 38;
      const x = scale(0, 1, left, right),
        y = scale(0, 1, bottom, top);
      if (drawnPlot !== String(W)) {
        drawnPlot = String(W);
        put(plot, { viewBox: `0 0 ${W} ${W}`, width: W, height: W });
        ground.replaceChildren(
          ...[0, 0.5, 1].flatMap((v) => [
            s("line", { x1: x(v), x2: x(v), y1: top, y2: bottom }),
            s("line", { x1: left, x2: right, y1: y(v), y2: y(v) }),
            s(
              "text",
              { x: x(v), y: bottom + 16, "text-anchor": v === 0 ? "start" : v === 1 ? "end" : "middle" },
              String(v),
            ),
            s("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, String(v)),
          ]),
          s("line", { class: "diagonal", x1: x(0), y1: y(0), x2: x(1), y2: y(1) }),
          s("text", { x: (left + right) / 2, y: W - 5, "text-anchor": "middle" }, "confidence"),
          s(
            "text",
            { transform: `translate(11 ${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle" },
            "accuracy",
          ),
          s("text", { class: "side", x: x(0.04), y: y(0.93) }, "too modest"),
          s("text", { class: "side", x: x(0.98), y: y(0.05), "text-anchor": "end" }, "too sure"),
        );
      }
      const most = Math.max(...one.bins.map((bin) => bin.count), 1);
      const total = sum(one.bins.map((bin) => bin.count)) || 1;
      bins.forEach(({ gap, dot }, i) => {
        const bin = one.bins[i];
        const visibility = bin ? "visible" : "hidden";
        put(gap, { visibility });
        put(dot, { visibility });
        if (!bin) return;
        const error = bin.confidence - bin.accuracy,
          faint = bin.count / total < 0.004;
        const kind = Math.abs(error) < 0.02 ? "none" : pull(error); // closer than that reads as on the diagonal
        put(gap, {
          x1: x(bin.confidence),
          x2: x(bin.confidence),
          y1: y(bin.confidence),
          y2: y(bin.accuracy),
          "data-pull": kind,
          "data-faint": faint,
        });
        put(dot, {
          cx: x(bin.confidence),
          cy: y(bin.accuracy),
          r: px(2 + 8 * Math.sqrt(bin.count / most)),
          "data-pull": kind,
          "data-faint": faint,
        });
      });
      put(plot, {
        "aria-label":
          `Reliability diagram of ${name.toLowerCase()}: ECE ${fixed(one.ece.mean, 3)}; ` +
          one.bins
            .map((bin) => `confidence ${fixed(bin.confidence, 2)}, accuracy ${fixed(bin.accuracy, 2)}`)
            .join("; "),
      });
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
