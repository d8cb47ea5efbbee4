/** Labelled native controls. Each has `draw`, which shows a value and never fires an event. */

import { element, fixedBox, setAttributes, setText } from "onewarm/dom.js";
import { fixed } from "onewarm/numbers.js";

/** A slider with its label and its value. Screen readers read the value from the slider.
 * @param {{id: string, label: (Node | string)[], min: number, max: number, step: number | "any",
 *          change: (value: number) => void, text?: (value: number) => string, spoken?: (value: number) => string,
 *          object?: string, name?: string}} of   object: what a step of the lesson may highlight; name: a class of the control */
export function range({
  id,
  label,
  min,
  max,
  step,
  change,
  object = "",
  name = "range",
  text = (v) => fixed(v, 2),
  spoken = text,
}) {
  const input = element("input", { type: "range", min, max, step, id, class: name });
  const shown = fixedBox();
  input.addEventListener("input", () => change(input.valueAsNumber));
  const node = element(
    "div",
    { class: `control range-control ${name}-control` },
    element("label", { for: id }, ...label),
    element("span", {}, fixedBox(input)),
    element("output", { for: id, "aria-live": "off" }, shown),
  );
  if (object) setAttributes(node, { "data-object": object });
  return {
    node,
    input,
    /** @param {number} value @param {[number, number]} [span] the ends, where the value lies outside min and max */
    draw(value, [lo, hi] = [min, max]) {
      setAttributes(input, { min: lo, max: hi, "aria-valuetext": spoken(value) });
      if (input.valueAsNumber !== value) input.value = String(value);
      setText(shown, text(value));
    },
  };
}

/** The slider of alpha: from 0 to 0.5, and wider while the state holds a value beyond.
 * @param {{id: string, label: string, change: (alpha: number) => void, object?: string, name?: string,
 *          text?: (alpha: number) => string}} of   label: what stands before the letter */
export function alphaRange({ id, label, change, object, name = "alpha", text = alphaText }) {
  const control = range({
    id,
    name,
    object,
    label: [element("span", { class: "label-word" }, `${label} `), element("i", {}, "α")],
    min: 0,
    max: 0.5,
    step: 0.01,
    change,
    text,
    spoken: (alpha) => fixed(alpha, 2),
  });
  return {
    node: control.node,
    /** @param {number} alpha */
    draw: (alpha) => control.draw(alpha, [alpha < 0 ? -1 : 0, alpha > 0.5 ? 1 : 0.5]),
  };
}

/** Two decimals, or four where two would round. @param {number} alpha */
const alphaText = (alpha) => fixed(alpha, Number(alpha.toFixed(2)) === alpha ? 2 : 4);

/** A choice of a few, side by side: radio buttons.
 * @param {{name: string, legend: string, options: [string, string][], change: (value: string) => void,
 *          object?: string}} of   options: value and text */
export function segments({ name, legend, options, change, object = "" }) {
  const radios = options.map(([value]) => {
    const input = element("input", { type: "radio", name, value });
    input.addEventListener("change", () => change(value));
    return input;
  });
  const labels = radios.map((input, i) => element("label", {}, input, element("span", {}, options[i][1])));
  const node = element(
    "fieldset",
    { class: "control segmented" },
    element("legend", {}, legend),
    element("div", { class: "segments" }, ...labels),
  );
  if (object) setAttributes(node, { "data-object": object });
  return {
    node,
    /** @param {string} value */
    draw: (value) => radios.forEach((input) => (input.checked = input.value === value)),
  };
}

/** A button. @param {string} text @param {() => void} press @param {string} [name] its class: "quiet" looks like a link */
export function button(text, press, name = "") {
  const node = element("button", name ? { type: "button", class: name } : { type: "button" }, text);
  node.addEventListener("click", press);
  return node;
}

/** A choice of many: a select. An option's value may be "". @param {{id: string, label: string,
 *   options: [string, string][], change: (value: string) => void}} of */
export function select({ id, label, options, change }) {
  const input = element("select", { id }, ...options.map(([value, text]) => element("option", { value }, text)));
  input.addEventListener("change", () => change(input.value));
  return {
    label: element("label", { for: id }, label),
    input,
    /** @param {string} value */
    draw: (value) => void (input.value !== value && (input.value = value)),
  };
}
