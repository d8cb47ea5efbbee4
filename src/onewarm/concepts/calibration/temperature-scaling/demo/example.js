/** One held-out example: its logits over T, and what becomes of its probabilities. */

import { select } from "onewarm/controls.js";
import { element, setStyle, setText } from "onewarm/dom.js";
import { fixed, logitText, px } from "onewarm/numbers.js";
import { legend, numberCells, numberHeads } from "onewarm/rows.js";

/** @typedef {import("onewarm/widget.js").Context} Context @typedef {import("../demo.js").View} View */

/** Held-out rows to choose from. */
const CHOICES = [129, 132, 173, 347, 375];

/** @param {Context} ctx @param {string[]} names */
export function examplePane(ctx, names) {
  const pick = select({
    id: `${ctx.uid}-example`,
    label: "Held-out example",
    options: CHOICES.map((i) => [String(i), `number ${i}`]),
    change: (value) => ctx.change({ example: Number(value) }),
  });
  const rows = names.map((name) => {
    const was = element("div", { class: "was" }),
      bar = element("div", { class: "bar", "data-object": "bar" });
    const cells = numberCells("zp");
    const mark = element("span", { class: "mark" });
    const label = element("span", { class: "name", title: name }, element("span", { dir: "auto" }, name), mark);
    const track = element("div", { class: "track p", "aria-hidden": "true" }, element("div", { class: "lane" }, was, bar));
    return { was, bar, cells, mark, node: element("div", { class: "row" }, label, track, ...cells.nodes) };
  });
  for (const { cells } of rows) cells.nodes[0].dataset.object = "logit";
  const words = element("p", { class: "caption" });
  const head = element(
    "div",
    { class: "row head", "aria-hidden": "true" },
    element("span", { class: "name" }),
    element("span", { class: "track p" }),
    ...numberHeads("zp", ["logit / T", "probability"]),
  );
  return {
    name: "example",
    node: element(
      "section",
      { class: "pane example-pane fill", "aria-label": "One held-out example" },
      element("div", { class: "pane-head spare" }, pick.label, pick.input),
      legend([
        ["bar", "probability at T"],
        ["was", "at T = 1"],
      ]),
      element("div", { class: "rows" }, head, ...rows.map((row) => row.node)),
      words,
    ),
    /** @param {View} view */
    draw(view) {
      rows.forEach((row, k) => {
        setStyle(row.bar, "width", `${px(100 * view.probabilities[k])}%`);
        row.cells.draw([logitText(view.z[k] / view.temperature), fixed(view.probabilities[k], 3)]);
      });
    },
    /** @param {View} view */
    late(view) {
      pick.draw(CHOICES.includes(view.example) ? String(view.example) : "");
      rows.forEach((row, k) => {
        setStyle(row.was, "width", `${px(100 * view.before[k])}%`);
        setText(row.mark, k === view.label ? "true" : "");
      });
      setText(words, wordsOf(view));
    },
  };
}

/** @param {View} view */
function wordsOf(view) {
  const order = view.z.map((_, k) => k).sort((a, b) => view.z[b] - view.z[a]);
  const said = order.map((k) => `${view.names[k]} ${fixed(view.probabilities[k], 3)}`).join(", ");
  return `From first to last: ${said}.`;
}
