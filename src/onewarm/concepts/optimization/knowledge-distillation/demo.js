/**
 * The demo of "Knowledge Distillation": the logits of a student and of a teacher, and their temperature.
 *
 * One row a class. Bar = the student's probability p at temperature T, tick = the teacher's q, and the coloured gap
 * between them, times T, is the gradient of T^2 KL(q || p). Below: that gradient's size over T, with the factor T^2 and
 * without; and how much a hard-trained and a smoothed teacher of the same truth tell beyond label smoothing, in nats.
 *
 * The keys of the host's model, all of them optional; `in` from the host, `out` to it:
 *
 *   student      K logits, K >= 2                    teacher   the hard-trained teacher's K logits
 *   kind         "hard" | "smoothed" | "own"         own       the logits of a teacher of your own
 *   alpha        of the smoothed teacher, which was trained on the hard-trained one's probabilities
 *   temperature  T > 0                               share     w, the teacher's share of the loss, 0 .. 1
 *   label        the true class, 0 .. K-1            classes   K names
 *   axis         "linear" | "log", of p and q        scene     "rows" | "dark" | "norm", on the stage of a page
 *   cover        "dark" | "norm": what a question covers until it is answered, beyond T = 1 or 8; "" for nothing
 *   address      "z=3,-0.5,1,-1&v=6,3,0,-3&own=0,0,0,0&kind=hard&alpha=0.1&T=4&w=1&label=0&axis=linear&scene=rows"
 *   state        in: any of these and highlight; out: all of them, and {by, loss, gradient, probabilities, target,
 *                size, bareSize, limit, hardSize, told: {hard, smoothed, own}}; bareSize is without the factor T^2, and
 *                told the nats beyond label smoothing of each teacher
 */

import { softmax } from "onewarm/arithmetic.js";
import { descent } from "onewarm/descent.js";
import { element } from "onewarm/dom.js";
import { choice, classNames, number, row, rowLike, rules, whole } from "onewarm/fields.js";
import { fixed } from "onewarm/numbers.js";
import { widget } from "onewarm/widget.js";
import { dark, gradient, hardSize, limit, loss, size, smoothed, soften, teacherLoss } from "./demo/arithmetic.js";
import { COVERED, hidden } from "./demo/chart.js";
import { KINDS, controlsPane, degrees } from "./demo/controls.js";
import { darkPane } from "./demo/dark.js";
import { normPane } from "./demo/norm.js";
import { AXES, rowsPane, sentence } from "./demo/rows.js";
import { CSS } from "./demo/style.js";
import { tablePane } from "./demo/table.js";

const fields = {
  student: row([3, -0.5, 1, -1], "z"),
  teacher: rowLike("student", (student) => student.map((_, k) => 6 - 3 * k), "v"),
  own: rowLike("student", (student) => student.map(() => 0)),
  kind: choice("hard", KINDS),
  alpha: number(0.1, 0, 1),
  temperature: number(4, 0.01, 1e4, "T"),
  share: number(1, 0, 1, "w"),
  label: whole(0, 0, (state) => state.student.length - 1),
  axis: choice("linear", AXES),
  cover: choice("", ["", ...Object.keys(COVERED)], null),
};

/** Everything the panes draw, computed once a change. @param {any} state @param {(key: string) => any} get */
function derive(state, get) {
  const { student, label, temperature, share, alpha } = state;
  const teachers = { hard: state.teacher, smoothed: smoothed(state.teacher, alpha), own: state.own };
  /** @type {number[]} */
  const v = teachers[/** @type {"hard" | "smoothed" | "own"} */ (state.kind)];
  const rows = {
    hard: soften(teachers.hard, temperature),
    smoothed: soften(teachers.smoothed, temperature),
    own: soften(teachers.own, temperature),
  };
  const gradientSize = size(student, v, temperature);
  return {
    .../** @type {{student: number[], teacher: number[], own: number[], kind: "hard" | "smoothed" | "own", alpha: number,
     *   temperature: number, share: number, label: number, axis: "linear" | "log", cover: string,
     *   highlight: string | null}} */ (state),
    names: classNames(get("classes"), student.length),
    K: student.length,
    v,
    teachers,
    rows,
    p: soften(student, temperature),
    q: rows[/** @type {"hard"} */ (state.kind)],
    loss: loss(student, v, temperature, share, label),
    gradient: gradient(student, v, temperature, share, label),
    size: gradientSize,
    bareSize: gradientSize / temperature ** 2,
    limit: limit(student, v),
    hardSize: hardSize(student, label),
    told: { hard: dark(rows.hard, label), smoothed: dark(rows.smoothed, label), own: dark(rows.own, label) },
  };
}
/** @typedef {ReturnType<typeof derive>} View */

/** Descent of the student's logits from this view. @param {import("onewarm/widget.js").Context} ctx
 * @returns {(view: View) => import("onewarm/descent.js").Plan} */
const descentOf =
  (ctx) =>
  ({ v, temperature, share, label }) => ({
    slope: (z) => gradient(z, v, temperature, share, label),
    ended({ steps, rests }) {
      const [count, now] = [steps.toLocaleString("en"), `the loss is ${fixed(ctx.view.loss, 4)}`];
      if (!rests) return `After ${count} steps ${now}, and the logits still move.`;
      return share === 1
        ? `At rest after ${count} steps: every bar meets its tick, and ${now}.`
        : `At rest after ${count} steps, between teacher and label: ${now}.`;
    },
  });

/** @param {import("onewarm/widget.js").Context} ctx @param {View} view */
function build(ctx, { names }) {
  const controls = controlsPane(ctx, descent(ctx, "student", "Run to rest", descentOf(ctx)));
  const rows = { name: "rows", ...rowsPane(ctx, names) };
  const table = tablePane(names);
  const norm = { name: "norm", ...normPane() };
  const knowledge = { name: "dark", ...darkPane(names) };
  return {
    panes: [controls, rows, table, norm, knowledge],
    nodes: [controls.node, rows.node, table.node, element("div", { class: "curves fill" }, norm.node, knowledge.node)],
  };
}

const { format, parse } = rules(fields);

/** For tests: the pure part, and the state in the address. */
export const arithmetic = Object.freeze({
  softmax,
  soften,
  teacherLoss,
  loss,
  gradient,
  size,
  limit,
  hardSize,
  dark,
  smoothed,
});
export const address = Object.freeze({
  format,
  parse: (/** @type {any} */ text, /** @type {number} */ classes) => {
    const zeros = Array(classes).fill(0);
    return parse(text, { student: zeros, teacher: zeros, own: zeros });
  },
});

export default widget({
  name: "distillation",
  label: "Distillation demo: warm a teacher up, read what reaches the student",
  css: CSS,
  fields,
  traits: ["student", "teacher", "own", "kind", "alpha", "temperature", "share", "label", "axis", "cover"],
  inputs: ["classes"],
  highlights: ["temperature", "logit", "bar", "tick", "gap", "share", "norm", "limit", "dark", "mass", "wrong"],
  scenes: {
    rows: { title: "Class by class", panes: ["rows"] },
    dark: { title: "What is told", panes: ["dark"] },
    norm: { title: "The gradient", panes: ["norm"] },
  },
  derive,
  shape: (view) => JSON.stringify(view.names),
  build,
  report: (view) => ({
    loss: view.loss,
    gradient: view.gradient,
    probabilities: view.p,
    target: view.q,
    size: view.size,
    bareSize: view.bareSize,
    limit: view.limit,
    hardSize: view.hardSize,
    told: { ...view.told },
  }),
  sentence: (view) =>
    [
      `T ${degrees(view.temperature)}, loss ${fixed(view.loss, 4)}.`,
      sentence(view),
    ...(hidden(view, "dark")
      ? []
      : [`The hard-trained teacher tells ${fixed(view.told.hard, 4)} nats, the smoothed one ${fixed(view.told.smoothed, 4)}.`]),
  ].join(" "),
});
