/** One row a class: the student's and the teacher's logit, and both softened probabilities with the gap between them. */

import { h, held, put, say, style } from "onewarm/dom.js";
import { ARROW, fixed, logitText, niceCeil, pull, px, scale } from "onewarm/numbers.js";
import { axis, slide } from "onewarm/slider.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {import("../demo.js").View} View */

const PUSH = { up: ", pushed up", down: ", pushed down", none: ", at rest" };

/** @param {Context} ctx @param {string[]} names */
export function rowsPane(ctx, names) {
  const zAxis = axis(5);
  const pAxis = axis(3);
  let reach = 6; // the sliders go from -reach to reach
  /** A slider of one logit. @param {string} who @param {string} name @param {() => number} get @param {(value: number) => void} set */
  function logit(who, name, get, set) {
    const stem = h("div", { class: "stem" });
    const thumb = h("div", {
      class: "thumb",
      role: "slider",
      tabindex: 0,
      "aria-label": `${who}'s logit of ${name}`,
      "aria-orientation": "horizontal",
    });
    const lane = h("div", { class: "lane" }, ...zAxis.lines(), stem, thumb);
    const track = h("div", { class: "track draggable", "data-object": "logit" }, lane);
    const number = held();
    slide(track, lane, thumb, () => reach, get, set);
    return {
      node: h("div", { class: `logit ${who}` }, track, h("span", { class: "num", "aria-hidden": "true" }, number)),
      /** @param {number} value @param {(v: number) => number} at @param {string} words */
      draw(value, at, words) {
        style(thumb, "left", `${px(at(value))}%`);
        style(stem, "left", `${px(Math.min(50, at(value)))}%`);
        style(stem, "width", `${px(Math.abs(at(value) - 50))}%`);
        say(number, logitText(Number(value.toFixed(2))));
        put(thumb, {
          "aria-valuemin": -reach,
          "aria-valuemax": reach,
          "aria-valuenow": Number(value.toFixed(4)),
          "aria-valuetext": `${logitText(Number(value.toFixed(2)))}; ${words}`,
        });
      },
    };
  }
  const rows = names.map((name, k) => {
    const radio = h("input", {
      type: "radio",
      name: `${ctx.uid}-label`,
      value: k,
      "aria-label": `true class: ${name}`,
    });
    radio.addEventListener("change", () => ctx.change({ label: k }));
    const student = logit(
      "student",
      name,
      () => ctx.view.student[k],
      (value) => {
        ctx.change({ student: ctx.view.student.with(k, value) });
      },
    );
    const teacher = logit(
      "teacher",
      name,
      () => ctx.view.v[k],
      (value) => {
        ctx.change({ kind: "own", own: ctx.view.v.with(k, value) }); // a teacher that was touched is your own
      },
    );
    const bar = h("div", { class: "bar", "data-object": "bar" });
    const gap = h("div", { class: "gap", "data-object": "gap" });
    const tick = h("div", { class: "tick", "data-object": "tick" });
    const lane = h("div", { class: "lane" }, ...pAxis.lines(), bar, gap, tick);
    const numbers = ["p", "q", "g"].map(() => held());
    const cells = numbers.map((box, i) => h("span", { class: `num num-${"pqg"[i]}`, "aria-hidden": "true" }, box));
    const node = h(
      "div",
      { class: "row" },
      h("label", { class: "name", title: name }, radio, h("span", { dir: "auto" }, name)),
      student.node,
      teacher.node,
      h("div", { class: "track p", "aria-hidden": "true" }, lane),
      ...cells,
    );
    return { node, radio, student, teacher, bar, gap, tick, numbers };
  });
  const caption = h("p", { class: "caption" });
  const swatch = (/** @type {string} */ kind, /** @type {string} */ text) =>
    h("span", { class: "key" }, h("i", { class: `swatch s-${kind}` }), text);
  const node = h(
    "section",
    { class: "pane rows-pane", "aria-label": "Student and teacher, class by class" },
    h(
      "div",
      { class: "legend" },
      swatch("student", "student's logit z"),
      swatch("teacher", "teacher's logit v"),
      swatch("bar", "student p, softened"),
      swatch("tick", "teacher q, softened"),
      swatch("up", "p is short ▲"),
      swatch("down", "p is over ▼"),
    ),
    h(
      "div",
      { class: "rows" },
      h(
        "div",
        { class: "row head", "aria-hidden": "true" },
        h("span", { class: "name" }, "true class"),
        h("span", { class: "logit student" }, "drag a logit, or use the arrow keys"),
        h("span", { class: "track p" }, "at temperature T: bar p, tick q"),
        h("span", { class: "num num-p" }, "p"),
        h("span", { class: "num num-q" }, "q"),
        h("span", { class: "num num-g" }, "gradient"),
      ),
      ...rows.map((row) => row.node),
      h(
        "div",
        { class: "row foot", "aria-hidden": "true" },
        h("div", { class: "logit student" }, h("div", { class: "track" }, zAxis.node), h("span", { class: "num" })),
        h("div", { class: "track p" }, pAxis.node),
      ),
    ),
    caption,
  );

  return {
    node,
    /** @param {View} view */
    draw(view) {
      const need = Math.max(...[...view.student, ...view.v].map(Math.abs));
      const asked = need <= 6 ? 6 : niceCeil(need);
      // Never shrink the axis under a finger: wait until the slider is let go.
      if (asked > reach || !node.querySelector(".thumb:focus, .dragging")) reach = asked;
      const zAt = scale(-reach, reach, 0, 100);
      zAxis.place([-reach, -reach / 2, 0, reach / 2, reach], zAt);
      pAxis.place([0, 0.5, 1], (v) => 100 * v);
      rows.forEach((row, k) => {
        const [p, q, g] = [view.p[k], view.q[k], view.gradient[k]];
        const kind = pull(p - q);
        const total = pull(g);
        row.radio.checked = k === view.label;
        put(row.node, { "data-true": k === view.label, "data-pull": kind, "data-total": total });
        style(row.bar, "width", `${px(100 * p)}%`);
        style(row.gap, "left", `${px(100 * Math.min(p, q))}%`);
        style(row.gap, "width", `${px(100 * Math.abs(p - q))}%`);
        style(row.tick, "left", `${px(100 * q)}%`);
        [fixed(p, 3), fixed(q, 3), `${ARROW[total]} ${fixed(g, 3, true)}`].forEach((text, i) =>
          say(row.numbers[i], text),
        );
        row.student.draw(
          view.student[k],
          zAt,
          `student ${fixed(p, 3)}, teacher ${fixed(q, 3)}, gradient ${fixed(g, 3, true)}${PUSH[total]}`,
        );
        row.teacher.draw(view.v[k], zAt, `teacher ${fixed(q, 3)}, student ${fixed(p, 3)}`);
      });
    },
    /** @param {View} view */
    late: (view) => say(caption, sentence(view)),
  };
}

/** What the gaps say, in a sentence. @param {View} view */
export function sentence({ p, q, names, temperature, share }) {
  const gaps = p.map((value, k) => value - q[k]);
  const order = gaps.map((_, k) => k).sort((a, b) => gaps[a] - gaps[b]);
  const [short, over] = [order[0], order[order.length - 1]];
  if (Math.max(-gaps[short], gaps[over]) < 5e-4)
    return "Every bar meets its tick: the student says what its teacher says, here and at any other temperature if no gap is left.";
  const factor = `T = ${fixed(temperature, 2)}`;
  const rest = share === 1 ? "" : `, the teacher's share of it being ${fixed(share, 2)}`;
  return `${names[short]} is ${fixed(-gaps[short], 3)} short of the teacher, ${names[over]} is ${fixed(gaps[over], 3)} over. The gradient is the gap times ${factor}${rest}.`;
}
