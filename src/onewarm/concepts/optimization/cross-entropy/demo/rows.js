/** One row a class: a slider for its votes, one for its logit, and the numbers. */

import { h, held, put, say, style } from "onewarm/dom.js";
import { ARROW, fixed, logitText, niceCeil, pull, px, scale } from "onewarm/numbers.js";
import { axis, slide } from "onewarm/slider.js";
import { priceText } from "./text.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {import("../demo.js").View} View */

/** @param {Context} ctx @param {string[]} names */
export function rowsPane(ctx, names) {
  const [vAxis, zAxis] = [axis(3), axis(5)];
  let most = 20, // votes
    reach = 6; // the logits' sliders go from -reach to reach
  /** @type {View} */
  let latest;
  const thumbOf = (/** @type {string} */ label) =>
    h("div", { class: "thumb", role: "slider", tabindex: 0, "aria-label": label, "aria-orientation": "horizontal" });
  const changed = (/** @type {"votes" | "logits"} */ key, /** @type {number} */ k) => (/** @type {number} */ value) =>
    ctx.change({ [key]: latest[key].map((old, j) => (j === k ? value : old)) });

  const rows = names.map((name, k) => {
    const [v, z] = [thumbOf(`votes for ${name}`), thumbOf(`logit of ${name}`)];
    const fill = h("div", { class: "fill" });
    const stem = h("div", { class: "stem" });
    const vLane = h("div", { class: "lane" }, ...vAxis.lines(), fill, v);
    const zLane = h("div", { class: "lane" }, ...zAxis.lines(), stem, z);
    const vTrack = h("div", { class: "track v draggable", "data-object": "votes" }, vLane);
    const zTrack = h("div", { class: "track z draggable", "data-object": "logit" }, zLane);
    const numbers = ["t", "p", "s", "g"].map(() => held());
    const cells = numbers.map((box, i) => h("span", { class: `num num-${"tpsg"[i]}`, "aria-hidden": "true" }, box));
    const title = h("span", { class: "name", title: name, dir: "auto" }, name);
    slide(vTrack, vLane, v, () => [0, most], () => latest.votes[k], changed("votes", k), { grid: 1, coarse: 1 });
    slide(zTrack, zLane, z, () => reach, () => latest.logits[k], changed("logits", k));
    return { node: h("div", { class: "row" }, title, vTrack, zTrack, ...cells), v, z, fill, stem, numbers };
  });
  const heads = [
    h("span", { class: "name" }, "class"),
    h("span", { class: "track v" }, "votes"),
    h("span", { class: "track z" }, "logit"),
    ...["t", "p", "−log p", "p − t"].map((text, i) => h("span", { class: `num num-${"tpsg"[i]}` }, text)),
  ];
  const node = h(
    "section",
    { class: "pane rows-pane", "aria-label": "Votes and logits" },
    h(
      "div",
      { class: "rows" },
      h("div", { class: "row head", "aria-hidden": "true" }, ...heads),
      ...rows.map((row) => row.node),
      h(
        "div",
        { class: "row foot", "aria-hidden": "true" },
        h("div", { class: "track v" }, vAxis.node),
        h("div", { class: "track z" }, zAxis.node),
      ),
    ),
  );

  return {
    node,
    /** @param {View} view */
    draw(view) {
      latest = view;
      const held = node.querySelector(".thumb:focus, .dragging"); // never shrink an axis under a finger
      const [v, z] = [Math.max(...view.votes), Math.max(...view.logits.map(Math.abs))];
      const [asked, far] = [v <= 20 ? 20 : niceCeil(v), z <= 6 ? 6 : niceCeil(z)];
      if (asked > most || !held) most = asked;
      if (far > reach || !held) reach = far;
      const vAt = scale(0, most, 0, 100),
        zAt = scale(-reach, reach, 0, 100);
      vAxis.place([0, most / 2, most], vAt);
      zAxis.place([-reach, -reach / 2, 0, reach / 2, reach], zAt);
      rows.forEach((row, k) => {
        const votes = view.votes[k],
          logit = view.logits[k],
          g = view.gradient[k],
          kind = pull(g);
        put(row.node, { "data-pull": kind, "data-picked": k === view.pick });
        style(row.v, "left", `${px(vAt(votes))}%`);
        style(row.fill, "width", `${px(vAt(votes))}%`);
        style(row.z, "left", `${px(zAt(logit))}%`);
        style(row.stem, "left", `${px(Math.min(50, zAt(logit)))}%`);
        style(row.stem, "width", `${px(Math.abs(zAt(logit) - 50))}%`);
        const [t, p, s] = [fixed(view.target[k], 3), fixed(view.probabilities[k], 3), priceText(view.show(view.prices[k]))];
        [t, p, s, `${ARROW[kind]} ${fixed(g, 3, true)}`].forEach((text, i) => {
          say(row.numbers[i], text);
        });
        put(row.v, {
          "aria-valuemin": 0,
          "aria-valuemax": most,
          "aria-valuenow": Number(votes.toFixed(4)),
          "aria-valuetext": `${Number(votes.toFixed(2))}; share of the target ${t}`,
        });
        put(row.z, {
          "aria-valuemin": -reach,
          "aria-valuemax": reach,
          "aria-valuenow": Number(logit.toFixed(4)),
          "aria-valuetext": `${logitText(logit)}; probability ${p}, surprise ${s} ${view.unit}, slope ${fixed(g, 3, true)}`,
        });
      });
    },
  };
}
