/** Makes a concept's page interactive; without this script everything on it can still be read.
 *
 * This folder, assets/, holds the scripts and styles of the site itself. What concepts' demos are made of, in pages and in
 * notebooks, is in ../demos/. */
import { addresses } from "./addresses.js";
import { definitions } from "./definitions.js";
import { mount } from "./host.js";
import { lesson } from "./lesson.js";
import { next } from "./next.js";
import { needs, path } from "./path.js";
import { practice } from "./practice.js";
import { restFarPanels } from "./rest.js";
import { research } from "./research.js";
import { createStage } from "./stage.js";
import { statements } from "./statements.js";
import { land } from "./target.js";

/** The parts of a page: what each enhances, and how. A part that fails leaves the others alone.
 * @type {[string, (root: HTMLElement, page: any) => void][]} */
const PARTS = [
  [".lesson-page", addresses],
  ["[data-lesson]", lesson],
  ["[data-statements]", statements],
  ["[data-practice]", practice],
  ["[data-path]", path],
  ["[data-needs]", needs],
  ["[data-room]", research],
  ["[data-next-edge]", next],
  ["main", definitions],
];

/** `?embed=demo`: the demo alone, for slides and other sites. */
const embedded = new URLSearchParams(location.search).get("embed") === "demo";
document.documentElement.classList.toggle("embedded", embedded);

const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const { concept = "", title = "", section = "" } = main.dataset;
const demo = /** @type {HTMLElement | null} */ (document.querySelector(".demo"));

/** @type {import("./host.js").Model | null} */
let model = null;
try {
  if (demo) model = await mount(demo, embedded);
} catch (error) {
  const note = document.createElement("p");
  note.className = "demo-failed";
  note.textContent = "The demo could not start in this browser. Everything else on this page works without it.";
  demo?.append(note);
  tell(error);
}

for (const node of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-live]"))) node.hidden = false;
const stage = createStage(demo, model);
const page = { concept, title, section, stage };
for (const [selector, enhance] of PARTS) {
  for (const root of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(selector))) attempt(() => enhance(root, page));
}
attempt(reachable);
document.body.classList.add("live");
// Once the opening is on the screen, or at once where the reader is further down, everything else is laid out (panels.css).
const whole = () => document.documentElement.classList.add("whole");
location.hash || scrollY ? whole() : requestAnimationFrame(() => setTimeout(whole));
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, whole, { capture: true, once: true });
// The demo and the fonts push down what an address' anchor points at.
attempt(land);
attempt(() => restFarPanels(document.querySelectorAll(".lesson-page > .panel")));

/** @param {() => void} part */
function attempt(part) {
  try {
    part();
  } catch (error) {
    tell(error);
  }
}

/** @param {unknown} error */
function tell(error) {
  console.warn(error);
}

/** Makes boxes that scroll sideways reachable with the keyboard, and takes those that do not scroll out of the tab order. */
function reachable() {
  /** @param {Iterable<Element>} targets */
  const mark = (targets) => {
    for (const target of targets) {
      const scrolls = target.scrollWidth > target.clientWidth || target.scrollHeight > target.clientHeight;
      for (const [name, value] of [["tabindex", "0"], ["role", "group"], ["aria-label", "Scrolls sideways"]]) {
        scrolls ? target.setAttribute(name, value) : target.removeAttribute(name);
      }
    }
  };
  // Their contents are watched too, since the math font is wider than the one shown until it has loaded.
  const which = ".scroll, .prose pre";
  const watch = new ResizeObserver((entries) => mark(new Set(entries.map(({ target }) => /** @type {Element} */ (target.closest(which))))));
  for (const node of document.querySelectorAll(which)) for (const seen of [node, ...node.children]) watch.observe(seen);
}
