/** The picture in numbers: a table, folded away, that says what the drawing shows. */

import { h, say } from "onewarm/dom.js";

/** @param {{columns: string[], rows: number, label: string, total?: boolean, summary?: string}} of
 *   columns: headings, the row's name first; rows: how many; label: of the scrolling region; total: a last row "sum" */
export function mirror({ columns, rows, label, total = false, summary = "The same picture as a table" }) {
  const line = () => {
    const head = h("th", { scope: "row", dir: "auto" });
    const cells = columns.slice(1).map(() => h("td"));
    return { head, cells, node: h("tr", {}, head, ...cells) };
  };
  const lines = Array.from({ length: rows }, line);
  const last = line();
  say(last.head, "sum");
  const caption = h("caption");
  const heads = columns.map((text) => h("th", { scope: "col" }, text));
  const node = h(
    "details",
    { class: "numbers" },
    h("summary", {}, summary),
    h(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
      h(
        "table",
        {},
        caption,
        h("thead", {}, h("tr", {}, ...heads)),
        h("tbody", {}, ...lines.map((one) => one.node)),
        ...(total ? [h("tfoot", {}, last.node)] : []),
      ),
    ),
  );
  return {
    node,
    /** @param {string} says the caption @param {string[][]} cells each row with its name first, then the sums if any */
    draw(says, cells) {
      say(caption, says);
      lines.forEach((one, i) => {
        const given = cells[i];
        one.node.hidden = !given;
        if (!given) return;
        say(one.head, given[0]);
        one.cells.forEach((cell, j) => say(cell, given[j + 1] ?? ""));
      });
      if (total) last.cells.forEach((cell, j) => say(cell, cells[rows]?.[j + 1] ?? ""));
    },
  };
}
