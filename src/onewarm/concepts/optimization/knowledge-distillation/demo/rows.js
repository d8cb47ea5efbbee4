/** One row a class: the student's and the teacher's logit, and both softened probabilities with the gap between them. */

import { segments } from "onewarm/controls.js";
import { element, fixedBox, setAttributes, setText } from "onewarm/dom.js";
import { PUSH, clamp, fixed, gradientText, logitText, pull } from "onewarm/numbers.js";
import { barLane, classRows, furthest, legend, numberCells, numberHeads, trueClass } from "onewarm/rows.js";
import { axis, growingAxis, laneSlider, rowSlider } from "onewarm/slider.js";

/** @typedef {import("onewarm/widget.js").Context} Context */
/** @typedef {import("../demo.js").View} View */

const NUMBERS = "pqg"; // student, teacher, gradient
export const AXES = /** @type {const} */ (["linear", "log"]);
const DECADES = 5; // of the logarithmic axis, up to 1

/** Where a probability stands on either axis, in percent of the lane. */
const PLACES = {
  linear: (/** @type {number} */ share) => 100 * share,
  log: (/** @type {number} */ share) => 100 * clamp(1 + Math.log10(share) / DECADES, 0, 1),
};
/** The values at either axis. */
const MARKS = {
  linear: Array.from({ length: DECADES + 1 }, (_, i) => Number((i / DECADES).toFixed(1))),
  log: Array.from({ length: DECADES + 1 }, (_, i) => Number((10 ** (i - DECADES)).toPrecision(1))),
};

/** A probability, with a digit of those below a thousandth. @param {number} q */
const shareText = (q) => (q >= 9.995e-4 || q < 5e-5 ? fixed(q, 3) : fixed(q, 4));

/** @param {Context} ctx @param {string[]} names */
export function rowsPane(ctx, names) {
  const logitAxis = growingAxis({ least: 6 });
  const shareAxis = axis(DECADES + 1, true);
  const scaleOf = segments({
    name: `${ctx.uid}-axis`,
    legend: "Axis of p and q",
    options: [
      ["linear", "linear"],
      ["log", "logarithmic"],
    ],
    change: (value) => ctx.change({ axis: value }),
  });
  setAttributes(scaleOf.node, { class: "control segmented axis-control spare" });
  /** A logit's slider with its value beside it. @param {"student" | "teacher"} who @param {ReturnType<typeof laneSlider>} slider */
  function logit(who, slider) {
    const number = fixedBox();
    return {
      node: element("div", { class: `logit ${who}` }, slider.node, element("span", { class: "num", "aria-hidden": "true" }, number)),
      /** @param {number} value @param {string} words */
      draw(value, words) {
        const text = logitText(Number(value.toFixed(2)));
        setText(number, text);
        slider.draw(value, `${text}; ${words}`);
      },
    };
  }
  const rows = names.map((name, k) => {
    const label = trueClass({ name, group: `${ctx.uid}-label`, value: k, choose: () => ctx.change({ label: k }) });
    const look = { along: logitAxis, object: "logit" };
    const student = logit("student", rowSlider(ctx, "student", k, { label: `student's logit of ${name}`, ...look }));
    const own = laneSlider({
      label: `teacher's logit of ${name}`,
      ...look,
      get: () => ctx.view.v[k],
      set: (value) => ctx.change({ kind: "own", own: ctx.view.v.with(k, value) }), // a teacher that was moved is your own
    });
    const teacher = logit("teacher", own);
    const lane = barLane(shareAxis);
    const numbers = numberCells(NUMBERS);
    const node = element("div", { class: "row" }, label.node, student.node, teacher.node, lane.node, ...numbers.nodes);
    return { node, label, student, teacher, lane, numbers };
  });
  const caption = element("p", { class: "caption" });
  const node = element(
    "section",
    { class: "pane rows-pane", "aria-label": "Student and teacher, class by class" },
    element(
      "div",
      { class: "pane-head" },
      legend([
        ["student", "student's logit z"],
        ["teacher", "teacher's logit v"],
        ["bar", "student p, softened"],
        ["tick", "teacher q, softened"],
        ["up", "p is short ▲"],
        ["down", "p is over ▼"],
      ]),
      scaleOf.node,
    ),
    classRows({
      head: [
        element("span", { class: "name" }, "true class"),
        element("span", { class: "logit student" }, "drag a logit, or use the arrow keys"),
        element("span", { class: "track p" }, "at temperature T: bar p, tick q"),
        ...numberHeads(NUMBERS, ["p", "q", "gradient"]),
      ],
      rows: rows.map((row) => row.node),
      foot: [
        element("div", { class: "logit student" }, element("div", { class: "track" }, logitAxis.node), element("span", { class: "num" })),
        element("div", { class: "track p" }, shareAxis.node),
      ],
    }),
    caption,
  );

  return {
    node,
    /** @param {View} view */
    draw(view) {
      logitAxis.fit([...view.student, ...view.v], node);
      const at = PLACES[view.axis];
      shareAxis.place(MARKS[view.axis], at);
      scaleOf.draw(view.axis);
      setAttributes(node, { "data-axis": view.axis });
      rows.forEach((row, k) => {
        const [p, q, g] = [view.p[k], view.q[k], view.gradient[k]];
        const total = pull(g);
        row.label.draw(k === view.label);
        setAttributes(row.node, { "data-true": k === view.label, "data-pull": pull(p - q), "data-total": total });
        row.lane.draw(p, q, at);
        row.numbers.draw([shareText(p), shareText(q), gradientText(g)]);
        row.student.draw(
          view.student[k],
          `student ${fixed(p, 3)}, teacher ${fixed(q, 3)}, gradient ${fixed(g, 3, true)}${PUSH[total]}`,
        );
        row.teacher.draw(view.v[k], `teacher ${fixed(q, 3)}, student ${fixed(p, 3)}`);
      });
    },
    /** @param {View} view */
    late: (view) => setText(caption, sentence(view)),
  };
}

/** The gaps in a sentence. @param {View} view */
export function sentence({ p, q, names, temperature, share }) {
  const { short, over, shortBy, overBy } = furthest(p.map((value, k) => value - q[k]));
  if (Math.max(shortBy, overBy) < 5e-4)
    return "Every bar meets its tick: the student says what its teacher says.";
  const factor = `T = ${fixed(temperature, 2)}`;
  const rest = share === 1 ? "" : `, the teacher's share of it being ${fixed(share, 2)}`;
  return `${names[short]} is ${fixed(shortBy, 3)} short of the teacher, ${names[over]} is ${fixed(overBy, 3)} over. The gradient is the gap times ${factor}${rest}.`;
}
