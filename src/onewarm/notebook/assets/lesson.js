/** The lesson: the step that is being read puts the stage into its state, and questions wait for an answer. */
import { question } from "./question.js";
import { rail } from "./rail.js";

/** @param {HTMLElement} root
 * @param {{concept: string, stage: import("./stage.js").Stage}} page */
export function lesson(root, { concept, stage }) {
  const steps = /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-step]")]);
  const place = /** @type {HTMLElement} */ (root.querySelector(".stage-place"));
  const follow = /** @type {HTMLElement | null} */ (document.querySelector("[data-follow]"));
  /** @type {Map<HTMLElement, import("./question.js").Question>} */
  const questions = new Map();
  let at = -1, waiting = 0;

  steps.forEach((step, i) => {
    const box = /** @type {HTMLElement | null} */ (step.querySelector("[data-question]"));
    if (box) questions.set(step, question(box, { concept, changed: (reason) => answered(i, reason) }));
    step.querySelector("[data-follow-here]")?.addEventListener("click", () => {
      stage.follow();
      enter(i, true);
      focusStep(step); // the button goes
    });
  });
  const bar = rail(document.querySelector(".rail"), steps, questions);

  /** @param {HTMLElement} step @param {boolean} [preventScroll] */
  function focusStep(step, preventScroll = true) {
    step.tabIndex = -1;
    step.focus({ preventScroll });
  }

  /** @param {number} i @param {"flag" | "answer" | "elsewhere"} reason what changed: in this tab, or in another */
  function answered(i, reason) {
    if (reason !== "flag") bar.draw(at);
    if (reason === "answer") stage.follow();
    enter(reason === "elsewhere" ? at : i, true);
  }

  /** The state of a step: its own, that of its answer once it may be seen, or what the steps before it left.
   * @param {number} i */
  function stateOf(i) {
    for (let j = i; j >= 0; j--) {
      const asked = questions.get(steps[j]);
      const text = (asked?.shown && asked.reveal.dataset.show) || steps[j].dataset.show;
      if (text) return JSON.parse(text);
    }
    return {};
  }

  /** @param {number} next @param {boolean} [anew] also if it is the present step */
  function enter(next, anew = false) {
    if (next === at && !anew) return;
    at = next;
    const step = steps[at], asked = questions.get(step);
    steps.forEach((one, i) => one.classList.toggle("current", i === at));
    bar.draw(at);
    stage.ask(asked?.ways() ?? {});
    if (stage.owner !== "text") return;
    const flag = asked?.flag === undefined ? {} : { flag: asked.flag };
    const highlight = asked?.shown ? asked.reveal.dataset.highlight || step.dataset.highlight : step.dataset.highlight;
    stage.show({ ...stateOf(at), ...flag }, highlight ?? "");
  }

  // Paper has the answers beside the questions, so the stage on it is not covered either. The demo draws afterwards.
  addEventListener("beforeprint", () => {
    const asked = questions.get(steps[at]), text = asked?.reveal.dataset.show;
    if (stage.owner !== "text" || asked?.shown || !text) return;
    stage.show({ ...JSON.parse(text), ...(asked?.flag === undefined ? {} : { flag: null }) }, "");
  }, { capture: true });
  addEventListener("afterprint", () => enter(Math.max(at, 0), true));

  /** The step at the line of reading: a little above the middle of what nothing covers. */
  function reading() {
    waiting = 0;
    const { top, bottom, width } = place.getBoundingClientRect();
    const above = width > root.clientWidth * 0.9 && getComputedStyle(place).position === "sticky" && top < innerHeight / 2;
    const cover = above ? Math.max(bottom, 0) : 0;
    const line = cover + 0.4 * (innerHeight - cover);
    let next = 0;
    steps.forEach((step, i) => {
      if (step.getBoundingClientRect().top <= line) next = i;
    });
    enter(next);
    bar.scrolled(line);
  }

  const look = () => void (waiting ||= requestAnimationFrame(reading));
  addEventListener("scroll", look, { passive: true });
  addEventListener("resize", look);
  const handed = () => {
    const theirs = stage.owner === "reader";
    document.body.classList.toggle("taken", theirs);
    if (follow) follow.hidden = !theirs;
  };
  stage.watch(() => {
    handed();
    if (stage.owner === "text") enter(Math.max(at, 0), true);
  });
  follow?.addEventListener("click", () => {
    stage.follow();
    /** @type {HTMLElement | null} */ (document.querySelector(".rail [aria-current]"))?.focus({ preventScroll: true });
  });
  for (const link of root.querySelectorAll("[data-to-stage]")) {
    link.addEventListener("click", (event) => {
      if (getComputedStyle(place).position !== "sticky") return;
      event.preventDefault();
      stage.focus();
    });
  }
  root.querySelector("[data-from-stage]")?.addEventListener("click", (event) => {
    event.preventDefault();
    focusStep(steps[Math.max(at, 0)], getComputedStyle(place).position === "sticky");
  });
  handed();
  enter(0); // what it changes is laid out together with what is read next
  reading();
}
