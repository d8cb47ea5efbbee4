/**
 * The reliability diagram of the audit's report: one ES module in anywidget form, without dependencies and not built. It
 * does not use the kit of the notebook's demos, which the audit may not import.
 *
 * The host's model (`model.get`, `model.on("change:KEY")`):
 *
 *   reliability  [{of, title, predicted, observed, bins: [{lower, upper, count, confidence, accuracy, interval,
 *                beyond}], isotonic, smooth}] with isotonic {x, y} or null and smooth {x, y, low, high} or null, as
 *                `onewarm audit --json` writes it; null where a bin is empty
 *   state        in and out: {diagram, bin, view}: which diagram, which bin, "bins" or "smooth"
 *
 * Hover or touch the plot, or focus it and use the arrow keys: the exact values of a bin are shown and announced.
 * The table below it has the same numbers. Without this module the page shows a fixed picture and the same table.
 */

/** A share of one in percent. @param {number | null} v */
const percent = (v) => (v === null ? "–" : `${(100 * v).toFixed(1)}\u00a0%`);
/** @param {number} v */
const whole = (v) => Math.round(v).toLocaleString("en-US");
/** @param {number} v */
const edge = (v) => String(Number(v.toFixed(3)));

const W = 420;
const BOX = { left: 46, top: 10, size: 360 };
const COUNTS = { top: 384, height: 54 };
const H = 476;

/** Share 0..1 to x, to y. @param {number} v */
const toX = (v) => BOX.left + v * BOX.size;
/** @param {number} v */
const toY = (v) => BOX.top + (1 - v) * BOX.size;

/** A bin in words, for the line below the plot and for screen readers. @param {any} diagram @param {any} bin @returns {string} */
export function describe(diagram, bin) {
  const where = `${capital(diagram.predicted)} from ${edge(bin.lower)} to ${edge(bin.upper)}`;
  if (!bin.count) return `${where}: no rows`;
  const gap = 100 * (bin.confidence - bin.accuracy);
  const size = `${Math.abs(gap).toFixed(1)} points too ${gap > 0 ? "high" : "low"}`;
  return (
    `${where}: ${whole(bin.count)} rows, mean ${percent(bin.confidence)}, ${diagram.observed} ${percent(bin.accuracy)} ` +
    `(${percent(bin.interval[0])} to ${percent(bin.interval[1])}), ${size}${bin.beyond ? "" : ", not beyond chance"}`
  );
}

/** The index of the bin of a confidence; bins are (lower, upper]. @param {any[]} bins @param {number} v */
export function binAt(bins, v) {
  const at = bins.findIndex((bin) => v <= bin.upper);
  return at < 0 ? bins.length - 1 : at;
}

/** @param {string} name @param {Record<string, any>} [attributes] @param {...(Node | string)} children */
function svg(name, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  node.append(...children);
  return node;
}

/** @param {string} name @param {Record<string, any>} [attributes] @param {...(Node | string)} children */
function html(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  node.append(...children);
  return node;
}

/** @param {string} text */
const capital = (text) => text[0].toUpperCase() + text.slice(1);
/** The name of an axis, cut where the picture ends. @param {string} name */
const short = (name) => (name.length <= 28 ? name : `${name.slice(0, 27)}…`);

/** Axes, grid and the diagonal of a calibrated model. @param {any} diagram */
function frame(diagram) {
  const parts = [];
  for (const v of [0, 0.2, 0.4, 0.6, 0.8, 1]) {
    parts.push(svg("line", { class: "ow-rel-grid", x1: toX(0), x2: toX(1), y1: toY(v), y2: toY(v) }));
    parts.push(svg("text", { class: "ow-rel-tick", x: toX(0) - 6, y: toY(v) + 4, "text-anchor": "end" }, v.toFixed(1)));
    parts.push(
      svg("text", { class: "ow-rel-tick", x: toX(v), y: COUNTS.top + COUNTS.height + 16, "text-anchor": "middle" }, v.toFixed(1)),
    );
  }
  parts.push(svg("line", { class: "ow-rel-diagonal", x1: toX(0), y1: toY(0), x2: toX(1), y2: toY(1) }));
  parts.push(svg("text", { class: "ow-rel-axis", x: toX(0) + 8, y: toY(1) + 16 }, short(diagram.observed)));
  parts.push(svg("text", { class: "ow-rel-axis", x: toX(1), y: H - 4, "text-anchor": "end" }, short(diagram.predicted)));
  parts.push(svg("text", { class: "ow-rel-axis", x: toX(0), y: H - 4 }, "bars: rows, log scale"));
  return parts;
}

/** A band behind everything at the chosen bin. @param {any} bin */
function band(bin) {
  const x = toX(bin.lower);
  return svg("rect", { class: "ow-rel-band", x, y: BOX.top, width: toX(bin.upper) - x, height: BOX.size });
}

/** @param {any} diagram @param {string} view @param {number} chosen */
function marks(diagram, view, chosen) {
  const most = Math.log1p(Math.max(1, ...diagram.bins.map((/** @type {any} */ b) => b.count)));
  const parts = [];
  const line = (/** @type {number[]} */ xs, /** @type {number[]} */ ys) => xs.map((v, i) => `${toX(v).toFixed(2)} ${toY(ys[i]).toFixed(2)}`);
  if (view === "bins" && diagram.isotonic) {
    parts.push(svg("path", { class: "ow-rel-isotonic", d: `M${line(diagram.isotonic.x, diagram.isotonic.y).join("L")}` }));
  }
  for (const [i, bin] of diagram.bins.entries()) {
    const x = toX(bin.lower);
    const width = toX(bin.upper) - x;
    const on = i === chosen ? " ow-rel-on" : "";
    const height = (Math.log1p(bin.count) / most) * COUNTS.height;
    parts.push(
      svg("rect", { class: `ow-rel-count${on}`, x: x + 1, width: width - 2, y: COUNTS.top + COUNTS.height - height, height }),
    );
    if (!bin.count || view === "smooth") continue;
    const cx = toX(bin.confidence);
    const [low, high] = bin.interval;
    const side = bin.beyond ? (bin.confidence > bin.accuracy ? " ow-rel-over" : " ow-rel-under") : "";
    parts.push(svg("line", { class: `ow-rel-gap${side}`, x1: cx, x2: cx, y1: toY(bin.confidence), y2: toY(bin.accuracy) }));
    parts.push(svg("line", { class: `ow-rel-interval${side}`, x1: cx, x2: cx, y1: toY(low), y2: toY(high) }));
    parts.push(svg("circle", { class: `ow-rel-dot${side}${on}`, cx, cy: toY(bin.accuracy), r: i === chosen ? 6 : 4.5 }));
  }
  if (view === "smooth" && diagram.smooth) {
    const { x, y, low, high } = diagram.smooth;
    parts.push(svg("path", { class: "ow-rel-sure", d: `M${[...line(x, low), ...line(x, high).reverse()].join("L")}Z` }));
    parts.push(svg("path", { class: "ow-rel-curve", d: `M${line(x, y).join("L")}` }));
  }
  return parts;
}

/** @param {any} diagram @param {number} chosen */
function rows(diagram, chosen) {
  return diagram.bins.map((/** @type {any} */ bin, /** @type {number} */ i) => {
    const cells = [
      `${edge(bin.lower)} to ${edge(bin.upper)}`,
      whole(bin.count),
      percent(bin.confidence),
      percent(bin.accuracy),
      bin.count ? `${percent(bin.interval[0])} to ${percent(bin.interval[1])}` : "–",
    ];
    const row = html("tr", i === chosen ? { class: "ow-rel-on" } : {});
    row.append(...cells.map((text, j) => html(j ? "td" : "th", j ? {} : { scope: "row" }, text)));
    return row;
  });
}

/** @param {{model: any, el: HTMLElement}} host */
function render({ model, el }) {
  const diagrams = model.get("reliability") ?? [];
  if (!diagrams.length) return;
  const given = model.get("state") ?? {};
  const first = (diagrams[given.diagram ?? 0] ?? diagrams[0]).bins.map((/** @type {any} */ b) => b.count);
  const state = { diagram: 0, bin: first.indexOf(Math.max(...first)), view: "bins", ...given };

  const choose = /** @type {HTMLSelectElement} */ (html("select"));
  const kinds = { all: "Top label", event: "Event", class: "Probability of a class", answer: "Top label, by answer" };
  for (const [kind, label] of Object.entries(kinds)) {
    const of = diagrams.map((/** @type {any} */ d, /** @type {number} */ i) => [d, i]).filter((/** @type {any} */ [d]) => d.of.split(" ")[0] === kind);
    if (of.length) choose.append(html("optgroup", { label }, ...of.map((/** @type {any} */ [d, i]) => html("option", { value: i }, d.title))));
  }
  const which = html("label", { class: "ow-rel-which" }, "Of ", choose);
  which.hidden = diagrams.length < 2;
  const bins = html("button", { type: "button", class: "quiet" }, "Bins");
  const smooth = /** @type {HTMLButtonElement} */ (html("button", { type: "button", class: "quiet" }, "Smooth curve"));
  const views = html("div", { class: "ow-rel-views", role: "group", "aria-label": "Show" }, bins, smooth);
  views.hidden = !diagrams.some((/** @type {any} */ d) => d.smooth);
  const plot = svg("svg", { viewBox: `0 0 ${W} ${H}`, "aria-hidden": "true", focusable: "false" });
  const pad = html("div", {
    class: "ow-rel-plot",
    role: "slider",
    tabindex: "0",
    "aria-label": "Bin",
    "aria-valuemin": "1",
  }, plot);
  const readout = html("p", { class: "ow-rel-readout" });
  const body = html("tbody");
  const head = html("tr");
  const table = html("table", {}, html("thead", {}, head), body);
  const more = html("details", { class: "ow-rel-table" }, html("summary", {}, "The same as a table"), html("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": "Bins" }, table));
  const controls = html("div", { class: "ow-rel-controls" }, which, views);
  const root = html("div", { class: "ow-rel" }, controls, pad, readout, more);

  function draw() {
    const diagram = diagrams[state.diagram] ?? diagrams[0];
    state.bin = Math.min(Math.max(state.bin, 0), diagram.bins.length - 1);
    if (!diagram.smooth) state.view = "bins";
    choose.value = String(state.diagram);
    bins.setAttribute("aria-pressed", String(state.view === "bins"));
    smooth.setAttribute("aria-pressed", String(state.view === "smooth"));
    smooth.disabled = !diagram.smooth;
    const names = [capital(diagram.predicted), "Rows", "Mean", capital(diagram.observed), "95 % interval"];
    head.replaceChildren(...names.map((t) => html("th", { scope: "col" }, t)));
    plot.replaceChildren(band(diagram.bins[state.bin]), ...frame(diagram), ...marks(diagram, state.view, state.bin));
    const text = describe(diagram, diagram.bins[state.bin]);
    pad.setAttribute("aria-valuemax", String(diagram.bins.length));
    pad.setAttribute("aria-valuenow", String(state.bin + 1));
    pad.setAttribute("aria-valuetext", text);
    readout.textContent = text;
    body.replaceChildren(...rows(diagram, state.bin));
  }

  /** @param {Partial<typeof state>} change */
  function set(change) {
    Object.assign(state, change);
    draw();
    model.set?.("state", { ...state });
    model.save_changes?.();
  }

  choose.addEventListener("change", () => set({ diagram: Number(choose.value) }));
  bins.addEventListener("click", () => set({ view: "bins" }));
  smooth.addEventListener("click", () => set({ view: "smooth" }));
  const point = (/** @type {PointerEvent} */ event) => {
    const box = plot.getBoundingClientRect();
    const v = (((event.clientX - box.left) / box.width) * W - BOX.left) / BOX.size;
    const at = binAt(diagrams[state.diagram].bins, v);
    if (at !== state.bin) set({ bin: at });
  };
  plot.addEventListener("pointermove", point);
  plot.addEventListener("pointerdown", point);
  pad.addEventListener("keydown", (event) => {
    const last = diagrams[state.diagram].bins.length - 1;
    const to = { ArrowLeft: state.bin - 1, ArrowDown: state.bin - 1, ArrowRight: state.bin + 1, ArrowUp: state.bin + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    set({ bin: Math.min(Math.max(to, 0), last) });
  });
  const open = () => more.setAttribute("open", "");
  globalThis.addEventListener?.("beforeprint", open); // on paper the table is unfolded
  const follow = () => {
    Object.assign(state, model.get("state") ?? {});
    draw();
  };
  model.on?.("change:state", follow);
  draw();
  el.replaceChildren(root);
  return () => {
    model.off?.("change:state", follow);
    globalThis.removeEventListener?.("beforeprint", open);
  };
}

export default { render };
