/** The skeleton of a demo: one state, drawn where it can be seen, published when it changes. */

import { h, put, say } from "onewarm/dom.js";
import { choice, optional, rules, same } from "onewarm/fields.js";
import { STYLE } from "onewarm/style.js";

/** @typedef {(view: any, width: (figure: Element) => number) => void} Draw
 *  @typedef {{node: HTMLElement, figures?: Element[], draw?: Draw, late?: Draw, tick?: (view: any) => boolean}} Pane
 *   A part of the demo. Its nodes are made once, drawing only moves what is there: `draw` at once what the eye follows;
 *   `late` what is read when the hand rests (sentences, curves, tables), which after a change by hand comes after the
 *   next paint, so that the hand does not wait for it. With `figures` (the boxes of its charts) it is drawn only near the
 *   screen, and again when a figure gets another width. Near the screen `tick` is called once a frame for as long as it
 *   says that it moved the pane on, which is then drawn; and again after a change. */

/** @typedef {{uid: string, get: (key: string) => any, change: (patch: any) => void, reset: () => void,
 *   readonly state: any, readonly view: any, readonly running: boolean, readonly calm: boolean,
 *   report: (more: any, text?: string) => void,
 *   animate: (frame: () => {patch: any, done: boolean}, ended: () => string) => void, stop: (text: string) => void}} Context
 *   uid: a prefix for ids and radio names; get: a value of the host's model; change, reset: what the reader did;
 *   animate: moves the state frame by frame (all at once with reduced motion) until done, and then says `ended()`;
 *   stop: ends that, and says so. Any other change ends it too. calm: the reader wants no motion; report: more for the
 *   published state, said aloud with `text`. */

/** @typedef {{name: string, label: string, css?: string, fields: Record<string, import("onewarm/fields.js").Field>,
 *   traits: string[], inputs?: string[], highlights?: string[], origin?: (state: any, get: (key: string) => any) => any,
 *   derive: (state: any, get: (key: string) => any) => any, shape?: (view: any) => string,
 *   build: (ctx: Context, view: any) => {panes: Pane[], nodes: Node[]}, report?: (view: any) => any,
 *   sentence?: (view: any) => string}} Demo
 *   name: class onewarm-NAME-demo of the outer element; label: how the whole is called aloud; css: after the kit's;
 *   fields: the state (see fields.js); traits: those fields that the model also has under their own name, both ways;
 *   inputs: other keys of the model that the picture follows; highlights: what a storyboard may point at, by data-object;
 *   derive: everything that is drawn, computed once a change, with the state's own fields in it; shape: where this text
 *   changes, the panes are built anew; report: what the published state has besides its fields; sentence: said aloud
 *   after a change, when the hand rests. */

let instances = 0;

/** A demo in the anywidget form. @param {Demo} demo */
export const widget = (demo) => ({
  /** @param {{model: any, el: HTMLElement}} host @returns {() => void} cleanup */
  render: (host) => start(demo, host),
});

/** @param {Demo} demo @param {{model: any, el: HTMLElement}} host */
function start(demo, { model, el }) {
  const { traits, inputs = [], highlights = [], report = () => ({}), sentence = () => "", shape = () => "" } = demo;
  const { part, apply, format, parse, ...empty } = rules({
    ...demo.fields,
    highlight: { ...optional(choice("", highlights)), address: null },
  });
  const uid = `onewarm-${++instances}`;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const get = (/** @type {string} */ key) => model.get(key);

  const frame = h("div", { class: `onewarm-${demo.name}-demo` });
  el.append(frame);
  // Follow the page's light or dark; where it declares none, follow the reader's.
  if (getComputedStyle(frame).colorScheme === "normal") frame.style.colorScheme = "light dark";
  const shadow = frame.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE + (demo.css ?? ""));
  shadow.adoptedStyleSheets = [sheet];
  const live = h("p", { class: "sr", role: "status", "aria-live": "polite" });
  const root = h("div", { class: "root", role: "group", "aria-label": demo.label });
  shadow.append(root, live);

  const given = Object.fromEntries(traits.map((key) => [key, get(key)]));
  const origin = apply(empty.start(), given, "start");
  // A state that is left from before says the rest: what is a trait, the host may have set since.
  const left = Object.fromEntries(Object.entries(get("state") ?? {}).filter(([key]) => (given[key] ?? null) === null));
  let state = apply(origin, left, "address");
  state = apply(state, parse(get("address"), state), "address");

  /** @type {any} */ let view;
  /** @type {Pane[]} */ let panes = [];
  /** @type {string | null} */ let built = null;
  /** @type {Map<Element, number>} */ const widths = new Map();
  /** @type {Set<Element>} */ const seen = new Set();
  const width = (/** @type {Element} */ figure) => widths.get(figure) ?? 0;
  let publishing = false,
    running = 0,
    turning = 0,
    late = 0,
    reported = {},
    last = /** @type {"user" | "host" | "start"} */ ("start"),
    addressTimer = 0,
    speechTimer = 0,
    glideTimer = 0,
    message = "",
    spoken = true,
    written = format(state);

  /** @type {Context} */
  const ctx = {
    uid,
    get,
    get state() {
      return state;
    },
    get view() {
      return view;
    },
    get running() {
      return running !== 0;
    },
    get calm() {
      return calm.matches;
    },
    change: (patch) => move(patch, "user"),
    reset: () => move({ ...origin, highlight: state.highlight }, "user"),
    animate,
    stop,
    report(more, text) {
      reported = { ...reported, ...more };
      publish(last);
      if (text) announce(spoken ? text : `${message || sentence(view)} ${text}`); // what still waits is said first
    },
  };

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

  // The keyboard is sooner than the observers: a control shows the state before the next key moves it.
  root.addEventListener("focusin", ({ target }) => {
    const pane = panes.find(({ node }) => node.contains(/** @type {Node} */ (target)));
    if (pane && !seen.has(pane.node)) pane.draw?.(view, width);
  });

  function build() {
    resize.disconnect();
    sight.disconnect();
    widths.clear();
    seen.clear();
    const made = demo.build(ctx, view);
    panes = made.panes;
    root.replaceChildren(...made.nodes);
    for (const pane of panes) {
      if (!pane.figures) continue;
      for (const figure of pane.figures) resize.observe(figure);
      sight.observe(pane.node);
    }
  }

  /** @param {boolean} [waits] whether what is late waits for the paint @param {boolean} [everything] far from the screen too */
  function draw(waits = false, everything = false) {
    view = demo.derive(state, get);
    const form = shape(view),
      fresh = form !== built;
    if (fresh) {
      built = form;
      build();
    }
    for (const pane of panes) if (everything || !pane.figures || seen.has(pane.node)) pane.draw?.(view, width);
    if (!waits || fresh) drawLate(everything);
    // A frame's callbacks come before its paint, and a timer's after it. Changes in between are one drawing.
    else late ||= requestAnimationFrame(() => setTimeout(drawLate));
    if (panes.some((pane) => pane.tick && seen.has(pane.node))) turning ||= requestAnimationFrame(turn);
    if (root.dataset.highlight !== (state.highlight ?? undefined))
      state.highlight ? put(root, { "data-highlight": state.highlight }) : root.removeAttribute("data-highlight");
  }

  /** What may come after the paint. @param {boolean} [everything] */
  function drawLate(everything = false) {
    late = 0;
    for (const pane of panes) if (everything || !pane.figures || seen.has(pane.node)) pane.late?.(view, width);
  }

  /** Panes that move on their own, a frame at a time. */
  function turn() {
    turning = 0;
    for (const pane of panes) {
      if (!pane.tick || !seen.has(pane.node) || !pane.tick(view)) continue;
      pane.draw?.(view, width);
      turning ||= requestAnimationFrame(turn);
    }
  }

  /** @param {any} patch @param {"user" | "host" | "address"} by */
  function move(patch, by) {
    const next = apply(state, patch, by);
    if (same(next, state)) return draw(); // draws: a native control may have moved on its own
    if (running) halt();
    state = next;
    if (by !== "user") glide();
    draw(by === "user");
    publish(by === "user" ? "user" : "host");
    announce();
  }

  /** Tells the host; what the host hears back from itself in the meantime is not news.
   * @param {"user" | "host" | "start"} by */
  function publish(by) {
    last = by;
    publishing = true;
    try {
      for (const key of traits) if (!same({ v: get(key) }, { v: state[key] })) model.set(key, copied(state[key]));
      model.set("state", {
        ...Object.fromEntries(Object.entries(state).map(([k, v]) => [k, copied(v)])),
        by,
        ...report(view),
        ...reported,
      });
      // At once, not when the hand rests: Python is to follow, and what it echoes must not overtake the hand.
      model.save_changes?.();
    } finally {
      publishing = false;
    }
    clearTimeout(addressTimer);
    addressTimer = format(state) === written ? 0 : setTimeout(settle, 150);
  }

  /** The address waits until the hand rests. */
  function settle() {
    clearTimeout(addressTimer);
    addressTimer = 0;
    publishing = true;
    try {
      model.set("address", (written = format(state)));
      model.save_changes?.();
    } finally {
      publishing = false;
    }
  }

  /** @param {string} [text] */
  function announce(text = "") {
    message = text;
    spoken = false;
    clearTimeout(speechTimer);
    speechTimer = setTimeout(() => {
      spoken = true;
      say(live, message || sentence(view));
    }, 600);
  }

  function glide() {
    if (calm.matches) return;
    root.classList.add("glide");
    clearTimeout(glideTimer);
    glideTimer = setTimeout(() => root.classList.remove("glide"), 450);
  }

  function halt() {
    cancelAnimationFrame(running);
    running = 0;
  }

  /** @param {string} text */
  function stop(text) {
    halt();
    draw();
    publish("user");
    announce(text);
  }

  /** @param {() => {patch: any, done: boolean}} advance @param {() => string} ended */
  function animate(advance, ended) {
    halt();
    const step = () => {
      const { patch, done } = advance();
      state = { ...state, ...patch };
      return done;
    };
    const finish = () => {
      halt();
      draw();
      stop(ended());
    };
    if (calm.matches) {
      while (!step());
      return finish();
    }
    const tick = () => {
      if (step()) return finish();
      running = requestAnimationFrame(tick);
      draw(true);
    };
    running = requestAnimationFrame(tick);
    draw();
  }

  /** @param {() => any} read @param {"host" | "address"} [by] */
  const fromHost =
    (read, by = "host") =>
    () =>
      void (!publishing && move(read(), by));
  /** @type {[string, () => void][]} */
  const heard = [
    ["state", fromHost(() => get("state"))],
    ["address", fromHost(() => parse(get("address"), state), "address")],
    ...traits.map((key) => /** @type {[string, () => void]} */ ([key, fromHost(() => ({ [key]: get(key) }))])),
    ...inputs.map((key) => /** @type {[string, () => void]} */ ([key, () => draw()])),
  ];
  for (const [key, listen] of heard) model.on(`change:${key}`, listen);
  const beforePrint = () => draw(false, true);
  addEventListener("beforeprint", beforePrint);

  draw();
  publish("start");
  return () => {
    halt();
    cancelAnimationFrame(turning);
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

/** @param {any} value */
const copied = (value) => (Array.isArray(value) ? [...value] : value);
