/**
 * The demo of "Knowledge Distillation": two rows of logits and a thermostat.
 *
 * One row a class. Bar = the student's probability p at temperature T, tick = the teacher's q, and the coloured gap
 * between them, times T, is the gradient of T^2 KL(q || p). Below: that gradient's size over T, with the factor T^2 and
 * without; and what a hard-trained and a smoothed teacher of the same truth tell beyond label smoothing.
 *
 * What a host gives (`model.get`) and hears (`model.on("change:KEY")`); every key is optional:
 *
 *   student      K logits, K >= 2                    teacher   the hard-trained teacher's K logits
 *   kind         "hard" | "smoothed" | "own"         own       the logits of a teacher of your own
 *   alpha        what the smoothed teacher was trained with, from what the hard-trained one holds true
 *   temperature  T > 0                               share     the teacher's share of the loss, 0 .. 1
 *   label        the true class, 0 .. K-1            classes   K names
 *   address      "z=3,-0.5,1,-1&v=6,3,0,-3&own=0,0,0,0&kind=hard&alpha=0.1&T=4&w=1&label=0"
 *   state        in: any of these and highlight; out: all of them, and {by, loss, gradient, probabilities, target,
 *                size, bareSize, limit, hardSize, told: {hard, smoothed, own}}
 */

import { softmax } from "onewarm/arithmetic.js";
import { h } from "onewarm/dom.js";
import { choice, number, row, rules, whole } from "onewarm/fields.js";
import { clamp, fixed } from "onewarm/numbers.js";
import { widget } from "onewarm/widget.js";
import { dark, gradient, hardSize, limit, loss, size, smoothed, soften, teacherLoss } from "./demo/arithmetic.js";
import { KINDS, controlsPane, degrees } from "./demo/controls.js";
import { darkPane } from "./demo/dark.js";
import { normPane } from "./demo/norm.js";
import { rowsPane, sentence } from "./demo/rows.js";
import { CSS } from "./demo/style.js";
import { tablePane } from "./demo/table.js";

const LARGEST = 1e6; // where a run without a minimum ends
const RESTS = 1e-7; // a gradient below this is at rest

/** As many logits as the student has; else the row starts again. @param {(k: number) => number} start @param {string} [name] */
function beside(start, name) {
  const field = row([], name);
  return {
    ...field,
    start: (/** @type {any} */ state) =>
      state.student.map((/** @type {number} */ _, /** @type {number} */ k) => start(k)),
    valid(/** @type {any} */ value, /** @type {any} */ state, /** @type {any} */ by, /** @type {any} */ now) {
      const found = field.valid(value, state, by, now);
      return found?.length === state.student.length ? found : undefined;
    },
  };
}

const fields = {
  student: row([3, -0.5, 1, -1], "z"),
  teacher: beside((k) => 6 - 3 * k, "v"),
  own: beside(() => 0),
  kind: choice("hard", KINDS),
  alpha: number(0.1, 0, 1),
  temperature: number(4, 0.01, 1e4, "T"),
  share: number(1, 0, 1, "w"),
  label: whole(0, 0, (state) => state.student.length - 1),
};

/** Everything the panes draw, computed once a change. @param {any} state @param {(key: string) => any} get */
function derive(state, get) {
  const { student, label, temperature, share, alpha } = state;
  const K = student.length;
  const given = get("classes");
  /** @type {string[]} */
  const names = student.map((/** @type {number} */ _, /** @type {number} */ k) =>
    Array.isArray(given) && typeof given[k] === "string" && given[k].trim() ? given[k] : `class ${k}`,
  );
  const teachers = { hard: state.teacher, smoothed: smoothed(state.teacher, alpha), own: state.own };
  /** @type {number[]} */
  const v = teachers[/** @type {"hard" | "smoothed" | "own"} */ (state.kind)];
  const rows = {
    hard: soften(teachers.hard, temperature),
    smoothed: soften(teachers.smoothed, temperature),
    own: soften(teachers.own, temperature),
  };
  const pulled = size(student, v, temperature);
  return {
    .../** @type {{student: number[], teacher: number[], own: number[], kind: "hard" | "smoothed" | "own", alpha: number,
     *   temperature: number, share: number, label: number, highlight: string | null}} */ (state),
    names,
    K,
    v,
    teachers,
    rows,
    p: soften(student, temperature),
    q: rows[/** @type {"hard"} */ (state.kind)],
    loss: loss(student, v, temperature, share, label),
    gradient: gradient(student, v, temperature, share, label),
    size: pulled,
    bareSize: pulled / temperature ** 2,
    limit: limit(student, v),
    hardSize: hardSize(student, label),
    told: { hard: dark(rows.hard, label), smoothed: dark(rows.smoothed, label), own: dark(rows.own, label) },
  };
}
/** @typedef {ReturnType<typeof derive>} View */

/** One step of gradient descent, z - gradient. @param {number[]} z @param {View} view */
const step = (z, { v, temperature, share, label }) =>
  gradient(z, v, temperature, share, label).map((g, k) => clamp(z[k] - g, -LARGEST, LARGEST));

/** Gradient descent until it rests; ever more steps a frame, since it slows down as it arrives.
 * @param {import("onewarm/widget.js").Context} ctx */
function run(ctx) {
  const start = /** @type {View} */ (ctx.view);
  const { v, temperature: T, share, label } = start;
  let z = [...start.student],
    steps = 0,
    frame = 0,
    resting = false;
  ctx.animate(
    () => {
      for (let n = Math.ceil(1.08 ** frame++); n > 0 && !resting; n--, steps++) {
        resting = Math.max(...gradient(z, v, T, share, label).map(Math.abs)) < RESTS;
        if (!resting) z = step(z, start);
      }
      return { patch: { student: z }, done: resting || frame >= 90 };
    },
    () => {
      const n = steps.toLocaleString("en");
      const now = `the loss is ${fixed(ctx.view.loss, 4)}`;
      if (!resting) return `After ${n} steps ${now}, and the logits still move.`;
      return share === 1
        ? `At rest after ${n} steps: every bar meets its tick, and ${now}.`
        : `At rest after ${n} steps, between teacher and label: ${now}.`;
    },
  );
}

/** @param {import("onewarm/widget.js").Context} ctx @param {View} view */
function build(ctx, { names }) {
  const controls = controlsPane(
    Object.assign(Object.create(ctx), {
      step: () => ctx.change({ student: step(ctx.view.student, ctx.view) }),
      run: () => (ctx.running ? ctx.stop("Stopped.") : run(ctx)),
    }),
  );
  const rows = rowsPane(ctx, names);
  const table = tablePane(names);
  const norm = normPane();
  const told = darkPane(names);
  return {
    panes: [controls, rows, table, norm, told],
    nodes: [controls.node, rows.node, table.node, h("div", { class: "curves" }, norm.node, told.node)],
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
  traits: ["student", "teacher", "own", "kind", "alpha", "temperature", "share", "label"],
  inputs: ["classes"],
  highlights: ["temperature", "logit", "bar", "tick", "gap", "share", "norm", "limit", "dark"],
  derive,
  shape: (view) => JSON.stringify(view.names),
  build,
  report: ({ loss: value, gradient: g, p, q, size: pulled, bareSize, limit: tends, hardSize: own, told }) => ({
    loss: value,
    gradient: g,
    probabilities: p,
    target: q,
    size: pulled,
    bareSize,
    limit: tends,
    hardSize: own,
    told: { ...told },
  }),
  sentence: (view) =>
    `T ${degrees(view.temperature)}, loss ${fixed(view.loss, 4)}. ${sentence(view)} The hard-trained teacher tells ${fixed(view.told.hard, 4)} nats, the smoothed one ${fixed(view.told.smoothed, 4)}.`,
});
