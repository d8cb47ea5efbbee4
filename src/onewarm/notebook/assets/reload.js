/** While `onewarm open --concepts` runs: reloads the page after each build, and shows why the last build failed. */

const events = new EventSource(new URL("../events", import.meta.url));
const note = document.createElement("section");
note.className = "live-note";
note.setAttribute("role", "status");
note.setAttribute("aria-label", "Building this page");

/** @param {string} title @param {string} text */
function say(title, text) {
  const head = document.createElement("p"), body = document.createElement("pre");
  head.textContent = title;
  body.textContent = text;
  body.tabIndex = 0;
  note.replaceChildren(head, ...(text ? [body] : []));
}

document.body.append(note);
events.onmessage = (/** @type {MessageEvent<string>} */ event) => {
  const { built, fault } = JSON.parse(event.data);
  if (built > performance.timeOrigin) location.reload();
  fault ? say("Not built: this is the last page that was whole.", fault) : note.replaceChildren();
};
events.onerror = () => {
  events.close();
  say("onewarm has stopped. Reload this page when it runs again.", "");
};
