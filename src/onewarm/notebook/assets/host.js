/** Hosts a demo (an anywidget module) on a static page: a model with events, and the state in the page's address. */

/** The model that a demo gets: anywidget's get, set, on, off, save_changes, without a kernel behind it. */
export class Model {
  #values;
  /** The keys of what the demo can change. */
  fields;
  /** @type {Map<string, Set<Function>>} */
  #listeners = new Map();

  /** @param {Record<string, unknown>} values */
  constructor(values) {
    this.#values = { ...values };
    this.started = this.state();
    this.fields = [...Object.keys(this.started), "scene"];
  }

  /** @param {string} key */
  get(key) {
    return this.#values[key];
  }

  /** @param {string} key @param {unknown} value */
  set(key, value) {
    if (Object.is(this.#values[key], value)) return;
    this.#values[key] = value;
    for (const event of [`change:${key}`, "change"]) for (const listener of [...(this.#listeners.get(event) ?? [])]) listener();
  }

  /** @param {string} event @param {Function} listener */
  on(event, listener) {
    if (!this.#listeners.has(event)) this.#listeners.set(event, new Set());
    this.#listeners.get(event)?.add(listener);
  }

  /** @param {string} event @param {Function} [listener] */
  off(event, listener) {
    if (listener) this.#listeners.get(event)?.delete(listener);
    else this.#listeners.delete(event);
  }

  /** The demo's state: what it reported last, on top of the values it started with. */
  state() {
    const { state, address, calibration, classes, highlight, layout, pointing, pointed, quiet, ...start } = this.#values;
    return /** @type {Record<string, unknown>} */ ({ ...start, .../** @type {any} */ (state) });
  }

  save_changes() {}
  send() {}
}

/**
 * Mounts the demo that the element names in data-demo. The model starts with the page's values and the address'
 * query as "address"; what the demo puts there is written back to the address bar.
 * @param {HTMLElement} element @param {boolean} [alone] the demo is all of the page, and has all the room that it wants
 */
export async function mount(element, alone = false) {
  const data = element.querySelector("script.demo-model");
  const model = new Model({ ...JSON.parse(data?.textContent || "{}"), address: location.search.slice(1) });
  if (alone) model.set("layout", "full");
  model.on("change:address", () => {
    // The address has what the reader did; on a stage the text moves the demo as well.
    const { by = "user" } = /** @type {any} */ (model.get("state") ?? {});
    if (by !== "user" && model.get("layout") === "stage") return;
    const url = new URL(location.href);
    const query = String(model.get("address") ?? "").slice(0, 2000).replace(/(^|&)embed=demo(?:&|$)/, "$1");
    url.search = (alone ? "embed=demo&" : "") + query;
    if (url.href !== location.href) history.replaceState(history.state, "", url);
  });
  const module = await import(new URL(element.dataset.demo ?? "", document.baseURI).href);
  const widget = typeof module.default === "function" ? await module.default() : module.default;
  await widget.initialize?.({ model });
  await widget.render({ model, el: element });
  return model;
}
