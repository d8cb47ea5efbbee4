/** The stage of a lesson: the page's demo, and who moves it. The text does until the reader touches it or opens an address
 * with a state; from then on it is the reader's, until "Follow the text" is pressed. */

/** @param {HTMLElement | null} demo @param {import("./host.js").Model | null} model */
export function createStage(demo, model) {
  const says = document.querySelector("[data-stage-says]");
  const fields = model?.fields ?? [];
  /** @type {Set<() => void>} */
  const watchers = new Set();
  /** @type {(name: string) => void} */
  let pointedAt = () => {};
  /** @type {(flag: unknown) => void} */
  let flagMoved = () => {};
  let owner = /** @type {"text" | "reader"} */ ("text"),
    showing = false, // changes of the model are our own
    flagOpen = false,
    before = snapshot();

  function snapshot() {
    const state = model?.state() ?? {};
    return Object.fromEntries(fields.map((key) => [key, JSON.stringify(state[key])]));
  }

  /** Whether a query is about the demo; others, such as "?utm_source=post", are not. @param {string} query */
  function understood(query) {
    const { started = {} } = model ?? {}, now = snapshot();
    const moved = fields.some((key) => (started[key] ?? null) !== null && now[key] !== JSON.stringify(started[key]));
    return moved || fields.some((key) => new URLSearchParams(query).has(key));
  }

  /** @param {"text" | "reader"} next */
  function give(next) {
    if (owner === next) return;
    owner = next;
    for (const watcher of watchers) watcher();
  }

  /** Changes the model without taking it for the reader's doing. @param {() => void} change */
  function quietly(change) {
    showing = true;
    try {
      change();
    } finally {
      showing = false;
      before = snapshot();
    }
  }

  model?.on("change:state", () => {
    if (showing) return;
    const now = snapshot();
    const changed = fields.filter((key) => now[key] !== before[key]);
    before = now;
    const by = /** @type {any} */ (model.get("state"))?.by ?? "user";
    if (by !== "user" || !changed.length) return;
    if (changed.includes("flag")) flagMoved(model.state().flag);
    if (flagOpen && changed.every((key) => key === "flag")) return; // answers the question, and takes nothing over
    if (owner === "text" && says) says.textContent = "The stage is yours now; the text no longer moves it.";
    give("reader");
  });
  model?.on("change:pointed", () => {
    const name = model.get("pointed");
    if (typeof name !== "string" || !name) return;
    pointedAt(name);
    model.set("pointed", ""); // the same object may be pointed at again
  });

  return {
    model,
    get owner() {
      return owner;
    },
    /** Called whenever the stage changes hands. @param {() => void} watcher */
    watch: (watcher) => void watchers.add(watcher),
    /** The text's doing: puts the demo into a state. @param {Record<string, unknown>} state @param {string} highlight */
    show(state, highlight) {
      if (!model) return;
      quietly(() => {
        model.set("quiet", true);
        model.set("highlight", highlight || null);
        model.set("state", { ...state, highlight: highlight || null });
      });
    },
    /** The reader's doing, by a link: a state of the page. @param {Record<string, unknown>} state */
    open(state) {
      model?.set("quiet", false);
      quietly(() => model?.set("state", { ...state, highlight: null }));
      give("reader");
    },
    /** The reader's doing, by the address: what its query says, if that is about the demo. @param {string} query */
    read(query) {
      model?.set("quiet", false);
      quietly(() => {
        model?.set("address", "");
        model?.set("address", query);
        model?.set("state", { highlight: null });
      });
      if (understood(query)) give("reader");
    },
    follow: () => give("text"),
    /** What the question on the screen waits for. @param {{flag?: (flag: unknown) => void, point?: (name: string) => void}} ways */
    ask({ flag, point }) {
      flagOpen = Boolean(flag);
      flagMoved = flag ?? (() => {});
      pointedAt = point ?? (() => {});
      model?.set("pointing", Boolean(point));
    },
    focus: () => demo?.focus({ preventScroll: true }),
  };
}
/** @typedef {ReturnType<typeof createStage>} Stage */
