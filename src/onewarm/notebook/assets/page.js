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
 * @typedef {[string, (root: HTMLElement, page: any) => void][]} Parts
 * @type {Parts} */
const OPENING = [
  [".lesson-page", addresses],
  ["[data-lesson]", lesson],
  ["[data-needs]", needs],
  ["main", definitions],
];
/** @type {Parts} */
const BELOW = [
  ["[data-statements]", statements],
  ["[data-practice]", practice],
  ["[data-path]", path],
  ["[data-room]", research],
  ["[data-next-edge]", next],
];

/** `?embed=demo`: the demo alone, for slides and other sites. */
const embedded = new URLSearchParams(location.search).get("embed") === "demo";
document.documentElement.classList.toggle("embedded", embedded);

await Promise.race([lessonRead(), parsed()]);
const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const { concept = "", title = "", section = "" } = main.dataset;
const demo = /** @type {HTMLElement | null} */ (document.querySelector(".demo"));

/** @type {import("./host.js").Model | null} */
let model = null;
await styled();
try {
  if (demo) model = await mount(demo, embedded);
} catch (error) {
  const note = document.createElement("p");
  note.className = "demo-failed";
  note.textContent = "The demo could not start in this browser. Everything else on this page works without it.";
  demo?.append(note);
  tell(error);
}
// An address with an anchor is about any part of the page, so all of them come before the reader does.
if (location.hash) await parsed();

const stage = createStage(demo, model);
const page = { concept, title, section, stage };
start(".lesson [data-live]", OPENING);
// What is below the lesson and has not been read yet follows before it can be reached.
if (document.readyState === "loading") parsed().then(below);
else below();
document.body.classList.add("live");

/** Shows what only works with scripts, and starts it. Fields below the lesson wait in templates, since browsers lay out
 * whatever has fields to see which of them they could fill. @param {string} live @param {Parts} parts */
function start(live, parts) {
  for (const node of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(live))) {
    node instanceof HTMLTemplateElement ? node.replaceWith(node.content) : (node.hidden = false);
  }
  for (const [selector, enhance] of parts) {
    for (const root of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(selector))) attempt(() => enhance(root, page));
  }
}

/** The panels below the lesson, and what concerns the page as a whole. */
function below() {
  start("main > :not(.lesson) [data-live]", BELOW);
  attempt(reachable);
  // Once the opening is on the screen, or at once where the reader is further down, everything else is laid out (panels.css).
  const whole = () => document.documentElement.classList.add("whole");
  location.hash || scrollY ? whole() : requestAnimationFrame(() => setTimeout(whole));
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, whole, { capture: true, once: true });
  // The demo and the fonts push down what an address' anchor points at.
  attempt(land);
  attempt(() => restFarPanels(document.querySelectorAll(".lesson-page > .panel")));
}

/** Once the lesson has been read, with its stage. @returns {Promise<void>} */
function lessonRead() {
  return new Promise((done) => {
    const look = () => {
      if (!document.querySelector(".lesson + *")) return;
      reading.disconnect();
      done();
    };
    const reading = new MutationObserver(look);
    reading.observe(document, { childList: true, subtree: true });
    look();
  });
}

/** Once all of the page has been read. @returns {Promise<unknown>} */
function parsed() {
  if (document.readyState !== "loading") return Promise.resolve();
  return new Promise((done) => document.addEventListener("readystatechange", done, { once: true }));
}

/** Once the styles are there, or cannot be had: demos measure the room that they get. */
async function styled() {
  const links = /** @type {NodeListOf<HTMLLinkElement>} */ (document.querySelectorAll("link[rel=stylesheet]"));
  const missing = [...links].filter((link) => !link.sheet);
  if (!missing.length || document.readyState === "complete") return;
  /** @param {EventTarget} target */
  const loaded = (target) => new Promise((done) => target.addEventListener("load", done, { once: true }));
  await Promise.race([loaded(window), Promise.all(missing.map(loaded))]);
}

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
