/** The frame of a demo: it keeps the state, draws the parts that can be seen, and publishes every change to the host. */

import { element, setAttributes, setText } from "onewarm/dom.js";
import { choice, optional, rules, same } from "onewarm/fields.js";
import { afterwards } from "onewarm/late.js";
import { rooms } from "onewarm/room.js";
import { pointing, sceneTabs } from "onewarm/stage.js";
import { STAGE_STYLE } from "onewarm/stage-style.js";
import { STYLE } from "onewarm/style.js";

/** @typedef {(view: any, width: (figure: Element) => number,
 *   room: (figure: Element) => import("onewarm/room.js").Room) => void} Draw
 *  @typedef {{node: HTMLElement, name?: string, figures?: Element[], draw?: Draw, late?: Draw,
 *   tick?: (view: any) => boolean, settle?: (view: any) => void}} Pane
 *   A part of the demo, with the name by which scenes have it. Its nodes are made once, and drawing only changes them:
 *   `draw` at once, for what the eye follows; `late` after the paint (late.js) when the reader made the change, for what is
 *   read afterwards (sentences, tables), so that a control never waits for it. `width(figure)` and `room(figure)` are
 *   the room for a chart (room.js). A pane with `figures` (the boxes of its charts) is drawn only near the screen, and
 *   again when a figure changes its size; a pane of another scene is not drawn. `tick` animates a pane: near the screen it
 *   is called once a frame as long as it returns true, and the pane is drawn after each call; a change of the state starts
 *   it again. `settle` brings that to its end at once, before the page is printed. */

/** @typedef {{uid: string, get: (key: string) => any, change: (patch: any) => void, reset: () => void,
 *   readonly state: any, readonly view: any, readonly running: boolean, readonly calm: boolean, readonly onStage: boolean,
 *   report: (more: any, text?: string) => void,
 *   animate: (frame: () => {patch: any, done: boolean}, ended: () => string) => void, stop: (text: string) => void}} Context
 *   What a demo's parts are given. uid: a prefix for ids and names of radio buttons; get: a value of the host's model;
 *   change: a change that the reader made; reset: back to the start; animate: changes the state frame by frame (all at
 *   once with reduced motion) until done, then announces `ended()`; stop: ends that and announces the text, as any other
 *   change ends it; running: an animation is under way; calm: the reader wants no motion; onStage: the
 *   demo fills the stage of a page, scene by scene; report: adds to the published
 *   state, and announces `text`. */

/** @typedef {{name: string, label: string, css?: string, fields: Record<string, import("onewarm/fields.js").Field>,
 *   traits: string[], inputs?: string[], highlights?: string[],
 *   scenes?: Record<string, {title: string, panes: string[]}>,
 *   derive: (state: any, get: (key: string) => any) => any, shape?: (view: any) => string,
 *   build: (ctx: Context, view: any) => {panes: Pane[], nodes: Node[]}, report?: (view: any) => any,
 *   sentence?: (view: any) => string}} Demo
 *   name: the outer element has class onewarm-NAME-demo; label: the demo's name for screen readers; css: a sheet after the
 *   kit's; fields: the state (see fields.js); traits: the fields that are also keys of the model, in both directions;
 *   inputs: other keys of the model that the drawing depends on; highlights: the data-object names that a lesson may
 *   point at; scenes: what a page's stage, which has no room for all, shows at a time: by name a title and the names of its
 *   panes (with them the state has the field `scene`; where the host's `layout` is not "stage", all panes are shown);
 *   derive: the view, that is the state and all that is drawn, computed once a change; shape: when this text
 *   changes, the panes are built anew; build: makes the panes; report: what is published besides the fields; sentence:
 *   announced to screen readers when a change has settled. */

let instances = 0;

/** A demo in the anywidget form. @param {Demo} demo */
export const widget = (demo) => ({
  /** @param {{model: any, el: HTMLElement}} host @returns {() => void} cleanup */
  render: (host) => start(demo, host),
});

/** @param {Demo} demo @param {{model: any, el: HTMLElement}} host */
function start(demo, { model, el }) {
  const { inputs = [], highlights = [], report = () => ({}), sentence = () => "", shape = () => "" } = demo;
  const sceneNames = Object.keys(demo.scenes ?? {});
  const traits = sceneNames.length ? [...demo.traits, "scene"] : demo.traits;
  const { start: firstState, apply, format, parse } = rules({
    ...demo.fields,
    ...(sceneNames.length ? { scene: choice(sceneNames[0], sceneNames) } : {}),
    highlight: { ...optional(choice("", highlights)), address: null },
  });
  const uid = `onewarm-${++instances}`;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const get = (/** @type {string} */ key) => model.get(key);

  const frame = element("div", { class: `onewarm-${demo.name}-demo`, "data-lm-suppress-shortcuts": "true" }); // JupyterLab's, for keys that are the demo's
  el.append(frame);
  // Follow the page's light or dark; where it declares none, follow the reader's.
  if (getComputedStyle(frame).colorScheme === "normal") frame.style.colorScheme = "light dark";
  const shadow = frame.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE + STAGE_STYLE + (demo.css ?? ""));
  shadow.adoptedStyleSheets = [sheet];
  const live = element("p", { class: "sr", role: "status", "aria-live": "polite" });
  const onStage = sceneNames.length > 0 && get("layout") === "stage";
  const layout = { "data-layout": onStage ? "stage" : "full" };
  const root = element("div", { class: "root", role: "group", "aria-label": demo.label, ...layout });
  const { rem, room, width, watch, stop: stopMeasuring } = rooms(onStage, () => draw());
  setAttributes(frame, layout);
  shadow.append(root, live, rem);

  const given = Object.fromEntries(traits.map((key) => [key, get(key)]));
  const startState = apply(firstState(), given, "start");
  // What an earlier rendering left in the model's state counts too, but for traits: the host may have set them since.
  const earlier = Object.fromEntries(Object.entries(get("state") ?? {}).filter(([key]) => (given[key] ?? null) === null));
  let state = apply(startState, earlier, "address");
  state = apply(state, parse(get("address"), state), "address");

  /** @type {any} */ let view;
  /** @type {Pane[]} */ let panes = [];
  /** @type {string | null} */ let built = null;
  /** @type {Set<Element>} */ const seen = new Set();
  let publishing = false, // changes of the model are our own
    running = 0, ticking = 0, // frame requests: of an animation of the state, of the panes' ticks
    reported = {},
    lastBy = /** @type {"user" | "host" | "start"} */ ("start"),
    addressTimer = 0,
    speechTimer = 0,
    glideTimer = 0,
    message = "", // to announce instead of the demo's sentence
    announced = true,
    addressWritten = format(state);

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
    onStage,
    change: (patch) => move(patch, "user"),
    reset: () => move({ ...startState, highlight: state.highlight }, "user"),
    animate,
    stop,
    report(more, text) {
      reported = { ...reported, ...more };
      publish(lastBy);
      if (text) announce(announced ? text : `${message || sentence(view)} ${text}`); // after what still waits
    },
  };

  // Charts are drawn only once they are near the screen.
  const sight = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) entry.isIntersecting ? seen.add(entry.target) : seen.delete(entry.target);
      draw();
    },
    { rootMargin: "300px" },
  );

  // The keyboard may reach a control before the observers notice it: it shows the state before the next key moves it.
  root.addEventListener("focusin", (/** @type {FocusEvent} */ event) => {
    const pane = panes.find(({ node }) => node.contains(/** @type {Node} */ (event.target)));
    if (pane && !seen.has(pane.node)) pane.draw?.(view, width, room);
  });
  const stopPointing = pointing(model, root);
  const tabs = onStage ? sceneTabs(demo.scenes ?? {}, uid, (scene) => ctx.change({ scene })) : null;

  /** Shows the panes of the present scene, and no other. */
  function setScene() {
    if (!tabs || root.dataset.scene === state.scene) return;
    setAttributes(root, { "data-scene": state.scene });
    tabs.show(state.scene, panes);
  }

  /** Whether a pane is to be drawn. @param {Pane} pane */
  const inSight = (pane) => !pane.node.hidden && (!pane.figures || seen.has(pane.node));
  /** What draws what may come after the paint, pane by pane. @param {boolean} [everything] */
  const lateParts = (everything = false) =>
    panes.filter((pane) => pane.late && (everything || inSight(pane))).map((pane) => () => pane.late?.(view, width, room));
  const late = afterwards(() => lateParts());

  function build() {
    root.removeAttribute("data-scene");
    sight.disconnect();
    seen.clear();
    const made = demo.build(ctx, view);
    panes = made.panes;
    root.replaceChildren(...(tabs ? [tabs.node] : []), ...made.nodes);
    watch(panes.flatMap(({ figures = [] }) => figures));
    for (const pane of panes) if (pane.figures) sight.observe(pane.node);
  }

  /** @param {boolean} [deferLate] late parts wait for the paint @param {boolean} [everything] also far from the screen */
  function draw(deferLate = false, everything = false) {
    const began = performance.now();
    view = demo.derive(state, get);
    const shapeNow = shape(view),
      rebuilt = shapeNow !== built;
    if (rebuilt) {
      built = shapeNow;
      build();
    }
    setScene();
    for (const pane of panes) if (everything || inSight(pane)) pane.draw?.(view, width, room);
    if (!deferLate || rebuilt) drawLate(everything);
    else late.changed(performance.now() - began);
    if (panes.some((pane) => pane.tick && inSight(pane))) ticking ||= requestAnimationFrame(tickPanes);
    if (root.dataset.highlight !== (state.highlight ?? undefined))
      state.highlight ? setAttributes(root, { "data-highlight": state.highlight }) : root.removeAttribute("data-highlight");
  }

  /** Draws that now. @param {boolean} [everything] */
  function drawLate(everything = false) {
    late.stop();
    for (const part of lateParts(everything)) part();
  }

  /** One frame of the panes that animate themselves. */
  function tickPanes() {
    ticking = 0;
    for (const pane of panes) {
      if (!pane.tick || !inSight(pane) || !pane.tick(view)) continue;
      pane.draw?.(view, width, room);
      ticking ||= requestAnimationFrame(tickPanes);
    }
  }

  /** @param {any} patch @param {"user" | "host" | "address"} by */
  function move(patch, by) {
    const next = apply(state, patch, by);
    if (same(next, state)) return draw(); // a native control may have moved to a refused value
    if (running) halt();
    state = next;
    if (by !== "user") glide();
    draw(by === "user");
    publish(by === "user" ? "user" : "host");
    announce();
  }

  /** Writes the state to the model; the changes that this makes are not taken for the host's.
   * @param {"user" | "host" | "start"} by */
  function publish(by) {
    lastBy = by;
    publishing = true;
    try {
      for (const key of traits) if (!same({ v: get(key) }, { v: state[key] })) model.set(key, copied(state[key]));
      model.set("state", {
        ...Object.fromEntries(Object.entries(state).map(([k, v]) => [k, copied(v)])),
        by,
        ...report(view),
        ...reported,
      });
      // At once, not after a pause: Python follows the control, and an echo that comes late would move it back.
      model.save_changes?.();
    } finally {
      publishing = false;
    }
    clearTimeout(addressTimer);
    addressTimer = format(state) === addressWritten ? 0 : setTimeout(writeAddress, 150);
  }

  /** Writes the address, once no change has come for a moment. */
  function writeAddress() {
    clearTimeout(addressTimer);
    addressTimer = 0;
    publishing = true;
    try {
      model.set("address", (addressWritten = format(state)));
      model.save_changes?.();
    } finally {
      publishing = false;
    }
  }

  /** Announces the text, or the demo's sentence, once no change has come for a moment. @param {string} [text] */
  function announce(text = "") {
    message = text;
    announced = false;
    clearTimeout(speechTimer);
    speechTimer = setTimeout(() => {
      announced = true;
      if (lastBy !== "host" || !get("quiet")) setText(live, message || sentence(view));
    }, 600);
  }

  /** A change by the host moves marks smoothly to their new places. */
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
  const fromHost = (read, by = "host") => () => void (!publishing && move(read(), by));
  /** @type {[string, () => void][]} */
  const listeners = [
    ["state", fromHost(() => get("state"))],
    ["address", fromHost(() => parse(get("address"), state), "address")],
    ...traits.map((key) => /** @type {[string, () => void]} */ ([key, fromHost(() => ({ [key]: get(key) }))])),
    ...inputs.map((key) => /** @type {[string, () => void]} */ ([key, () => draw()])),
  ];
  for (const [key, listen] of listeners) model.on(`change:${key}`, listen);
  const beforePrint = () => {
    panes.forEach((pane) => pane.node.hidden || pane.settle?.(view));
    draw(false, true);
  };
  addEventListener("beforeprint", beforePrint);

  draw();
  publish("start");
  return () => {
    halt();
    cancelAnimationFrame(ticking);
    late.stop();
    if (addressTimer) writeAddress();
    clearTimeout(speechTimer);
    clearTimeout(glideTimer);
    for (const [key, listen] of listeners) model.off?.(`change:${key}`, listen);
    removeEventListener("beforeprint", beforePrint);
    stopPointing();
    stopMeasuring();
    sight.disconnect();
    frame.remove();
  };
}

/** @param {any} value */
const copied = (value) => (Array.isArray(value) ? [...value] : value);
