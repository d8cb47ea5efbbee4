/**
 * The logit demo of "Label Smoothing & Soft Targets": one ES module in anywidget form, no dependency, no build.
 *
 * One row a class. Bar = probability p, tick = target t, and the coloured gap between them is the gradient p - t.
 *
 * What a host gives (`model.get`) and hears (`model.on("change:KEY")`); every key is optional:
 *
 *   logits       K numbers, K >= 2                   classes      K names
 *   alpha        mass moved from the label           label        the true class, 0 .. K-1
 *   recipe       "uniform" | "prior" | "teacher"     prior, teacher   a row of K, or K rows, one a label
 *   calibration  {overconfident: report | null, calibrated: report | null}, subsets of a study report
 *   address      the query string of a state: "z=3,1,-0.5,-1&alpha=0.1&label=0&recipe=uniform"
 *   state        in: any of {logits, alpha, label, recipe, pick, view, highlight};
 *                out: all of them, and {by: "user" | "host" | "start", loss, hardLoss, floor, probabilities, target, gradient}
 *
 * Parts: 1 arithmetic · 2 state and address · 3 small tools · 4 the panes · 5 calibration · 6 render · 7 style.
 */

// ---------------------------------------------------------------------------------------------------------------
// 1  Arithmetic. Pure: numbers in, numbers out; float64 as in Python, and tested against it to 1e-12.

/** @typedef {readonly number[]} Row */

/** Sum of a row. @param {Row} row */
const sum = (row) => row.reduce((total, value) => total + value, 0);

/** log(sum(exp(z))) without overflow, and without losing a small rest: max + log1p(the others). @param {Row} z */
function logSumExp(z) {
  const top = z.indexOf(Math.max(...z));
  let rest = 0;
  for (let k = 0; k < z.length; k++) if (k !== top) rest += Math.exp(z[k] - z[top]);
  return z[top] + Math.log1p(rest);
}

/** exp(z) / sum(exp(z)). @param {Row} z @returns {number[]} */
function softmax(z) {
  const top = Math.max(...z);
  const weight = z.map((value) => Math.exp(value - top));
  const total = sum(weight);
  return weight.map((value) => value / total);
}

/** The target: mass `alpha` moved from the label to `row`; t = (1 - alpha) onehot(label) + alpha row.
 * @param {number} label @param {number} alpha @param {Row} row @returns {number[]} */
const target = (label, alpha, row) => row.map((r, k) => (k === label ? 1 - alpha : 0) + alpha * r);

/** H(t, z) = s logsumexp(z) - <t, z>, s = sum(t); written with z - max(z), so that large logits cancel nothing.
 * @param {Row} z @param {Row} t */
function crossEntropy(z, t) {
  const top = z.indexOf(Math.max(...z));
  let rest = 0;
  let below = 0;
  for (let k = 0; k < z.length; k++) {
    if (k === top) continue;
    rest += Math.exp(z[k] - z[top]);
    below += t[k] * (z[top] - z[k]);
  }
  return sum(t) * Math.log1p(rest) + below;
}

/** dH/dz = s softmax(z) - t. @param {Row} z @param {Row} t @returns {number[]} */
function gradient(z, t) {
  const mass = sum(t);
  return softmax(z).map((p, k) => mass * p - t[k]);
}

/** The loss floor, the entropy of the target: -sum t log(t / s). -Infinity where a class has negative mass.
 * @param {Row} t */
function entropy(t) {
  if (t.some((value) => value < 0)) return -Infinity;
  const mass = sum(t);
  return sum(t.map((value) => (value > 0 ? -value * Math.log(value / mass) : 0)));
}

/** H(t, z) with logit k put at each of `values`; the other classes enter as one logsumexp and one dot product.
 * @param {Row} z @param {Row} t @param {number} k @param {Row} values */
function lossAlong(z, t, k, values) {
  const mass = sum(t);
  const others = logSumExp(z.filter((_, j) => j !== k));
  const dot = sum(t.map((value, j) => (j === k ? 0 : value * (z[j] - others))));
  return values.map((value) => {
    const rise = value - others; // logsumexp(z) = others + softplus(rise)
    return mass * (Math.max(rise, 0) + Math.log1p(Math.exp(-Math.abs(rise)))) - t[k] * rise - dot;
  });
}

/** The lowest loss along logit k: where p_k = t_k / s. With t_k = 0 or s it lies at infinity and is never reached.
 * @param {Row} z @param {Row} t @param {number} k @returns {{at: number, loss: number}} */
function optimum(z, t, k) {
  const mass = sum(t);
  const others = z.filter((_, j) => j !== k);
  const rest = t.filter((_, j) => j !== k);
  const held = sum(rest); // s - t_k, without the cancellation
  if (t[k] > 0 && held > 0) {
    const at = logSumExp(others) + Math.log(t[k] / held);
    return {
      at,
      loss: crossEntropy(
        z.map((value, j) => (j === k ? at : value)),
        t,
      ),
    };
  }
  if (t[k] <= 0) return { at: -Infinity, loss: t[k] < 0 ? -Infinity : crossEntropy(others, rest) };
  const flat = rest.every((value) => value === 0);
  return { at: Infinity, loss: held < 0 ? -Infinity : flat ? 0 : -sum(rest.map((value, j) => value * others[j])) };
}

/** The minimiser that gradient descent from z reaches (steps keep the sum of z): log t, moved to z's mean.
 * Null where a class has no mass: then there is none. @param {Row} z @param {Row} t @returns {number[] | null} */
function minimiser(z, t) {
  if (t.some((value) => value <= 0)) return null;
  const log = t.map(Math.log);
  const shift = (sum(z) - sum(log)) / z.length;
  return log.map((value) => value + shift);
}

/** One step of gradient descent, z - rate * gradient. @param {Row} z @param {Row} t @param {number} [rate] */
const step = (z, t, rate = 1) => gradient(z, t).map((g, k) => z[k] - rate * g);

/** The row that receives alpha. `rows`: K numbers, or K rows of which the label's is taken.
 * @param {string} recipe @param {number} K @param {number} label @param {any} [rows] @returns {number[]} */
function recipeRow(recipe, K, label, rows) {
  if (recipe === "uniform") return Array(K).fill(1 / K);
  const row = Array.isArray(rows?.[0]) ? rows[label] : rows;
  if (isDistribution(row, K)) return [...row];
  // No usable row from the host: a long tail for the prior, "near classes look alike" for the teacher.
  const weight = Array.from({ length: K }, (_, k) =>
    recipe === "prior" ? 1 / (k + 1) : Math.exp(-1.2 * Math.abs(k - label)),
  );
  const total = sum(weight);
  return weight.map((value) => value / total);
}

/** @param {any} row @param {number} K */
const isDistribution = (row, K) =>
  Array.isArray(row) &&
  row.length === K &&
  row.every((v) => Number.isFinite(v) && v >= 0) &&
  Math.abs(sum(row) - 1) < 1e-6;

export const arithmetic = Object.freeze({
  logSumExp,
  softmax,
  target,
  crossEntropy,
  gradient,
  entropy,
  lossAlong,
  optimum,
  minimiser,
  step,
  recipeRow,
});

// ---------------------------------------------------------------------------------------------------------------
// 2  State and address. Whatever comes from outside is checked here, value by value; what is not valid is left out.

/** @typedef {"uniform" | "prior" | "teacher"} Recipe */
/** @typedef {{logits: number[], alpha: number, label: number, recipe: Recipe, pick: number | null,
 *             view: "before" | "after", highlight: string | null}} State */

const RECIPES = ["uniform", "prior", "teacher"];
const HIGHLIGHTS = ["logit", "bar", "tick", "gap", "curve", "minimum", "alpha", "calibration"];
const ORIGIN = {
  logits: [3, 1, -0.5, -1],
  alpha: 0.1,
  label: 0,
  recipe: "uniform",
  pick: null,
  view: "before",
  highlight: null,
};
const LARGEST = 1e6; // logits beyond this are refused: no picture of them says anything
const MOST = 64; // classes

/** The valid part of `given`. `K`: the number of logits asked for; without it any number of classes from 2.
 * @param {any} given @param {number} classes @param {boolean} [anyK] @returns {Partial<State>} */
function valid(given, classes, anyK = false) {
  /** @type {any} */
  const out = {};
  if (given === null || typeof given !== "object") return out;
  const z = ArrayBuffer.isView(given.logits) ? Array.from(/** @type {any} */ (given.logits)) : given.logits;
  const fits = Array.isArray(z) && (anyK ? z.length >= 2 && z.length <= MOST : z.length === classes);
  if (fits && z.every((v) => typeof v === "number" && Math.abs(v) <= LARGEST)) out.logits = z.slice();
  const K = out.logits?.length ?? classes;
  if (typeof given.alpha === "number" && given.alpha >= -1 && given.alpha <= 1) out.alpha = given.alpha;
  if (isClass(given.label, K)) out.label = given.label;
  if (RECIPES.includes(given.recipe)) out.recipe = given.recipe;
  if (given.pick === null || isClass(given.pick, K)) out.pick = given.pick;
  if (given.view === "before" || given.view === "after") out.view = given.view;
  if (given.highlight === null || HIGHLIGHTS.includes(given.highlight)) out.highlight = given.highlight;
  return out;
}

/** @param {any} value @param {number} K */
const isClass = (value, K) => Number.isInteger(value) && value >= 0 && value < K;

/** A number as an address writes it, else undefined: no spaces, no hex, no names. @param {string | null} text */
const numberFrom = (text) => (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text ?? "") ? Number(text) : undefined);

/** The query string of a state, and the valid part of one. */
export const address = Object.freeze({
  /** @param {State} state */
  format(state) {
    const parts = [
      `z=${state.logits.join(",")}`,
      `alpha=${state.alpha}`,
      `label=${state.label}`,
      `recipe=${state.recipe}`,
    ];
    if (state.pick !== null) parts.push(`pick=${state.pick}`);
    if (state.view !== "before") parts.push(`view=${state.view}`);
    return parts.join("&");
  },
  /** @param {any} text @param {number} classes @returns {Partial<State>} */
  parse(text, classes) {
    if (typeof text !== "string" || text.length > 4096) return {};
    const query = new URLSearchParams(text);
    return valid(
      {
        logits: query.get("z")?.split(",").map(numberFrom),
        alpha: numberFrom(query.get("alpha")),
        label: numberFrom(query.get("label")),
        recipe: query.get("recipe"),
        pick: numberFrom(query.get("pick")),
        view: query.get("view"),
        highlight: undefined,
      },
      classes,
    );
  },
});

/** Everything the panes draw, computed once a change. @param {State} state @param {string[]} names @param {any} rows */
function derive(state, names, rows) {
  const { logits, label, alpha, recipe } = state;
  const K = logits.length;
  const t = target(label, alpha, recipeRow(recipe, K, label, rows[recipe]));
  const hard = target(label, 0, Array(K).fill(0));
  const k = state.pick ?? label;
  return {
    ...state,
    names,
    K,
    k,
    hard,
    target: t,
    probabilities: softmax(logits),
    gradient: gradient(logits, t),
    hardGradient: gradient(logits, hard),
    loss: crossEntropy(logits, t),
    hardLoss: crossEntropy(logits, hard),
    floor: entropy(t),
  };
}
/** @typedef {ReturnType<typeof derive>} View */

// ---------------------------------------------------------------------------------------------------------------
// 3  Small tools: elements, numbers in words, axes.

const SVG = "http://www.w3.org/2000/svg";

/** @param {Element} node @param {Record<string, any>} attributes */
function put(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    const text = String(value);
    if (node.getAttribute(name) !== text) node.setAttribute(name, text);
  }
  return node;
}

/** @param {string} tag @param {Record<string, any>} [attributes] @param {...(Node | string)} children @returns {any} */
function h(tag, attributes = {}, ...children) {
  const node = put(document.createElement(tag), attributes);
  node.append(...children);
  return node;
}

/** @param {string} tag @param {Record<string, any>} [attributes] @param {...(Node | string)} children @returns {any} */
function s(tag, attributes = {}, ...children) {
  const node = put(document.createElementNS(SVG, tag), attributes);
  node.append(...children);
  return node;
}

/** @param {Element} node @param {string} text */
const say = (node, text) => void (node.textContent !== text && (node.textContent = text));

/** @param {HTMLElement} node @param {string} name @param {string} value */
const style = (node, name, value) =>
  void (node.style.getPropertyValue(name) !== value && node.style.setProperty(name, value));

/** @param {number} value @param {number} digits @param {boolean} [sign] */
function fixed(value, digits, sign = false) {
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const text = Math.abs(value).toFixed(digits);
  const zero = Number(text) === 0;
  return (value < 0 && !zero ? "−" : sign && !zero ? "+" : "") + text;
}

/** A logit: one decimal where that is exact, else two; fewer where it is large. @param {number} z */
const logitText = (z) => fixed(z, Math.abs(z) >= 100 ? 0 : Math.abs(z * 10 - Math.round(z * 10)) < 1e-9 ? 1 : 2);

/** @param {number} value @param {number} lo @param {number} hi */
const clamp = (value, lo, hi) => Math.min(hi, Math.max(lo, value));

/** The smallest of 1, 2, 5, 10, 20, ... that is at least `value`. @param {number} value @param {number[]} [steps] */
function niceCeil(value, steps = [1, 2, 5, 10]) {
  const power = 10 ** Math.floor(Math.log10(value));
  return steps.map((m) => m * power).find((nice) => nice >= value * (1 - 1e-12)) ?? 10 * power;
}

/** About `count` round ticks in [lo, hi]. @param {number} lo @param {number} hi @param {number} count */
function ticks(lo, hi, count) {
  const size = niceCeil((hi - lo) / count);
  const out = [];
  for (let i = Math.ceil(lo / size - 1e-9); i * size <= hi + 1e-9 * size; i++)
    out.push(Number((i * size).toPrecision(12)));
  return out;
}

/** A linear map [a, b] -> [from, to]. @param {number} a @param {number} b @param {number} from @param {number} to */
const scale = (a, b, from, to) => (/** @type {number} */ v) => from + ((v - a) / (b - a)) * (to - from);

/** @param {number} value */
const px = (value) => value.toFixed(2);

/** "up" where descent raises the logit (gradient below 0), "down" where it lowers it. @param {number} g */
const pull = (g) => (Math.abs(g) < 5e-4 ? "none" : g < 0 ? "up" : "down");
const ARROW = { up: "▲", down: "▼", none: "=" };

// ---------------------------------------------------------------------------------------------------------------
// 4  The panes. Each builds its nodes once and returns {node, draw(view)}; draw only moves what is there.

/** @typedef {{change: (patch: Partial<State>) => void, uid: string, step: () => void, run: () => void, reset: () => void,
 *             rowNote: (recipe: Recipe) => string}} Context */

/** Alpha, the recipe, and what descends. @param {Context} ctx */
function controlsPane(ctx) {
  const range = h("input", { type: "range", min: 0, max: 0.5, step: 0.01, id: `${ctx.uid}-alpha`, class: "alpha" });
  const output = h("output", { for: range.id, "aria-live": "off" }); // the slider says its value itself
  range.addEventListener("input", () => ctx.change({ alpha: range.valueAsNumber }));

  const why = h("p", { class: "why" });
  const radios = RECIPES.map((recipe) => {
    const input = h("input", { type: "radio", name: `${ctx.uid}-recipe`, value: recipe });
    input.addEventListener("change", () => ctx.change({ recipe: /** @type {Recipe} */ (recipe) }));
    return input;
  });
  const segments = radios.map((input, i) => h("label", {}, input, h("span", {}, RECIPES[i])));
  const one = h("button", { type: "button" }, "Gradient step");
  const run = h("button", { type: "button", class: "run" }, "Run to minimum");
  const reset = h("button", { type: "button", class: "quiet" }, "Reset");
  one.addEventListener("click", ctx.step);
  run.addEventListener("click", ctx.run);
  reset.addEventListener("click", ctx.reset);

  const node = h(
    "div",
    { class: "controls" },
    h(
      "div",
      { class: "control alpha-control", "data-object": "alpha" },
      h("label", { for: range.id }, "Smoothing ", h("i", {}, "α")),
      range,
      output,
    ),
    h(
      "fieldset",
      { class: "control segmented" },
      h("legend", {}, "Where the mass α goes"),
      h("div", { class: "segments" }, ...segments),
    ),
    h("div", { class: "control buttons" }, one, run, reset),
    why,
  );

  return {
    node,
    /** @param {View} view @param {boolean} running */
    draw(view, running) {
      put(range, {
        min: view.alpha < 0 ? -1 : 0,
        max: view.alpha > 0.5 ? 1 : 0.5,
        "aria-valuetext": fixed(view.alpha, 2),
      });
      if (range.valueAsNumber !== view.alpha) range.value = String(view.alpha);
      say(output, Number(view.alpha.toFixed(2)) === view.alpha ? fixed(view.alpha, 2) : fixed(view.alpha, 4));
      radios.forEach((input) => (input.checked = input.value === view.recipe));
      say(why, explain(view) + ctx.rowNote(view.recipe));
      say(run, running ? "Stop" : "Run to minimum");
    },
  };
}

/** The recipe in one sentence, with its numbers. @param {View} view */
function explain(view) {
  const { alpha, recipe, names, label, target: t } = view;
  const name = names[label];
  if (alpha === 0)
    return `α is 0: all the mass stays on ${name}. This is the hard, one-hot target, whatever the recipe.`;
  if (alpha < 0)
    return `Negative smoothing: mass ${fixed(-alpha, 2)} is taken from the recipe's row and added to ${name}, which now has ${fixed(t[label], 3)}. A class below 0 leaves the loss without a floor.`;
  const a = fixed(alpha, 2);
  const end = `; ${name} keeps ${fixed(t[label], 3)}.`;
  if (recipe === "uniform")
    return `Label smoothing: mass ${a} is taken from ${name} and shared equally by all ${view.K} classes${end}`;
  if (recipe === "prior")
    return `Prior smoothing: mass ${a} is taken from ${name} and shared in proportion to how often each class occurs${end}`;
  return `Soft target: mass ${a} is taken from ${name} and placed where a teacher model puts its probability${end}`;
}

/** One row a class: radio, logit slider, probability bar, target tick, gap. @param {Context} ctx @param {string[]} names */
function logitPane(ctx, names) {
  const zAxis = axis(5);
  const pAxis = axis(3);
  let reach = 6; // the sliders go from -reach to reach
  const rows = names.map((name, k) => {
    const radio = h("input", {
      type: "radio",
      name: `${ctx.uid}-label`,
      value: k,
      "aria-label": `true class: ${name}`,
    });
    radio.addEventListener("change", () => ctx.change({ label: k }));
    const stem = h("div", { class: "stem" });
    const thumb = h("div", {
      class: "thumb",
      role: "slider",
      tabindex: 0,
      "aria-label": `logit of ${name}`,
      "aria-orientation": "horizontal",
    });
    const zLane = h("div", { class: "lane" }, ...zAxis.lines(), stem, thumb);
    const zTrack = h("div", { class: "track z", "data-object": "logit" }, zLane);
    const bar = h("div", { class: "bar", "data-object": "bar" });
    const gap = h("div", { class: "gap", "data-object": "gap" });
    const tick = h("div", { class: "tick", "data-object": "tick" });
    const pTrack = h(
      "div",
      { class: "track p", "aria-hidden": "true" },
      h("div", { class: "lane" }, ...pAxis.lines(), bar, gap, tick),
    );
    const numbers = ["z", "p", "t", "g"].map((key) => h("span", { class: `num num-${key}`, "aria-hidden": "true" }));
    const node = h(
      "div",
      { class: "row" },
      h("label", { class: "name", title: name }, radio, h("span", { dir: "auto" }, name)),
      zTrack,
      numbers[0],
      pTrack,
      ...numbers.slice(1),
    );
    slide(
      zTrack,
      zLane,
      thumb,
      () => reach,
      () => latest.logits[k],
      (value) => {
        const logits = [...latest.logits];
        logits[k] = value;
        ctx.change({ logits });
      },
    );
    return { node, radio, stem, thumb, bar, gap, tick, numbers, last: /** @type {string[]} */ ([]) };
  });
  /** @type {View} */
  let latest;
  const caption = h("p", { class: "caption" });
  const swatch = (/** @type {string} */ kind, /** @type {string} */ text) =>
    h("span", { class: "key" }, h("i", { class: `swatch s-${kind}` }), text);
  const node = h(
    "section",
    { class: "pane logits", "aria-label": "Logits, probabilities and targets" },
    h(
      "div",
      { class: "legend" },
      swatch("bar", "probability p"),
      swatch("tick", "target t"),
      swatch("up", "p is short: the logit is pushed up ▲"),
      swatch("down", "p is over: pushed down ▼"),
    ),
    h(
      "div",
      { class: "rows", "data-few": names.length <= 5 },
      h(
        "div",
        { class: "row head", "aria-hidden": "true" },
        h("span", { class: "name" }, "true class"),
        h("span", { class: "track z" }, "logit z: drag it, or use the arrow keys"),
        h("span", { class: "num num-z" }, "z"),
        h("span", { class: "track p" }, "bar p, tick t: the gap is the gradient"),
        h("span", { class: "num num-p" }, "p"),
        h("span", { class: "num num-t" }, "t"),
        h("span", { class: "num num-g" }, "p − t"),
      ),
      ...rows.map((row) => row.node),
      h(
        "div",
        { class: "row foot", "aria-hidden": "true" },
        h("div", { class: "track z" }, zAxis.node),
        h("div", { class: "track p" }, pAxis.node),
      ),
    ),
    caption,
  );

  return {
    node,
    /** @param {View} view */
    draw(view) {
      latest = view;
      const need = Math.max(...view.logits.map(Math.abs));
      const asked = need <= 6 ? 6 : niceCeil(need);
      // Never shrink the axis under a finger: wait until the slider is let go.
      if (asked > reach || !node.querySelector(".thumb:focus, .dragging")) reach = asked;
      const low = Math.min(0, Math.floor(Math.min(...view.target) * 4 + 1e-9) / 4);
      const high = Math.max(1, Math.ceil(Math.max(...view.target) * 4 - 1e-9) / 4);
      const zAt = scale(-reach, reach, 0, 100);
      const pAt = scale(low, high, 0, 100);
      zAxis.place([-reach, -reach / 2, 0, reach / 2, reach], zAt);
      pAxis.place([0, 0.5, 1], pAt);
      rows.forEach((row, k) => {
        const z = view.logits[k],
          p = view.probabilities[k],
          t = view.target[k],
          g = view.gradient[k];
        const kind = pull(g);
        row.radio.checked = k === view.label;
        put(row.node, { "data-true": k === view.label, "data-pull": kind });
        style(row.thumb, "left", `${px(zAt(z))}%`);
        style(row.stem, "left", `${px(Math.min(50, zAt(z)))}%`);
        style(row.stem, "width", `${px(Math.abs(zAt(z) - 50))}%`);
        style(row.bar, "left", `${px(pAt(0))}%`);
        style(row.bar, "width", `${px(pAt(p) - pAt(0))}%`);
        style(row.gap, "left", `${px(pAt(Math.min(p, t)))}%`);
        style(row.gap, "width", `${px(Math.abs(pAt(p) - pAt(t)))}%`);
        style(row.tick, "left", `${px(pAt(t))}%`);
        [logitText(z), fixed(p, 3), fixed(t, 3), `${ARROW[kind]} ${fixed(g, 3, true)}`].forEach((text, i) => {
          if (row.last[i] !== text) row.numbers[i].textContent = row.last[i] = text;
        });
        put(row.thumb, {
          "aria-valuemin": -reach,
          "aria-valuemax": reach,
          "aria-valuenow": Number(z.toFixed(4)),
          "aria-valuetext": `${logitText(z)}; probability ${fixed(p, 3)}, target ${fixed(t, 3)}, gradient ${fixed(g, 3, true)}${PUSH[kind]}`,
        });
      });
      say(caption, sentence(view));
    },
  };
}
const PUSH = { up: ", pushed up", down: ", pushed down", none: ", at rest" };

/** What the gaps say, in a sentence. @param {View} view */
function sentence(view) {
  const order = view.gradient.map((_, k) => k).sort((a, b) => view.gradient[a] - view.gradient[b]);
  const short = order[0],
    over = order[order.length - 1];
  const low = -view.gradient[short],
    high = view.gradient[over];
  if (Math.max(low, high) < 5e-4) {
    return view.floor > 0
      ? "Every bar meets its tick: the gradient is zero and the loss stands on its floor."
      : "Every bar all but meets its tick, yet none quite does: a hard target is only reached at infinite logits.";
  }
  return `${view.names[short]} is ${fixed(low, 3)} short of its target, ${view.names[over]} is ${fixed(high, 3)} over. A step of gradient descent moves each logit by exactly its gap.`;
}

/** Axis labels, and the grid lines of every lane on it. @param {number} count */
function axis(count) {
  const labels = Array.from({ length: count }, () => h("span", { class: "at" }));
  /** @type {HTMLElement[][]} */
  const lines = labels.map(() => []);
  let last = "";
  return {
    node: h("div", { class: "lane axis" }, ...labels),
    lines: () => lines.map((group) => group[group.push(h("i", { class: "grid" })) - 1]),
    /** @param {number[]} values @param {(v: number) => number} at */
    place(values, at) {
      const now = values.map((v) => `${v}@${px(at(v))}`).join();
      if (now === last) return;
      last = now;
      values.forEach((value, i) => {
        say(labels[i], String(value).replace("-", "−"));
        for (const node of [labels[i], ...lines[i]]) style(node, "left", `${px(at(value))}%`);
      });
    },
  };
}

/** Makes a lane a slider: drag anywhere on the track, and the keys of ARIA's slider pattern (Shift: finer steps).
 * @param {HTMLElement} track @param {HTMLElement} lane @param {HTMLElement} thumb
 * @param {() => number} reach @param {() => number} get @param {(value: number) => void} set */
function slide(track, lane, thumb, reach, get, set) {
  const fit = (/** @type {number} */ value, grid = 10) => clamp(Math.round(value * grid) / grid, -reach(), reach());
  const to = (/** @type {PointerEvent} */ event) => {
    const box = lane.getBoundingClientRect();
    const value = fit(-reach() + (2 * reach() * (event.clientX - box.left)) / box.width);
    if (value !== get()) set(value);
  };
  track.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    thumb.focus({ preventScroll: true });
    track.setPointerCapture(event.pointerId);
    track.classList.add("dragging");
    to(event);
  });
  track.addEventListener("pointermove", (event) => track.hasPointerCapture(event.pointerId) && to(event));
  track.addEventListener("lostpointercapture", () => track.classList.remove("dragging"));
  thumb.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const fine = event.shiftKey ? 0.01 : 0.1 * Math.max(1, reach() / 10);
    const moves = {
      ArrowRight: fine,
      ArrowUp: fine,
      ArrowLeft: -fine,
      ArrowDown: -fine,
      PageUp: 10 * fine,
      PageDown: -10 * fine,
    };
    const move = /** @type {Record<string, number>} */ (moves)[event.key];
    if (move !== undefined) set(fit(get() + move, 100));
    else if (event.key === "Home") set(-reach());
    else if (event.key === "End") set(reach());
    else return;
    event.preventDefault();
  });
}

/** The loss along one logit, hard and soft. @param {Context} ctx @param {string[]} names */
function lossPane(ctx, names) {
  const select = h(
    "select",
    { id: `${ctx.uid}-pick` },
    h("option", { value: "" }, "the true class"),
    ...names.map((name, k) => h("option", { value: k }, name)),
  );
  select.addEventListener("change", () => ctx.change({ pick: select.value === "" ? null : Number(select.value) }));

  const clip = `${ctx.uid}-clip`;
  const frame = s("rect");
  const gridlines = s("g", { class: "gridlines" });
  const hard = s("path", { class: "curve hard", "data-object": "curve" });
  const soft = s("path", { class: "curve soft", "data-object": "curve" });
  const tangent = s("line", { class: "tangent" });
  const here = s("line", { class: "here" });
  const hereText = s("text", { class: "strong" });
  const drop = s("line", { class: "drop" });
  const low = s("circle", { r: 5, class: "low", "data-object": "minimum" });
  const lowText = s("text", { class: "halo soft-text", "data-object": "minimum" });
  const arrow = s("path", { class: "arrow" });
  const hardText = s("text", { class: "halo hard-text" }, "hard: no minimum");
  const hardDot = s("circle", { r: 4, class: "dot hard-dot" });
  const softDot = s("circle", { r: 6, class: "dot soft-dot" });
  const svg = s(
    "svg",
    { class: "chart", role: "img" },
    s("defs", {}, s("clipPath", { id: clip }, frame)),
    gridlines,
    s("g", { "clip-path": `url(#${clip})` }, here, drop, hard, soft, tangent, hardDot, softDot, low),
    arrow,
    hardText,
    lowText,
    hereText,
  );

  const lines = ["loss now", "slope here = gap", "lowest on curve", "floor of the loss"].map((text) => ({
    text,
    cells: [h("td"), h("td")],
  }));
  const column = (/** @type {string} */ kind) =>
    h("th", { scope: "col" }, h("i", { class: `swatch s-${kind}` }), kind);
  const node = h(
    "section",
    { class: "pane loss", "aria-label": "Loss along one logit" },
    h("div", { class: "pane-head" }, h("label", { for: select.id }, "Loss along the logit of"), select),
    h("div", { class: "figure" }, svg),
    h(
      "table",
      { class: "losses" },
      h("thead", {}, h("tr", {}, h("td"), column("soft"), column("hard"))),
      h("tbody", {}, ...lines.map((line) => h("tr", {}, h("th", { scope: "row" }, line.text), ...line.cells))),
    ),
  );

  let grid = "";
  return {
    node,
    svg,
    /** @param {View} view @param {number} W */
    draw(view, W) {
      const { logits, k, names: name } = view;
      const H = clamp(Math.round(0.75 * W), 250, 330),
        left = 38,
        right = W - 14,
        top = 24;
      const bottom = H - 58,
        under = bottom + 18; // between them: room for the hard curve's label, below the curve
      const best = optimum(logits, view.target, k),
        bestHard = optimum(logits, view.hard, k);
      const z = logits[k];
      const towards = bestHard.at > 0 ? 1 : -1;
      const marks = [z, ...(Number.isFinite(best.at) ? [best.at] : [])];
      const lo = Math.min(towards > 0 ? -4 : -9, Math.floor(Math.min(...marks)) - 1);
      const hi = Math.max(towards > 0 ? 9 : 4, Math.ceil(Math.max(...marks)) + 1);
      const floor = Number.isFinite(best.loss) ? best.loss : 0;
      const yHi = Math.max(2, niceCeil(1.1 * Math.max(view.loss, view.hardLoss, floor, 1e-9)));
      const yLo = Math.min(view.loss, floor, 0) < -1e-9 ? -niceCeil(-1.1 * Math.min(view.loss, floor)) : 0;
      const x = scale(lo, hi, left, right),
        y = scale(yLo, yHi, bottom, top);

      const key = [W, lo, hi, yLo, yHi, k].join();
      if (key !== grid) {
        grid = key;
        put(svg, { viewBox: `0 0 ${W} ${H}`, width: W, height: H });
        put(frame, { x: left, y: top - 4, width: right - left + 8, height: under - top + 4 });
        gridlines.replaceChildren(
          ...ticks(yLo, yHi, 4).flatMap((v) => [
            s("line", { x1: left, x2: right, y1: y(v), y2: y(v) }),
            s("text", { x: left - 7, y: y(v) + 4, "text-anchor": "end" }, String(v).replace("-", "−")),
          ]),
          ...ticks(lo, hi, clamp(W / 42, 5, 10)).map((v) =>
            s("text", { x: x(v), y: under + 14, "text-anchor": "middle" }, String(v).replace("-", "−")),
          ),
          s("line", { x1: left, x2: right, y1: under, y2: under }),
          s("text", { x: right, y: H - 5, "text-anchor": "end" }, `logit of ${name[k]}`),
          s("text", { x: 2, y: 12 }, "loss, nats"),
        );
      }
      const xs = Array.from({ length: 97 }, (_, i) => lo + ((hi - lo) * i) / 96);
      const path = (/** @type {number[]} */ t) =>
        "M" +
        lossAlong(logits, t, k, xs)
          .map((v, i) => `${Math.round(10 * x(xs[i])) / 10},${Math.round(10 * clamp(y(v), -2000, 4000)) / 10}`)
          .join("L");
      put(hard, { d: path(view.hard) });
      put(soft, { d: path(view.target) });
      put(here, { x1: x(z), x2: x(z), y1: top, y2: under });
      const nearRight = x(z) > right - 60;
      put(hereText, { x: clamp(x(z), left + 60, right), y: 14, "text-anchor": nearRight ? "end" : "middle" });
      say(hereText, `z = ${logitText(z)}`);
      put(hardDot, { cx: x(z), cy: y(view.hardLoss) });
      put(softDot, { cx: x(z), cy: y(view.loss) });

      // The slope of the soft curve here is the gap of this class's row.
      const slope = (view.gradient[k] * (y(1) - y(0))) / (x(1) - x(0)); // pixels down a pixel to the right
      const half = 34 / Math.hypot(1, slope);
      put(tangent, {
        x1: x(z) - half,
        x2: x(z) + half,
        y1: y(view.loss) - half * slope,
        y2: y(view.loss) + half * slope,
        "data-pull": pull(view.gradient[k]),
      });

      const finite = Number.isFinite(best.at);
      for (const mark of [low, lowText, drop]) put(mark, { visibility: finite ? "visible" : "hidden" });
      if (finite) {
        put(low, { cx: x(best.at), cy: y(best.loss) });
        put(drop, { x1: x(best.at), x2: x(best.at), y1: y(best.loss), y2: under });
        put(lowText, { x: clamp(x(best.at), left + 50, right - 50), y: y(best.loss) - 20, "text-anchor": "middle" });
        say(lowText, `minimum ${logitText(Number(best.at.toFixed(2)))}`);
      }
      const edge = towards > 0 ? right : left,
        ye = y(lossAlong(logits, view.hard, k, [towards > 0 ? hi : lo])[0]);
      put(arrow, {
        d: `M${edge - 9 * towards},${ye - 5}L${edge + 1 * towards},${ye}L${edge - 9 * towards},${ye + 5}`,
      });
      put(hardText, { x: edge - 12 * towards, y: ye + 14, "text-anchor": towards > 0 ? "end" : "start" });

      const lowest = (/** @type {{at: number, loss: number}} */ o) =>
        Number.isFinite(o.at)
          ? `${fixed(o.loss, 4)} at ${logitText(Number(o.at.toFixed(2)))}`
          : `→ ${o.loss === 0 ? "0" : fixed(o.loss, 4)} at ${fixed(o.at, 0)}`;
      const floorText = (/** @type {number} */ f) =>
        f === -Infinity ? "none, unbounded" : f === 0 ? "0, never reached" : fixed(f, 4);
      const columns = [
        [view.loss, view.gradient[k], best, view.floor],
        [view.hardLoss, view.hardGradient[k], bestHard, 0],
      ];
      columns.forEach((column, i) => {
        const [loss, g, o, f] = /** @type {[number, number, {at: number, loss: number}, number]} */ (column);
        [fixed(loss, 4), fixed(g, 3, true), lowest(o), floorText(f)].forEach((text, j) =>
          say(lines[j].cells[i], text),
        );
      });
      put(svg, {
        "aria-label": `Loss along the logit of ${name[k]}, now ${logitText(z)}. Soft target: ${fixed(view.loss, 4)}, lowest ${lowest(best)}. Hard target: ${fixed(view.hardLoss, 4)}, lowest ${lowest(bestHard)}.`,
      });
      const value = view.pick === null ? "" : String(view.pick);
      if (select.value !== value) select.value = value;
      say(select.options[0], `the true class (${name[view.label]})`);
    },
  };
}

/** The picture in numbers. @param {string[]} names */
function tablePane(names) {
  const rows = names.map((name) => ({
    head: h("th", { scope: "row", dir: "auto" }, name),
    cells: [0, 1, 2, 3].map(() => h("td")),
  }));
  const total = [0, 1, 2, 3].map(() => h("td"));
  const caption = h("caption");
  const node = h(
    "details",
    { class: "numbers" },
    h("summary", {}, "The same picture as a table"),
    h(
      "div",
      {
        class: "scroll",
        tabindex: 0,
        role: "region",
        "aria-label": "Table of logits, probabilities, targets and gradients",
      },
      h(
        "table",
        {},
        caption,
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ...["class", "logit z", "probability p", "target t", "gradient p − t"].map((text) =>
              h("th", { scope: "col" }, text),
            ),
          ),
        ),
        h("tbody", {}, ...rows.map((row) => h("tr", {}, row.head, ...row.cells))),
        h("tfoot", {}, h("tr", {}, h("th", { scope: "row" }, "sum"), ...total)),
      ),
    ),
  );
  return {
    node,
    /** @param {View} view */
    draw(view) {
      rows.forEach((row, k) => {
        say(row.head, view.names[k] + (k === view.label ? " (true class)" : ""));
        [
          fixed(view.logits[k], 4),
          fixed(view.probabilities[k], 6),
          fixed(view.target[k], 6),
          fixed(view.gradient[k], 6, true),
        ].forEach((text, i) => say(row.cells[i], text));
      });
      [
        fixed(sum(view.logits), 4),
        fixed(sum(view.probabilities), 6),
        fixed(sum(view.target), 6),
        fixed(sum(view.gradient), 6, true),
      ].forEach((text, i) => say(total[i], text));
      say(
        caption,
        `α = ${fixed(view.alpha, 2)}, recipe ${view.recipe}: loss ${fixed(view.loss, 4)} (hard ${fixed(view.hardLoss, 4)}), floor ${view.floor === -Infinity ? "none" : fixed(view.floor, 4)}.`,
      );
    },
  };
}

// ---------------------------------------------------------------------------------------------------------------
// 5  Calibration: what the study measured, followed by the same alpha slider.

/** @typedef {{mean: number, interval: [number, number] | null}} Estimate */
/** @typedef {{alpha: number, arm: string, accuracy: Estimate | null, temperature: number | null,
 *   before: Side, after: Side | null}} Point */
/** @typedef {{ece: Estimate, difference: Estimate | null, confidence: number | null, bins: Bin[]}} Side */
/** @typedef {{count: number, confidence: number, accuracy: number}} Bin */

/** @param {any} given @returns {Estimate | null} */
function estimate(given) {
  if (!Number.isFinite(given?.mean)) return null;
  const pair = given.interval;
  return {
    mean: given.mean,
    interval: Array.isArray(pair) && pair.length === 2 && pair.every(Number.isFinite) ? [pair[0], pair[1]] : null,
  };
}

/** The hard arm and the smooth:ALPHA arms of a study report, by alpha. Null where there is nothing to draw.
 * @param {any} report @returns {{title: string, seeds: number, points: Point[]} | null} */
function readReport(report) {
  const arms = Array.isArray(report?.arms)
    ? report.arms.filter((/** @type {any} */ arm) => typeof arm === "string")
    : [];
  const points = [];
  for (const arm of arms) {
    const alpha = arm === "hard" ? 0 : numberFrom(/^smooth:(.+)$/.exec(arm)?.[1] ?? null);
    const before = alpha === undefined ? null : side(report, arm, "before");
    if (alpha === undefined || !before) continue;
    const temperature = estimate(report.metrics?.[arm]?.temperature)?.mean ?? report.reliability?.[arm]?.temperature;
    points.push({
      alpha,
      arm,
      before,
      after: side(report, arm, "after"),
      accuracy: estimate(report.metrics?.[arm]?.accuracy),
      temperature: Number.isFinite(temperature) ? temperature : null,
    });
  }
  points.sort((a, b) => a.alpha - b.alpha);
  if (!points.length) return null;
  const title = report.dataset?.title ?? report.dataset?.key;
  return {
    title: typeof title === "string" ? title : "",
    seeds: Array.isArray(report.seeds) ? report.seeds.length : 0,
    points,
  };
}

/** @param {any} report @param {string} arm @param {"before" | "after"} when @returns {Side | null} */
function side(report, arm, when) {
  const metric = when === "before" ? "ece" : "ece_after";
  const drawn = report.reliability?.[arm]?.[when];
  const ece = estimate(report.metrics?.[arm]?.[metric]) ?? estimate({ mean: drawn?.ece });
  if (!ece) return null;
  const bins = (Array.isArray(drawn?.bins) ? drawn.bins : []).filter(
    (/** @type {any} */ bin) => bin?.count > 0 && Number.isFinite(bin.confidence) && Number.isFinite(bin.accuracy),
  );
  const count = bins.reduce((/** @type {number} */ n, /** @type {Bin} */ bin) => n + bin.count, 0);
  const mean = count
    ? bins.reduce((/** @type {number} */ c, /** @type {Bin} */ bin) => c + bin.count * bin.confidence, 0) / count
    : null;
  const measured = when === "before" ? estimate(report.metrics?.[arm]?.mean_confidence)?.mean : undefined;
  const pairs = Array.isArray(report.comparisons) ? report.comparisons : [];
  const difference = estimate(
    pairs.find((/** @type {any} */ c) => c?.arm === arm && c.baseline === "hard" && c.metric === metric),
  );
  return { ece, difference, confidence: measured ?? mean, bins };
}

/** @param {Point[]} points @param {number} alpha */
const nearest = (points, alpha) =>
  points.reduce((best, point) => (Math.abs(point.alpha - alpha) < Math.abs(best.alpha - alpha) ? point : best));

/** @param {[number, number] | null} interval @param {number} [digits] @param {number} [flip] */
function intervalText(interval, digits = 3, flip = 1) {
  if (!interval) return "";
  const [lo, hi] = flip > 0 ? interval : [-interval[1], -interval[0]];
  return ` [${fixed(lo, digits)}, ${fixed(hi, digits)}]`;
}

/** @param {Point} point @param {Side} now @param {boolean} after */
function verdict(point, now, after) {
  const when = after ? "After its temperature, smoothing" : "Smoothing";
  if (point.arm === "hard")
    return {
      kind: "none",
      text: `Hard targets: the baseline, ECE ${fixed(now.ece.mean, 3)}${intervalText(now.ece.interval)}. Move α.`,
    };
  const a = fixed(point.alpha, 2),
    d = now.difference;
  if (!d)
    return {
      kind: "none",
      text: `${when} ${a}: ECE ${fixed(now.ece.mean, 3)}; no paired comparison with hard targets was given.`,
    };
  const clear = d.interval !== null && (d.interval[0] > 0 || d.interval[1] < 0);
  if (!clear)
    return {
      kind: "none",
      text: `${when} ${a} changes ECE by ${fixed(d.mean, 3, true)}${intervalText(d.interval)}: no clear change.`,
    };
  if (d.mean < 0)
    return {
      kind: "better",
      text: `${when} ${a} lowers ECE by ${fixed(-d.mean, 3)}${intervalText(d.interval, 3, -1)}.`,
    };
  return { kind: "worse", text: `${when} ${a} raises ECE by ${fixed(d.mean, 3)}${intervalText(d.interval)}.` };
}
const SIGN = { better: "▼", worse: "▲", none: "•" };

/** The measured alpha nearest to the slider's at which smoothing clearly helps the first model and clearly harms the
 * second, or null; and whether the slider shows it now.
 * @param {(ReturnType<typeof readReport>)[]} reports @param {View} view @returns {[number | null, boolean]} */
function oppositeAlphas([first, second], view) {
  if (!first || !second) return [null, false];
  const after = view.view === "after";
  const kind = (/** @type {Point} */ p) => verdict(p, (after ? p.after : null) ?? p.before, after).kind;
  const both = first.points.filter((p) => {
    const other = second.points.find((q) => q.alpha === p.alpha);
    return other && kind(p) === "better" && kind(other) === "worse";
  });
  if (!both.length) return [null, false];
  const apart = nearest(both, view.alpha);
  return [apart.alpha, nearest(first.points, view.alpha) === apart];
}

/** @param {Context} ctx */
function calibrationPane(ctx) {
  const cards = [
    ["overconfident", "An overconfident model"],
    ["calibrated", "A calibrated model"],
  ].map(([key, title]) => calibrationCard(key, title));
  const note = h("p", { class: "note" });
  const none = h(
    "p",
    { class: "note" },
    "No study has run yet, so there is nothing to show. ",
    h("code", {}, "onewarm study digits-noisy"),
    " and ",
    h("code", {}, "onewarm study digits"),
    " measure these two models; ",
    h("code", {}, "onewarm open"),
    " does both.",
  );
  const opposite = h("button", { type: "button", class: "quiet opposite" });
  opposite.addEventListener("click", () => ctx.change({ alpha: Number(opposite.value) }));
  const radios = [
    ["before", "as trained"],
    ["after", "after a fitted temperature"],
  ].map(([value, text]) => {
    const input = h("input", { type: "radio", name: `${ctx.uid}-view`, value });
    input.addEventListener("change", () => ctx.change({ view: /** @type {"before" | "after"} */ (value) }));
    return { input, node: h("label", {}, input, h("span", {}, text)) };
  });
  const toggle = h(
    "fieldset",
    { class: "control segmented" },
    h("legend", {}, "Show the models"),
    h("div", { class: "segments" }, ...radios.map((radio) => radio.node)),
  );
  const node = h(
    "section",
    { class: "pane calibration", "aria-label": "Calibration", "data-object": "calibration" },
    h("div", { class: "pane-head" }, h("h3", {}, "The same slider, two models"), toggle),
    note,
    opposite,
    none,
    h("div", { class: "cards" }, ...cards.map((card) => card.node)),
  );
  return {
    node,
    figures: cards.flatMap((card) => card.figures),
    /** @param {any} data */
    load(data) {
      const reports = cards.map((card) => card.load(data?.[card.key]));
      toggle.hidden = !reports.some((report) => report?.points.some((/** @type {Point} */ point) => point.after));
      const measured = reports.map((report) => report?.points ?? []);
      const highest = Math.max(
        0,
        ...measured
          .flat()
          .flatMap((p) => [p.before, p.after])
          .map((one) => one?.ece.interval?.[1] ?? one?.ece.mean ?? 0),
      );
      for (const card of cards) card.top = niceCeil(highest || 0.1, [1, 1.2, 1.6, 2, 3, 4, 6, 8, 10]);
    },
    /** @param {View} view @param {Map<Element, number>} widths */
    draw(view, widths) {
      radios.forEach((radio) => (radio.input.checked = radio.input.value === view.view));
      const points = cards.flatMap((card) => (card.report ? [nearest(card.report.points, view.alpha)] : []));
      const shown = [...new Set(points.map((point) => point.alpha))];
      const recipe = view.recipe === "uniform" ? "" : " These models were trained with uniform smoothing.";
      none.hidden = points.length > 0;
      say(
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
      opposite.hidden = apart === null;
      if (apart !== null) {
        opposite.value = String(apart);
        put(opposite, { "aria-disabled": here }); // not hidden nor disabled: it may have the focus
        say(
          opposite,
          here
            ? "Here the two verdicts are opposite."
            : `Go to α = ${fixed(apart, 2)}, where the verdicts are opposite`,
        );
      }
      for (const card of cards) card.draw(view, widths);
    },
  };
}

/** One model: verdict, reliability diagram, numbers, and ECE over alpha. @param {string} key @param {string} title */
function calibrationCard(key, title) {
  const subtitle = h("span", { class: "subtitle", dir: "auto" });
  const sign = h("span", { class: "sign", "aria-hidden": "true" });
  const words = h("span");
  const result = h("p", { class: "verdict" }, sign, words);
  const plot = s("svg", { class: "chart", role: "img" });
  const curve = s("svg", { class: "chart", role: "img" });
  const values = ["ECE", "mean confidence", "accuracy", "temperature that fits"].map((name) => ({
    name: h("dt", {}, name),
    value: h("dd"),
  }));
  const figures = [
    h("div", { class: "figure reliability" }, plot),
    h("div", { class: "figure curve-figure" }, curve),
  ];
  const body = h(
    "div",
    { class: "card-body" },
    figures[0],
    h("dl", {}, ...values.map((v) => h("div", {}, v.name, v.value))),
    figures[1],
  );
  const node = h("article", { class: "card", "aria-label": title }, h("h4", {}, title, subtitle), result, body);
  // Marks, made once: a whisker from the diagonal and a dot for each of at most 64 bins.
  const ground = s("g", { class: "gridlines" }),
    marks = s("g");
  const bins = Array.from({ length: 64 }, () => ({
    gap: s("line", { class: "bin-gap" }),
    dot: s("circle", { class: "bin" }),
  }));
  marks.append(...bins.map((bin) => bin.gap), ...bins.map((bin) => bin.dot));
  plot.append(ground, marks);
  const band = s("g", { class: "ece" }),
    cursor = s("line", { class: "here" }),
    now = s("circle", { r: 5.5, class: "dot" });
  curve.append(band, cursor, now);
  let drawnPlot = "",
    drawnCurve = "",
    drawnNow = "";

  return {
    key,
    node,
    figures,
    top: 0.1,
    report: /** @type {ReturnType<typeof readReport>} */ (null),
    /** @param {any} given */
    load(given) {
      this.report = readReport(given);
      body.hidden = !this.report;
      say(
        subtitle,
        this.report
          ? [this.report.title, this.report.seeds ? `${this.report.seeds} seeds` : ""].filter(Boolean).join(", ")
          : "",
      );
      drawnPlot = drawnCurve = drawnNow = "";
      return this.report;
    },
    /** @param {View} view @param {Map<Element, number>} widths */
    draw(view, widths) {
      if (!this.report) {
        put(result, { "data-kind": "none" });
        say(sign, "");
        return say(words, "Not measured yet.");
      }
      const point = nearest(this.report.points, view.alpha);
      const after = view.view === "after" && point.after !== null;
      const at = (/** @type {Point} */ p) => (after ? p.after : null) ?? p.before;
      const one = at(point);
      const W = Math.min(300, widths.get(figures[0]) ?? 0),
        C = widths.get(figures[1]) ?? 0;

      const state = [point.alpha, after, W, C].join();
      if (state !== drawnNow) {
        drawnNow = state;
        const { kind, text } = verdict(point, one, after);
        put(result, { "data-kind": kind });
        say(sign, SIGN[/** @type {keyof typeof SIGN} */ (kind)]);
        say(words, text);
        [
          `${fixed(one.ece.mean, 3)}${intervalText(one.ece.interval)}`,
          one.confidence === null ? "–" : fixed(one.confidence, 3),
          point.accuracy ? fixed(point.accuracy.mean, 3) : "–",
          point.temperature === null ? "–" : `${fixed(point.temperature, 2)}${after ? ", applied" : ""}`,
        ].forEach((value, i) => say(values[i].value, value));
      }
      if (W > 60) this.drawPlot(W, one, title);
      if (C > 60) this.drawCurve(C, view.alpha, point, at);
    },
    /** @param {number} W @param {Side} one @param {string} name */
    drawPlot(W, one, name) {
      const left = 46,
        right = W - 6,
        top = 8,
        bottom = W - 38;
      const x = scale(0, 1, left, right),
        y = scale(0, 1, bottom, top);
      if (drawnPlot !== String(W)) {
        drawnPlot = String(W);
        put(plot, { viewBox: `0 0 ${W} ${W}`, width: W, height: W });
        ground.replaceChildren(
          ...[0, 0.5, 1].flatMap((v) => [
            s("line", { x1: x(v), x2: x(v), y1: top, y2: bottom }),
            s("line", { x1: left, x2: right, y1: y(v), y2: y(v) }),
            s(
              "text",
              { x: x(v), y: bottom + 16, "text-anchor": v === 0 ? "start" : v === 1 ? "end" : "middle" },
              String(v),
            ),
            s("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, String(v)),
          ]),
          s("line", { class: "diagonal", x1: x(0), y1: y(0), x2: x(1), y2: y(1) }),
          s("text", { x: (left + right) / 2, y: W - 5, "text-anchor": "middle" }, "confidence"),
          s(
            "text",
            { transform: `translate(11 ${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle" },
            "accuracy",
          ),
          s("text", { class: "side", x: x(0.04), y: y(0.93) }, "too modest"),
          s("text", { class: "side", x: x(0.98), y: y(0.05), "text-anchor": "end" }, "too sure"),
        );
      }
      const most = Math.max(...one.bins.map((bin) => bin.count), 1);
      const total = sum(one.bins.map((bin) => bin.count)) || 1;
      bins.forEach(({ gap, dot }, i) => {
        const bin = one.bins[i];
        const visibility = bin ? "visible" : "hidden";
        put(gap, { visibility });
        put(dot, { visibility });
        if (!bin) return;
        const error = bin.confidence - bin.accuracy,
          faint = bin.count / total < 0.004;
        const kind = Math.abs(error) < 0.02 ? "none" : pull(error); // closer than that reads as on the diagonal
        put(gap, {
          x1: x(bin.confidence),
          x2: x(bin.confidence),
          y1: y(bin.confidence),
          y2: y(bin.accuracy),
          "data-pull": kind,
          "data-faint": faint,
        });
        put(dot, {
          cx: x(bin.confidence),
          cy: y(bin.accuracy),
          r: px(2 + 8 * Math.sqrt(bin.count / most)),
          "data-pull": kind,
          "data-faint": faint,
        });
      });
      put(plot, {
        "aria-label":
          `Reliability diagram of ${name.toLowerCase()}: ECE ${fixed(one.ece.mean, 3)}; ` +
          one.bins
            .map((bin) => `confidence ${fixed(bin.confidence, 2)}, accuracy ${fixed(bin.accuracy, 2)}`)
            .join("; "),
      });
    },
    /** @param {number} W @param {number} alpha @param {Point} point @param {(p: Point) => Side} at */
    drawCurve(W, alpha, point, at) {
      const points = /** @type {Point[]} */ (this.report?.points),
        H = 146;
      const left = 34,
        right = W - 10,
        top = 12,
        bottom = H - 40;
      const first = points[0].alpha,
        last = points[points.length - 1].alpha;
      const x = scale(first, last > first ? last : first + 1, left + 6, right - 6),
        y = scale(0, this.top, bottom, top);
      const key = [W, this.top, at(points[0]) === points[0].before].join();
      if (key !== drawnCurve) {
        drawnCurve = key;
        put(curve, { viewBox: `0 0 ${W} ${H}`, width: W, height: H });
        const bound = (/** @type {0 | 1} */ i) =>
          points.map((p) => `${px(x(p.alpha))},${px(y(at(p).ece.interval?.[i] ?? at(p).ece.mean))}`);
        let shown = -Infinity; // the last alpha whose label has room
        band.replaceChildren(
          s(
            "g",
            { class: "gridlines" },
            ...[0, this.top / 2, this.top].flatMap((v) => [
              s("line", { x1: left, x2: right, y1: y(v), y2: y(v) }),
              s("text", { x: left - 6, y: y(v) + 4, "text-anchor": "end" }, String(Number(v.toPrecision(3)))),
            ]),
            ...points.flatMap((p) =>
              x(p.alpha) - shown < 30
                ? []
                : [
                    s(
                      "text",
                      { x: (shown = x(p.alpha)), y: bottom + 16, "text-anchor": "middle" },
                      String(p.alpha).replace("-", "−"),
                    ),
                  ],
            ),
            s("text", { x: right, y: H - 3, "text-anchor": "end" }, "measured α"),
            s("text", { x: left, y: H - 3 }, "ECE, with its interval"),
          ),
          s("line", {
            class: "baseline",
            x1: left,
            x2: right,
            y1: y(at(nearest(points, 0)).ece.mean),
            y2: y(at(nearest(points, 0)).ece.mean),
          }),
          s("path", { class: "band", d: `M${bound(0).join("L")}L${bound(1).reverse().join("L")}Z` }),
          s("path", {
            class: "line",
            d: "M" + points.map((p) => `${px(x(p.alpha))},${px(y(at(p).ece.mean))}`).join("L"),
          }),
          ...points.map((p) => s("circle", { r: 2.5, class: "measured", cx: x(p.alpha), cy: y(at(p).ece.mean) })),
        );
        put(curve, {
          "aria-label":
            "ECE over alpha: " +
            points
              .map((p) => `${p.alpha}: ${fixed(at(p).ece.mean, 3)}${intervalText(at(p).ece.interval)}`)
              .join("; "),
        });
      }
      const here = x(clamp(alpha, first, last));
      put(cursor, { x1: here, x2: here, y1: top, y2: bottom });
      put(now, { cx: x(point.alpha), cy: y(at(point).ece.mean) });
    },
  };
}

// ---------------------------------------------------------------------------------------------------------------
// 6  Render: one state, drawn where it can be seen, published when it changes.

let instances = 0;

/** @param {{model: any, el: HTMLElement}} host @returns {() => void} cleanup */
function render({ model, el }) {
  const uid = `onewarm-${++instances}`;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const frame = h("div", { class: "onewarm-logit-demo" });
  el.append(frame);
  // Follow the page's light or dark; where it declares none, follow the reader's.
  if (getComputedStyle(frame).colorScheme === "normal") frame.style.colorScheme = "light dark";
  const shadow = frame.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  shadow.adoptedStyleSheets = [sheet];
  const live = h("p", { class: "sr", role: "status", "aria-live": "polite" });
  const root = h("div", {
    class: "root",
    role: "group",
    "aria-label": "Logit demo: drag a logit, read the gradient",
  });
  shadow.append(root, live);

  const given = () => ({
    logits: model.get("logits"),
    alpha: model.get("alpha"),
    label: model.get("label"),
    recipe: model.get("recipe"),
  });
  const origin = /** @type {State} */ ({ ...ORIGIN, ...valid(given(), 0, true) });
  if (origin.label >= origin.logits.length) origin.label = 0;
  let state = { ...origin, ...valid(model.get("state"), origin.logits.length) };
  Object.assign(state, address.parse(model.get("address"), state.logits.length));

  /** @type {View} */ let view;
  /** @type {any} */ let panes;
  /** @type {Map<Element, number>} */ const widths = new Map();
  /** @type {Set<Element>} */ const seen = new Set();
  let publishing = false,
    running = 0,
    addressTimer = 0,
    speechTimer = 0,
    glideTimer = 0,
    message = "",
    written = address.format(state);

  const rows = () => ({ prior: model.get("prior"), teacher: model.get("teacher") });
  const names = () => {
    const from = model.get("classes");
    return state.logits.map((_, k) =>
      Array.isArray(from) && typeof from[k] === "string" && from[k].trim() ? from[k] : `class ${k}`,
    );
  };

  /** @type {Context} */
  const ctx = {
    uid,
    change: (patch) => move(patch, "user"),
    step: () => move({ logits: step(state.logits, view.target) }, "user"),
    run: () => (running ? stop("Stopped.") : run()),
    reset: () => move({ ...origin, highlight: state.highlight }, "user"),
    rowNote(recipe) {
      const row = recipe === "uniform" ? null : /** @type {any} */ (rows())[recipe];
      const one = Array.isArray(row?.[0]) ? row[state.label] : row;
      return row == null || recipe === "uniform" || isDistribution(one, state.logits.length)
        ? ""
        : ` (The ${recipe} row given here is not a distribution over ${state.logits.length} classes; a made-up one is shown.)`;
    },
  };

  function build() {
    resize.disconnect();
    sight.disconnect();
    widths.clear();
    seen.clear();
    const classes = names();
    panes = {
      controls: controlsPane(ctx),
      logits: logitPane(ctx, classes),
      loss: lossPane(ctx, classes),
      calibration: calibrationPane(ctx),
      table: tablePane(classes),
    };
    panes.calibration.load(model.get("calibration"));
    const lossNow = h("p", { class: "readout" });
    panes.readout = lossNow;
    panes.controls.node.append(lossNow);
    root.replaceChildren(
      panes.controls.node,
      h("div", { class: "stage" }, panes.logits.node, panes.loss.node, panes.table.node),
      panes.calibration.node,
    );
    for (const figure of [panes.loss.svg.parentNode, ...panes.calibration.figures]) resize.observe(figure);
    for (const pane of [panes.loss.node, panes.calibration.node]) sight.observe(pane);
  }

  const resize = new ResizeObserver((entries) => {
    for (const entry of entries) widths.set(entry.target, Math.floor(entry.contentRect.width));
    draw();
  });
  // The charts are not drawn before they are near the screen.
  const sight = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) entry.isIntersecting ? seen.add(entry.target) : seen.delete(entry.target);
      draw();
    },
    { rootMargin: "300px" },
  );

  /** @param {boolean} [everything] */
  function draw(everything = false) {
    const classes = names();
    if (!panes || classes.length !== panes.count || classes.some((name, k) => name !== panes.names[k])) {
      build();
      Object.assign(panes, { names: classes, count: classes.length });
    }
    view = derive(state, classes, rows());
    panes.controls.draw(view, running !== 0);
    panes.logits.draw(view);
    panes.table.draw(view);
    say(panes.readout, `loss ${fixed(view.loss, 4)}`);
    const W = widths.get(panes.loss.svg.parentNode) ?? 0;
    if ((everything || seen.has(panes.loss.node)) && W > 80) panes.loss.draw(view, W);
    if (everything || seen.has(panes.calibration.node)) panes.calibration.draw(view, widths);
    if (root.dataset.highlight !== (state.highlight ?? undefined))
      state.highlight ? put(root, { "data-highlight": state.highlight }) : root.removeAttribute("data-highlight");
  }

  /** @param {any} patch @param {"user" | "host"} by */
  function move(patch, by) {
    const next = { ...state, ...valid(patch, state.logits.length, by === "host") };
    if (next.label >= next.logits.length) next.label = 0;
    if (next.pick !== null && next.pick >= next.logits.length) next.pick = null;
    if (same(next, state)) return draw(); // draws: a native control may have moved on its own
    if (running) halt();
    state = next;
    if (by === "host") glide();
    draw();
    publish(by);
    announce();
  }

  /** Tells the host; what the host hears back from itself in the meantime is not news.
   * @param {"user" | "host" | "start"} by */
  function publish(by) {
    publishing = true;
    try {
      for (const key of /** @type {const} */ (["logits", "alpha", "label", "recipe"])) {
        if (!same({ v: model.get(key) }, { v: state[key] }))
          model.set(key, Array.isArray(state[key]) ? [...state[key]] : state[key]);
      }
      const { probabilities, target: t, gradient: g, loss, hardLoss, floor } = view;
      model.set("state", {
        ...state,
        logits: [...state.logits],
        by,
        loss,
        hardLoss,
        floor: Number.isFinite(floor) ? floor : null,
        probabilities,
        target: t,
        gradient: g,
      });
    } finally {
      publishing = false;
    }
    clearTimeout(addressTimer);
    addressTimer = address.format(state) === written ? 0 : setTimeout(settle, 150);
  }

  /** The address, and the host's own saving, wait until the hand rests. */
  function settle() {
    clearTimeout(addressTimer);
    addressTimer = 0;
    publishing = true;
    try {
      model.set("address", (written = address.format(state)));
      model.save_changes?.();
    } finally {
      publishing = false;
    }
  }

  /** @param {string} [text] */
  function announce(text = "") {
    message = text;
    clearTimeout(speechTimer);
    speechTimer = setTimeout(
      () => say(live, message || `Loss ${fixed(view.loss, 4)}, hard ${fixed(view.hardLoss, 4)}. ${sentence(view)}`),
      600,
    );
  }

  function glide() {
    if (calm.matches) return;
    root.classList.add("glide");
    clearTimeout(glideTimer);
    glideTimer = setTimeout(() => root.classList.remove("glide"), 450);
  }

  const halt = () => {
    cancelAnimationFrame(running);
    running = 0;
  };
  /** @param {string} text */
  function stop(text) {
    halt();
    draw();
    publish("user");
    announce(text);
  }

  /** Gradient descent with step 1 until it rests; ever more steps a frame, since it slows down as it arrives. */
  function run() {
    const t = view.target,
      rest = minimiser(state.logits, t);
    let z = [...state.logits],
      steps = 0,
      frame = 0;
    const advance = () => {
      for (let n = Math.ceil(1.08 ** frame++); n > 0; n--, steps++) {
        if (rest && Math.max(...gradient(z, t).map(Math.abs)) < 1e-7) return true;
        z = step(z, t);
      }
      return frame >= 90;
    };
    const tick = () => {
      const done = advance();
      const arrived = done && rest !== null && Math.max(...gradient(z, t).map(Math.abs)) < 1e-7;
      state = { ...state, logits: arrived && rest ? rest : z.map((v) => clamp(v, -LARGEST, LARGEST)) };
      if (!done) {
        if (!calm.matches) {
          running = requestAnimationFrame(tick);
          return draw();
        }
        return tick();
      }
      running = 0;
      draw();
      const n = steps.toLocaleString("en");
      stop(
        arrived
          ? `At the minimum after ${n} steps: every bar meets its tick, and the loss is its floor, ${fixed(view.loss, 4)}.`
          : rest
            ? `After ${n} steps the loss is ${fixed(view.loss, 4)} and still falling towards its floor, ${fixed(view.floor, 4)}.`
            : `After ${n} steps the loss is ${fixed(view.loss, 4)}, and the logits still move apart: this target has no minimum.`,
      );
    };
    if (calm.matches) return tick();
    running = requestAnimationFrame(tick);
    draw();
  }

  const fromHost = (/** @type {() => any} */ read) => () => void (!publishing && move(read(), "host"));
  /** @type {[string, () => void][]} */
  const heard = [
    ["state", fromHost(() => model.get("state"))],
    ["address", fromHost(() => address.parse(model.get("address"), state.logits.length))],
    ...["logits", "alpha", "label", "recipe"].map(
      (key) => /** @type {[string, () => void]} */ ([key, fromHost(() => ({ [key]: model.get(key) }))]),
    ),
    ...["classes", "prior", "teacher"].map((key) => /** @type {[string, () => void]} */ ([key, () => draw()])),
    [
      "calibration",
      () => {
        panes.calibration.load(model.get("calibration"));
        draw();
      },
    ],
  ];
  for (const [key, listen] of heard) model.on(`change:${key}`, listen);
  const beforePrint = () => draw(true);
  addEventListener("beforeprint", beforePrint);

  draw();
  publish("start");
  return () => {
    halt();
    if (addressTimer) settle();
    clearTimeout(speechTimer);
    clearTimeout(glideTimer);
    for (const [key, listen] of heard) model.off?.(`change:${key}`, listen);
    removeEventListener("beforeprint", beforePrint);
    resize.disconnect();
    sight.disconnect();
    frame.remove();
  };
}

/** @param {any} a @param {any} b */
const same = (a, b) =>
  Object.keys(b).every((key) =>
    Array.isArray(a[key]) && Array.isArray(b[key])
      ? a[key].length === b[key].length &&
        a[key].every((/** @type {any} */ v, /** @type {number} */ i) => Object.is(v, b[key][i]))
      : Object.is(a[key], b[key]),
  );

// ---------------------------------------------------------------------------------------------------------------
// 7  Style: a constructed sheet, so that it needs no inline style. Colours: amber is the target and what is soft,
//    blue is short of its target, magenta is over it (also told apart by hatching, arrows and signs).

const CSS = `
:host { display: block; container: demo / inline-size; }
.root {
  --ink: var(--ow-ink, light-dark(#1d2430, #e8eaf0));
  --mute: var(--ow-muted, light-dark(#586174, #a3acbd));
  --rule: var(--ow-rule, light-dark(#dfe3ea, #333b4a));
  --paper: var(--ow-paper, light-dark(#ffffff, #14181f));
  --bar: light-dark(#b9c2d2, #58647a);
  --soft: var(--ow-accent, light-dark(#b0500a, #f2a75c));
  --up: light-dark(#1668b3, #6fb4f4);
  --down: light-dark(#b1246b, #f383b4);
  --focus: light-dark(#1668b3, #8cc4ff);
  --wash: light-dark(#f5f6f9, #1c222c);
  color: var(--ink);
  background: var(--paper);
  font: 400 15px/1.45 var(--ow-sans, system-ui, "Segoe UI", Roboto, sans-serif);
  font-variant-numeric: tabular-nums;
  display: grid;
  grid-template-columns: minmax(0, 1fr);
  gap: 28px;
  text-align: start;
  overflow-wrap: break-word;
}
*, *::before, *::after { box-sizing: border-box; }
h3, h4, p, dl, dd, fieldset { margin: 0; padding: 0; border: 0; min-width: 0; }
[hidden] { display: none !important; }
.sr {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  margin: 0;
  white-space: nowrap;
}
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
i { font-family: var(--ow-serif, Georgia, "Times New Roman", serif); }

.controls { display: grid; gap: 16px 28px; grid-template-columns: minmax(0, 1fr); align-items: end; }
.control { display: flex; flex-wrap: wrap; gap: 6px 12px; align-items: center; }
.alpha-control { display: grid; grid-template-columns: auto minmax(0, 1fr) 3.2em; align-items: center; }
.alpha-control output { font-weight: 600; color: var(--soft); text-align: end; }
.alpha { width: 100%; min-width: 0; height: 28px; margin: 0; accent-color: var(--soft); cursor: pointer; }
legend, .pane-head label, .losses th, .legend, .head, .subtitle, dt, .note { color: var(--mute); font-size: 13px; }
legend { padding: 0 0 4px; }
.segments {
  display: inline-flex;
  flex-wrap: wrap;
  border: 1px solid var(--rule);
  border-radius: 7px;
  overflow: clip;
  overflow-clip-margin: 4px;
}
.segments label { position: relative; cursor: pointer; }
.segments input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer; }
.segments span { display: block; padding: 5px 13px; border-radius: 6px; }
.segments label + label span { margin-inline-start: -1px; }
.segments :checked + span { background: var(--ink); color: var(--paper); }
.segments :focus-visible + span { outline: 2px solid var(--focus); outline-offset: 2px; }
button,
select {
  font: inherit;
  color: inherit;
  background: var(--paper);
  border: 1px solid var(--rule);
  border-radius: 7px;
  padding: 5px 13px;
  min-height: 34px;
  cursor: pointer;
  max-width: 100%;
}
select { padding-inline: 8px; border-color: color-mix(in srgb, var(--mute) 60%, transparent); }
button { border-color: color-mix(in srgb, var(--mute) 60%, transparent); }
button:hover, .segments label:hover span { background: var(--wash); }
.segments label:hover :checked + span { background: var(--ink); }
button.quiet {
  border-color: transparent;
  color: var(--mute);
  text-decoration: underline;
  text-underline-offset: 3px;
}
.why { color: var(--mute); min-height: 2.9em; }
.readout { font-size: 22px; font-weight: 600; letter-spacing: -0.01em; white-space: nowrap; }

.stage { display: grid; grid-template-columns: minmax(0, 1fr); gap: 32px; }
.pane { min-width: 0; container-type: inline-size; }
.pane-head {
  display: flex;
  flex-wrap: wrap;
  gap: 6px 16px;
  align-items: center;
  justify-content: space-between;
  margin-bottom: 8px;
}
.loss .pane-head { justify-content: start; gap: 6px 10px; }
.loss .pane-head label, .loss select { color: var(--ink); font-size: 15px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-bottom: 12px; }
.key { display: inline-flex; align-items: center; gap: 7px; }
.swatch { display: inline-block; width: 18px; height: 12px; border-radius: 2px; flex: none; }
.s-bar { background: var(--bar); }
.swatch.s-tick { width: 3px; height: 18px; background: var(--soft); }
.s-up { background: var(--up); }
.swatch.s-soft, .swatch.s-hard { height: 3px; margin-inline-end: 7px; vertical-align: middle; }
.s-soft { background: var(--soft); }
.s-hard { background: repeating-linear-gradient(90deg, var(--mute) 0 5px, transparent 5px 8px); }
.s-down,
.row[data-pull="down"] .gap {
  background: repeating-linear-gradient(
    -45deg,
    var(--down) 0 4px,
    color-mix(in srgb, var(--down) 62%, var(--paper)) 4px 6px
  );
}

.row {
  display: grid;
  grid-template: "name z p t g" auto "zt zt zt zt zt" auto "pt pt pt pt pt" auto / minmax(
      0,
      1fr
    ) auto 3em 3em 4.9em;
  column-gap: 7px;
  align-items: center;
}
.rows { display: grid; gap: 12px; }
.row.head { display: grid; }
.head .track { display: none; }
.head .num { color: var(--mute); font-weight: 400; }
.name {
  grid-area: name;
  display: flex;
  gap: 8px;
  align-items: center;
  min-height: 28px;
  cursor: pointer;
  min-width: 0;
}
.name span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.head .name { cursor: auto; }
.name input { width: 18px; height: 18px; margin: 0; accent-color: var(--soft); cursor: pointer; flex: none; }
.row[data-true="true"] .name { font-weight: 650; }
.row { --h: 36px; --b: calc(var(--h) * 0.5); }
.track { position: relative; height: var(--h); min-width: 0; }
.track.z { grid-area: zt; padding-inline: 13px; touch-action: pan-y; cursor: ew-resize; }
.track.p { grid-area: pt; }
.head .track, .foot .track { height: auto; cursor: auto; }
.lane { position: relative; height: 100%; direction: ltr; }
.grid { position: absolute; inset-block: 0; width: 1px; margin-left: -0.5px; background: var(--rule); }
.lane.axis { height: 18px; }
.at { position: absolute; transform: translateX(-50%); color: var(--mute); font-size: 12px; line-height: 18px; }
.p .at:first-child { transform: none; }
.p .at:last-child { transform: translateX(-100%); }
.stem { position: absolute; top: 50%; height: 2px; margin-top: -1px; background: var(--ink); opacity: 0.55; }
.thumb { position: absolute; top: 50%; width: 26px; height: 26px; margin: -13px 0 0 -13px; border-radius: 50%; }
.thumb::before {
  content: "";
  position: absolute;
  inset: 5px;
  border-radius: 50%;
  background: var(--ink);
  box-shadow: 0 0 0 2px var(--paper);
}
.thumb:focus { outline: none; }
.thumb:focus-visible { outline: 2.5px solid var(--focus); outline-offset: -1px; }
.track.z:hover .thumb::before, .dragging .thumb::before { inset: 4px; }
.bar, .gap { position: absolute; top: calc((var(--h) - var(--b)) / 2); height: var(--b); }
.bar { background: var(--bar); border-radius: 0 2px 2px 0; }
.gap { background: var(--up); }
.row[data-pull="up"] .gap {
  clip-path: polygon(0 0, max(0px, 100% - 8px) 0, 100% 50%, max(0px, 100% - 8px) 100%, 0 100%);
}
.row[data-pull="down"] .gap { clip-path: polygon(100% 0, min(100%, 8px) 0, 0 50%, min(100%, 8px) 100%, 100% 100%); }
.row[data-pull="none"] .gap { visibility: hidden; }
.tick {
  position: absolute;
  top: 8%;
  height: 84%;
  width: 3px;
  margin-left: -1.5px;
  background: var(--soft);
  border-radius: 1px;
}
.num { text-align: end; white-space: nowrap; }
.num-z { grid-area: z; }
.num-p { grid-area: p; }
.num-t { grid-area: t; }
.num-g { grid-area: g; font-weight: 600; }
.num-z { color: var(--mute); }
.row:not(.head) .num-t { color: var(--soft); }
.row[data-pull="up"] .num-g { color: var(--up); }
.row[data-pull="down"] .num-g { color: var(--down); }
.caption { margin-top: 12px; min-height: 2.9em; }
@container (min-width: 520px) {
  /* name | slider above bar | numbers */
  .rows { grid-template-columns: fit-content(26%) minmax(0, 1fr) 3em 3.2em 4.9em; gap: 8px 10px; }
  .row {
    --h: 32px;
    grid-column: 1 / -1;
    grid-template: none;
    grid-template-areas: "name zt z z z" "name pt p t g";
    grid-template-columns: subgrid;
  }
  .row.head { grid-template-areas: "name zt p t g"; }
  .head .track.z { display: block; padding: 0; }
  .head .num-z { display: none; }
  .num-z { text-align: start; padding-inline-start: 1em; }
  .num-z::before { content: "z = "; }
  .foot .track::after {
    position: absolute;
    top: 0;
    left: calc(100% + 22px);
    color: var(--mute);
    font-size: 12px;
    line-height: 18px;
    white-space: nowrap;
  }
  .foot .track.z::after { content: "z"; }
  .foot .track.p::after { content: "p and t"; }
}
@container (min-width: 860px) {
  /* all on one line */
  .rows { grid-template-columns: fit-content(20%) minmax(0, 1fr) 3em minmax(0, 1.15fr) 3em 3em 4.9em; gap: 4px 14px; }
  .row, .row.head { --h: 40px; grid-template-areas: "name zt z pt p t g"; }
  [data-few="true"] .row:not(.head, .foot) { --h: 52px; }
  .head .track { display: block; }
  .head .num-z { display: block; }
  .foot .track::after { content: none !important; }
  .num-z { text-align: end; }
  .num-z::before { content: none; }
}
@container (max-width: 519px) {
  .rows { gap: 14px; }
  .row { --h: 32px; }
  .num { font-size: 14px; }
  .row.head { font-size: 12px; margin-bottom: -8px; }
  .head .num { font-size: 12px; }
}

.chart { display: block; max-width: 100%; overflow: visible; }
.figure { min-width: 0; }
.chart text { font-size: 12.5px; fill: var(--mute); font-family: inherit; }
.chart .strong { fill: var(--ink); font-weight: 600; }
.gridlines line { stroke: var(--rule); stroke-width: 1; }
.curve, .line { fill: none; stroke-linejoin: round; }
.curve.soft { stroke: var(--soft); stroke-width: 2.75; }
.curve.hard { stroke: var(--mute); stroke-width: 1.75; stroke-dasharray: 6 4; }
.arrow { fill: none; stroke: var(--mute); stroke-width: 1.75; }
.here { stroke: var(--ink); stroke-width: 1; opacity: 0.5; }
.drop { stroke: var(--soft); stroke-width: 1.25; stroke-dasharray: 2 3; }
.low { fill: var(--paper); stroke: var(--soft); stroke-width: 2.5; }
.halo { paint-order: stroke; stroke: var(--paper); stroke-width: 5px; stroke-linejoin: round; }
.chart .soft-text { fill: var(--soft); font-weight: 600; }
.tangent { stroke-width: 4.5; stroke-linecap: round; opacity: 0.9; }
[data-pull="up"].tangent, [data-pull="up"].bin-gap { stroke: var(--up); }
[data-pull="down"].tangent, [data-pull="down"].bin-gap { stroke: var(--down); }
[data-pull="none"].tangent, [data-pull="none"].bin-gap { stroke: var(--mute); }
.dot { fill: var(--soft); stroke: var(--paper); stroke-width: 1.5; }
.hard-dot { fill: var(--mute); }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { font-weight: 400; }
td, th { text-align: end; padding: 4px 0 4px 12px; vertical-align: baseline; }
td:first-child, th:first-child { text-align: start; padding-inline-start: 0; }
tbody tr > *, tfoot tr > * { border-top: 1px solid var(--rule); }
.losses { margin-top: 8px; }
.losses :is(td, th) { white-space: nowrap; }
.losses thead th { color: var(--ink); }
.losses thead > tr > * { border: 0; }
.losses tbody tr:first-child td { font-weight: 600; }
.losses tbody tr:first-child td:nth-child(2) { color: var(--soft); }
@container (max-width: 430px) {
  .losses { font-size: 13px; }
  .losses :is(td, th):not(:first-child) { padding-inline-start: 8px; }
  .losses { letter-spacing: -0.01em; }
}
.numbers summary { cursor: pointer; color: var(--mute); padding: 4px 0; width: fit-content; }
.numbers caption { text-align: start; color: var(--mute); padding: 6px 0; }
.numbers tbody th { overflow-wrap: anywhere; }
.scroll { overflow-x: auto; max-width: 46rem; }

.calibration { border-top: 1px solid var(--rule); padding-top: 24px; }
h3 { font-size: 19px; font-weight: 650; line-height: 1.25; }
h4 { font-size: 16px; font-weight: 650; }
.subtitle { display: block; font-weight: 400; }
code { font-family: var(--ow-mono, ui-monospace, monospace); font-size: 0.95em; color: var(--ink); }
.note:empty { display: none; }
.note { margin-bottom: 18px; max-width: 68ch; }
.opposite[aria-disabled="true"] { text-decoration: none; background: none; cursor: auto; }
.opposite { margin: -10px 0 14px; padding-inline: 0; font-size: 14px; }
.cards { display: grid; gap: 32px; grid-template-columns: minmax(0, 1fr); }
.card { container-type: inline-size; min-width: 0; }
.verdict {
  margin: 8px 0 6px;
  font-size: 17px;
  font-weight: 600;
  line-height: 1.35;
  display: flex;
  gap: 8px;
  min-height: 2.7em;
}
.verdict[data-kind="better"] .sign { color: light-dark(#0f7552, #57cfa2); }
.verdict[data-kind="worse"] .sign { color: light-dark(#b3261e, #ff8f85); }
.verdict[data-kind="none"] .sign { color: var(--mute); }
.card-body { display: grid; gap: 14px 22px; grid-template-columns: minmax(0, 1fr); align-items: center; }
dl > div {
  display: flex;
  justify-content: space-between;
  gap: 12px;
  border-top: 1px solid var(--rule);
  padding: 5px 0;
  align-items: baseline;
}
dd { text-align: end; white-space: nowrap; }
@container (min-width: 440px) {
  .card-body { grid-template-columns: minmax(0, 250px) minmax(0, 1fr); }
  .curve-figure { grid-column: 1 / -1; }
  dl > div { display: block; }
  dd { text-align: start; }
}
@container (min-width: 720px) {
  .cards { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 44px; }
}
.diagonal { stroke: var(--mute) !important; stroke-dasharray: 4 4; }
.chart .side { font-size: 12px; opacity: 0.85; }
.bin-gap { stroke-width: 3; }
.bin { stroke: var(--paper); stroke-width: 1; fill: var(--mute); }
.bin[data-pull="up"] { fill: var(--up); }
.bin[data-pull="down"] { fill: var(--down); }
[data-faint="true"] { opacity: 0.4; }
.band { fill: var(--soft); opacity: 0.18; }
.line { stroke: var(--soft); stroke-width: 2; }
.measured { fill: var(--soft); }
.baseline { stroke: var(--mute); stroke-dasharray: 6 4; }

@container demo (max-width: 420px) {
  .buttons { flex-wrap: nowrap; gap: 8px; }
  .buttons button { font-size: 14px; padding-inline: 10px; white-space: nowrap; }
  .buttons .quiet { padding-inline: 4px; }
}
@container demo (min-width: 700px) {
  .controls { grid-template-columns: minmax(0, 1fr) auto; }
  .why { grid-column: 1 / -1; grid-row: 3; min-height: 1.45em; }
  .readout { grid-column: 2; grid-row: 2; justify-self: end; }
}
@container demo (min-width: 1060px) {
  .stage { grid-template: "logits loss" auto "table loss" 1fr / minmax(0, 1.9fr) minmax(0, 1fr); gap: 12px 40px; }
  .logits { grid-area: logits; }
  .loss { grid-area: loss; }
  .numbers { grid-area: table; }
}

/* What a story points at: a ring around the object, the rest steps back. */
.alpha-control, .calibration, .track.z, .low { transition: none; }
[data-highlight="bar"] :is(.tick, .gap),
[data-highlight="tick"] :is(.bar, .gap),
[data-highlight="logit"] .track.p {
  opacity: 0.25;
}
[data-highlight="gap"] .bar { opacity: 0.5; }
[data-highlight="bar"] .bar,
[data-highlight="tick"] .tick {
  box-shadow:
    0 0 0 2px var(--paper),
    0 0 0 4px var(--focus);
  z-index: 1;
}
[data-highlight="gap"] .gap { top: 12%; height: 76%; }
[data-highlight="alpha"] .alpha-control,
[data-highlight="calibration"] .calibration .cards,
[data-highlight="logit"] .track.z {
  outline: 2px solid var(--focus);
  outline-offset: 6px;
  border-radius: 4px;
}
[data-highlight="logit"] .track.z { outline-offset: 0; }
[data-highlight="curve"] .curve { stroke-width: 5; }
[data-highlight="curve"] :is(.drop, .low, .tangent), [data-highlight="minimum"] .loss :is(.tangent, .dot) { opacity: 0.3; }
[data-highlight="minimum"] .low { r: 9px; stroke-width: 4; stroke: var(--focus); }

@media (prefers-reduced-motion: no-preference) {
  .glide :is(.thumb, .stem, .bar, .gap, .tick) { transition: left 0.4s ease, width 0.4s ease; }
}
@media (forced-colors: active) {
  .bar, .gap, .tick, .stem, .thumb::before, .swatch { forced-color-adjust: none; }
  .segments :checked + span { background: Highlight; color: HighlightText; }
}
@media print {
  .buttons, select, .thumb { display: none; }
}
`;

export default { render };
