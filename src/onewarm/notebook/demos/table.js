/** The picture in numbers: a folded table of what the drawing shows, and lists of named values. */

import { h, say } from "onewarm/dom.js";

/** @param {{columns: string[], rows: number, label: string, total?: boolean, summary?: string}} of
 *   columns: headings, the row's name first; rows: how many; label: of the scrolling region; total: a last row "sum" */
export function mirror({ columns, rows, label, total = false, summary = "The same picture as a table" }) {
  const newLine = () => {
    const head = h("th", { scope: "row", dir: "auto" });
    const cells = columns.slice(1).map(() => h("td"));
    return { head, cells, node: h("tr", {}, head, ...cells) };
  };
  const lines = Array.from({ length: rows }, newLine);
  const last = newLine();
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
        h("tbody", {}, ...lines.map((line) => line.node)),
        ...(total ? [h("tfoot", {}, last.node)] : []),
      ),
    ),
  );
  return {
    node,
    /** @param {string} title the caption @param {string[][]} cells each row with its name first, then the sums if any */
    draw(title, cells) {
      say(caption, title);
      lines.forEach((line, i) => {
        const texts = cells[i];
        line.node.hidden = !texts;
        if (!texts) return;
        say(line.head, texts[0]);
        line.cells.forEach((cell, j) => say(cell, texts[j + 1] ?? ""));
      });
      if (total) last.cells.forEach((cell, j) => say(cell, cells[rows]?.[j + 1] ?? ""));
    },
  };
}

/** A list of values by name. @param {string[]} names @param {string} [kind] a class of the list */
export function facts(names, kind = "") {
  const pairs = names.map((name) => ({ name: h("dt", {}, name), value: h("dd") }));
  return {
    node: h("dl", kind ? { class: kind } : {}, ...pairs.map(({ name, value }) => h("div", {}, name, value))),
    /** @param {string[]} values @param {string[]} [now] names that changed */
    draw(values, now = names) {
      pairs.forEach(({ name, value }, i) => {
        say(name, now[i]);
        say(value, values[i]);
      });
    },
  };
}
