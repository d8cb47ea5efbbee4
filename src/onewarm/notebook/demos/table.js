/** The picture in numbers: a folded table of what the drawing shows, and lists of named values. */

import { element, setHidden, setText } from "onewarm/dom.js";

/** @param {{columns: string[], rows: number, label: string, total?: boolean | string, summary?: string}} of
 *   columns: headings, the row's name first; rows: how many; label: of the scrolling region; total: a last row with the
 *   columns' sums, or with something else, which has this name */
export function mirror({ columns, rows, label, total = false, summary = "The same picture as a table" }) {
  const newLine = () => {
    const head = element("th", { scope: "row", dir: "auto" });
    const cells = columns.slice(1).map(() => element("td"));
    return { head, cells, node: element("tr", {}, head, ...cells) };
  };
  const lines = Array.from({ length: rows }, newLine);
  const last = newLine();
  setText(last.head, total === true ? "sum" : total || "");
  const caption = element("caption");
  const heads = columns.map((text) => element("th", { scope: "col" }, text));
  const node = element(
    "details",
    { class: "numbers" },
    element("summary", {}, summary),
    element(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
      element(
        "table",
        {},
        caption,
        element("thead", {}, element("tr", {}, ...heads)),
        element("tbody", {}, ...lines.map((line) => line.node)),
        ...(total ? [element("tfoot", {}, last.node)] : []),
      ),
    ),
  );
  return {
    node,
    /** @param {string} title the caption @param {string[][]} cells each row with its name first, then the sums if any
     * @param {string[]} [headings] those that now stand in place of `columns`; a column without one is not shown */
    draw(title, cells, headings = columns) {
      heads.forEach((node, j) => {
        setText(node, headings[j]);
        for (const cell of [node, ...[...lines, last].flatMap(({ cells }) => (j ? [cells[j - 1]] : []))]) setHidden(cell, headings[j] === "");
      });
      setText(caption, total === true && !cells[0].every((_, j) => addsUp(cells, j)) ? `${title} ${ROUNDED}` : title);
      lines.forEach((line, i) => {
        const texts = cells[i];
        setHidden(line.node, !texts);
        if (!texts) return;
        setText(line.head, texts[0]);
        line.cells.forEach((cell, j) => setText(cell, texts[j + 1] ?? ""));
      });
      if (total) last.cells.forEach((cell, j) => setText(cell, cells[rows]?.[j + 1] ?? ""));
    },
  };
}

const ROUNDED = "Each number is rounded by itself, so that a column may differ a little from its sum.";

/** Whether a column adds up to its last cell as it is written. One that is not all numbers has nothing to add.
 * @param {string[][]} cells @param {number} column */
function addsUp(cells, column) {
  const numbers = cells.map((row) => Number(row[column].replace("−", "-") || NaN));
  const last = numbers.pop() ?? NaN;
  const digits = cells[0][column].split(".")[1]?.length ?? 0;
  const apart = numbers.reduce((all, value) => all + value, 0) - last;
  return !(Math.abs(apart) > 0.5 * 10 ** -digits);
}

/** A list of values by name. @param {string[]} names @param {string} [kind] a class of the list */
export function facts(names, kind = "") {
  const pairs = names.map((name) => ({ name: element("dt", {}, name), value: element("dd") }));
  return {
    node: element("dl", kind ? { class: kind } : {}, ...pairs.map(({ name, value }) => element("div", {}, name, value))),
    /** @param {string[]} values @param {string[]} [now] names that changed */
    draw(values, now = names) {
      pairs.forEach(({ name, value }, i) => {
        setText(name, now[i]);
        setText(value, values[i]);
      });
    },
  };
}
