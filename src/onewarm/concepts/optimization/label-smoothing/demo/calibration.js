/** Calibration on noisy and on clean data, as the studies measured it, at the alpha of the demo's slider. */

import { alphaRange, button, segments } from "onewarm/controls.js";
import { element, setAttributes, setHidden, setText } from "onewarm/dom.js";
import { fixed, intervalText, niceCeil } from "onewarm/numbers.js";
import { mirror } from "onewarm/table.js";
import { calibrationCard } from "./card.js";
import { nearest, oppositeAlphas, sideOf } from "./report.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {import("../demo.js").View} View */
/** @typedef {import("./report.js").Point} Point */

const VIEWS = { before: "stopped at their best", after: "after a fitted temperature", end: "trained to the end" };
const MOST = 24; // measured alphas that the table has room for

/** @param {Context} ctx */
export function calibrationPane(ctx) {
  const cards = [
    ["overconfident", "Noisy data"],
    ["calibrated", "Clean data"],
  ].map(([key, title]) => calibrationCard(key, title));
  const alpha = alphaRange({
    id: `${ctx.uid}-measured`,
    name: "measured-alpha",
    label: "Smoothing",
    change: (value) => ctx.change({ alpha: value }),
  });
  const note = element("p", { class: "note" });
  const none = element(
    "p",
    { class: "note" },
    "No study has run yet, so there is nothing to show. ",
    element("code", {}, "onewarm study digits-noisy"),
    " and ",
    element("code", {}, "onewarm study digits"),
    " measure these two models; ",
    element("code", {}, "onewarm open"),
    " does both.",
  );
  const opposite = button("", () => ctx.change({ alpha: Number(opposite.value) }), "quiet opposite spare");
  opposite.hidden = true; // it has no words before the first drawing
  const toggle = segments({
    name: `${ctx.uid}-view`,
    legend: "Show the models",
    options: /** @type {[string, string][]} */ (Object.entries(VIEWS)),
    change: (value) => ctx.change({ view: value }),
  });
  const table = mirror({
    columns: ["α", ...cards.map(({ title }) => `ECE on ${title.toLowerCase()}`)],
    rows: MOST,
    label: "Table of the ECE by α",
    summary: "The ECE by α as a table",
  });
  const node = element(
    "section",
    { class: "pane calibration fill", "aria-label": "Calibration" },
    // On the stage the slider of the other scenes is not in sight.
    element("div", { class: "pane-head" }, ctx.onStage ? alpha.node : element("h3", {}, "The same slider, two models"), toggle.node),
    note,
    opposite,
    none,
    element("div", { class: "cards", "data-object": "calibration" }, ...cards.map((card) => card.node)),
    table.node,
  );
  /** @type {any} */
  let loaded;
  /** @param {any} data */
  function load(data) {
    loaded = data;
    const reports = cards.map((card) => card.load(data?.[card.key]));
    setHidden(toggle.node, !reports.some((report) => report?.points.some((/** @type {Point} */ p) => p.after ?? p.end)));
    const measured = reports.map((report) => report?.points ?? []);
    const highest = Math.max(
      0,
      ...measured
        .flat()
        .flatMap((p) => [p.before, p.after, p.end])
        .map((side) => side?.ece.interval?.[1] ?? side?.ece.mean ?? 0),
    );
    for (const card of cards) card.top = niceCeil(highest || 0.1, [1, 1.2, 1.6, 2, 3, 4, 6, 8, 10]);
  }
  load(ctx.get("calibration"));
  return {
    node,
    figures: cards.flatMap((card) => card.figures),
    /** @param {View} view */
    draw: (view) => alpha.draw(view.alpha),
    /** @param {View} view @param {(figure: Element) => number} _width
     * @param {(figure: Element) => import("onewarm/room.js").Room} room */
    late(view, _width, room) {
      if (view.calibration !== loaded) load(view.calibration);
      toggle.draw(view.view);
      const points = cards.flatMap((card) => (card.report ? [nearest(card.report.points, view.alpha)] : []));
      const shown = [...new Set(points.map((point) => point.alpha))];
      const recipe = view.recipe === "uniform" ? "" : " These models were trained with uniform smoothing.";
      setHidden(none, points.length > 0);
      setText(
        note,
        !points.length
          ? ""
          : shown.length === 1 && shown[0] === view.alpha
            ? `Measured at α = ${fixed(shown[0], 2)}, and beside hard targets on the same seeds.${recipe}`
            : `Showing the measured α nearest to your ${fixed(view.alpha, 2)}: ${shown.map((a) => fixed(a, 2)).join(" and ")}.${recipe}`,
      );
      const [apart, here] = oppositeAlphas(
        cards.map((card) => card.report),
        view,
      );
      setHidden(opposite, apart === null);
      if (apart !== null) {
        opposite.value = String(apart);
        setAttributes(opposite, { "aria-disabled": here }); // not hidden nor disabled: it may have the focus
        setText(
          opposite,
          here
            ? "Here the two verdicts are opposite."
            : `Go to α = ${fixed(apart, 2)}, where the verdicts are opposite`,
        );
      }
      for (const card of cards) card.draw(view, room);
      const alphas = [...new Set(cards.flatMap((card) => card.report?.points ?? []).map((point) => point.alpha))];
      setHidden(table.node, alphas.length === 0);
      const told = (/** @type {typeof cards[0]} */ card, /** @type {number} */ alpha) => {
        const point = card.report?.points.find((p) => p.alpha === alpha);
        if (!point) return "–";
        const { ece } = sideOf(point, view.view);
        return `${fixed(ece.mean, 3)}${intervalText(ece.interval)}`;
      };
      table.draw(
        `ECE, with its interval: the models ${toggle.node.hidden ? "as trained" : VIEWS[view.view]}.`,
        alphas.sort((a, b) => a - b).slice(0, MOST).map((a) => [fixed(a, 2), ...cards.map((card) => told(card, a))]),
      );
    },
  };
}
