/** A demo on the stage of a page, where it fills a box of given size: it shows one scene at a time, and a reader may
 * answer a question by pointing at one of its marks. */

import { segments } from "onewarm/controls.js";
import { setAttributes, setHidden } from "onewarm/dom.js";

/** @typedef {Record<string, {title: string, panes: string[]}>} Scenes */

/** The numbers of a picture stay on the stage for screen readers, who read them as they are; there is no room to show them.
 * @param {HTMLElement} node */
function readAloud(node) {
  for (const table of /** @type {HTMLDetailsElement[]} */ ([node, ...node.querySelectorAll("details")])) {
    if (!table.matches(".numbers")) continue;
    table.open = true;
    table.querySelector("[tabindex]")?.removeAttribute("tabindex");
  }
}

/** The tabs of the scenes. @param {Scenes} scenes @param {string} uid @param {(scene: string) => void} change */
export function sceneTabs(scenes, uid, change) {
  const names = Object.keys(scenes);
  const tabs = segments({
    name: `${uid}-scene`,
    legend: "On the stage",
    options: names.map((name) => [name, scenes[name].title]),
    change,
  });
  tabs.node.classList.add("scenes");
  setHidden(tabs.node, names.length < 2);
  return {
    node: tabs.node,
    /** Shows the panes of a scene, and hides the others that have names.
     * @param {string} scene @param {import("onewarm/widget.js").Pane[]} panes */
    show(scene, panes) {
      for (const { node } of panes) readAloud(node);
      for (const { name, node } of panes) if (name) setHidden(node, !scenes[scene].panes.includes(name));
      tabs.draw(scene);
    },
  };
}

const NEAR = [0, 6, 12]; // how far from a mark, in pixels, it is still meant

/** While the model's `pointing` is true, a click on or near a mark, or Enter where it has the focus, sets the model's
 * `pointed` to the mark's data-object, and moves nothing. @param {any} model @param {HTMLElement} root */
export function pointing(model, root) {
  const on = () => model.get("pointing") === true;
  const draw = () => (on() ? setAttributes(root, { "data-pointing": "" }) : root.removeAttribute("data-pointing"));
  const markOf = (/** @type {any} */ node) => node?.closest?.("[data-object]")?.getAttribute("data-object") ?? "";
  const at = (/** @type {number} */ x, /** @type {number} */ y) =>
    markOf(/** @type {ShadowRoot} */ (root.getRootNode()).elementFromPoint(x, y));
  /** @param {MouseEvent} event */
  function markNear({ target, clientX: x, clientY: y }) {
    for (const far of NEAR)
      for (let i = 0; i < 8; i++) {
        const found = at(x + far * Math.cos((i * Math.PI) / 4), y + far * Math.sin((i * Math.PI) / 4));
        if (found) return found;
      }
    return markOf(target);
  }
  /** @param {string} name @param {Event} event */
  function answer(name, event) {
    event.preventDefault();
    event.stopPropagation();
    if (!name) return;
    model.set("pointed", name);
    model.save_changes?.();
  }
  const listeners = {
    pointerdown: (/** @type {PointerEvent} */ event) => on() && outside(event) && event.stopPropagation(),
    click: (/** @type {MouseEvent} */ event) => on() && outside(event) && answer(markNear(event), event),
    keydown: (/** @type {KeyboardEvent} */ event) =>
      on() && event.key === "Enter" && markOf(event.target) && answer(markOf(event.target), event),
  };
  /** Not on the tabs, which go on to work. @param {Event} event */
  const outside = (event) => !(/** @type {Element} */ (event.target).closest(".scenes"));
  for (const [name, listen] of Object.entries(listeners)) root.addEventListener(name, /** @type {any} */ (listen), true);
  model.on("change:pointing", draw);
  draw();
  return () => model.off?.("change:pointing", draw);
}
