/** The index: which lessons are done, begun or next, from what is kept in this browser. */
import { begun, met } from "./path.js";
import { read, watch } from "./store.js";

const lessons = /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-course] > [data-lesson]")]);
const says = document.querySelector("[data-course-says]");

function show() {
  const keys = lessons.map((lesson) => lesson.dataset.lesson ?? "");
  const next = keys.findIndex((key) => !met(key));
  lessons.forEach((lesson, i) => {
    const { done = 0, of = 0 } = read(`progress:${keys[i]}`, {});
    const state = /** @type {HTMLElement} */ (lesson.querySelector("[data-state]"));
    const words = met(keys[i]) ? ["done"] : [
      ...(i === next ? [begun(keys[i]) ? "go on here" : "begin here"] : []),
      ...(read(`followed:${keys[i]}`, false) ? ["prediction followed"] : []),
      ...(done ? [`${done} of ${of} exercises`] : []),
    ];
    lesson.classList.toggle("met", met(keys[i]));
    lesson.classList.toggle("begin", i === next);
    state.hidden = !words.length;
    state.textContent = words.join(" · ");
  });
  const count = keys.filter(met).length;
  if (!says || !lessons.length) return;
  const title = lessons[next]?.querySelector("a")?.textContent;
  says.textContent = `${count} of ${lessons.length} lessons done, kept in this browser.${title ? ` Next: ${title}.` : ""}`;
}

watch("", show);
addEventListener("pageshow", show);
show();
