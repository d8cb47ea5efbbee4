/** Addresses: what a link or the address names is on the stage and at the top of the screen, and the way back leads back. */
import { named, show } from "./target.js";

/** @param {HTMLElement} root @param {{stage: import("./stage.js").Stage}} page */
export function addresses(root, { stage }) {
  /** The page's named states. @type {Map<string, string>} */
  const states = new Map();
  for (const link of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-state]"))) states.set(link.dataset.state ?? "", link.dataset.show ?? "{}");
  let seen = "";

  /** Puts the stage into the state of the address; without one the text has the stage. */
  function open() {
    if (location.search === seen) return;
    seen = location.search;
    const query = new URLSearchParams(location.search);
    query.delete("embed");
    const known = states.get(query.get("state") ?? "");
    query.delete("state");
    if (known !== undefined) stage.open(JSON.parse(known));
    else if (query.size) stage.read(String(query));
    else stage.follow();
  }

  stage.model?.on("change:address", () => void (seen = location.search));
  stage.watch(() => {
    if (stage.owner !== "text" || !location.search) return;
    const url = new URL(location.href);
    url.search = "";
    history.replaceState(history.state, "", url);
    seen = "";
  });
  /** A state's own anchor puts the stage into the state. */
  function openAnchor() {
    const item = named(location.hash);
    const link = item?.id.startsWith("demo-state/") ? /** @type {HTMLElement | null} */ (item.querySelector("[data-state]")) : null;
    if (!item || !link) return;
    for (const fold of item.querySelectorAll("details")) fold.open = true;
    stage.open(JSON.parse(link.dataset.show ?? "{}"));
  }

  addEventListener("popstate", open);
  addEventListener("hashchange", openAnchor);
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest?.("a[href]");
    if (!(link instanceof HTMLAnchorElement) || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const url = new URL(link.href);
    const ours = url.origin === location.origin && url.pathname === location.pathname && url.search !== location.search;
    if (!ours || !link.getAttribute("href")?.startsWith("?")) return;
    event.preventDefault();
    history.pushState(null, "", url);
    open();
    location.replace(url); // goes to the anchor, as a link without a query would
    show();
  });
  open();
  openAnchor();
}
