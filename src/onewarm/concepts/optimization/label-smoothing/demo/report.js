/** The part of a study's report that this demo draws, checked value by value. */

import { numberFrom } from "onewarm/fields.js";
import { fixed, intervalText } from "onewarm/numbers.js";

/** @typedef {import("../demo.js").View} View */
/** @typedef {{mean: number, interval: [number, number] | null}} Estimate */
/** @typedef {"before" | "after" | "end"} When stopped where the validation NLL was lowest, raw or after its temperature;
 *   or trained to the end, raw */
/** @typedef {{alpha: number, arm: string, before: Side, after: Side | null, end: Side | null}} Point */
/** @typedef {{ece: Estimate, difference: Estimate | null, confidence: number | null, accuracy: Estimate | null,
 *   temperature: number | null, bins: Bin[]}} Side */
/** @typedef {{count: number, confidence: number, accuracy: number}} Bin */

/** @param {any} given @returns {Estimate | null} */
function estimate(given) {
  if (!Number.isFinite(given?.mean)) return null;
  const pair = given.interval;
  return {
    mean: given.mean,
    interval: Array.isArray(pair) && pair.length === 2 && pair.every(Number.isFinite) ? [pair[0], pair[1]] : null,
  };
}

/** The hard arm and the smooth:ALPHA arms of a study report, by alpha. Null where there is nothing to draw.
 * @param {any} report @returns {{title: string, seeds: number, points: Point[]} | null} */
export function readReport(report) {
  const arms = Array.isArray(report?.arms)
    ? report.arms.filter((/** @type {any} */ arm) => typeof arm === "string")
    : [];
  const points = [];
  for (const arm of arms) {
    const alpha = arm === "hard" ? 0 : numberFrom(/^smooth:(.+)$/.exec(arm)?.[1] ?? null);
    const before = alpha === undefined ? null : side(report, arm, "before");
    if (alpha === undefined || !before) continue;
    const end = report.end ? side(report.end, arm, "before") : null;
    points.push({ alpha, arm, before, after: side(report, arm, "after"), end });
  }
  points.sort((a, b) => a.alpha - b.alpha);
  if (!points.length) return null;
  const title = report.dataset?.title ?? report.dataset?.key;
  return {
    title: typeof title === "string" ? title : "",
    seeds: Array.isArray(report.seeds) ? report.seeds.length : 0,
    points,
  };
}

/** @param {any} report @param {string} arm @param {"before" | "after"} when @returns {Side | null} */
function side(report, arm, when) {
  const metric = when === "before" ? "ece" : "ece_after";
  const drawn = report.reliability?.[arm]?.[when];
  const ece = estimate(report.metrics?.[arm]?.[metric]) ?? estimate({ mean: drawn?.ece });
  if (!ece) return null;
  const bins = (Array.isArray(drawn?.bins) ? drawn.bins : []).filter(
    (/** @type {any} */ bin) => bin?.count > 0 && Number.isFinite(bin.confidence) && Number.isFinite(bin.accuracy),
  );
  const count = bins.reduce((/** @type {number} */ n, /** @type {Bin} */ bin) => n + bin.count, 0);
  const mean = count
    ? bins.reduce((/** @type {number} */ c, /** @type {Bin} */ bin) => c + bin.count * bin.confidence, 0) / count
    : null;
  const measured = when === "before" ? estimate(report.metrics?.[arm]?.mean_confidence)?.mean : undefined;
  const pairs = Array.isArray(report.comparisons) ? report.comparisons : [];
  const difference = estimate(
    pairs.find((/** @type {any} */ c) => c?.arm === arm && c.baseline === "hard" && c.metric === metric),
  );
  const temperature = estimate(report.metrics?.[arm]?.temperature)?.mean ?? report.reliability?.[arm]?.temperature;
  return {
    ece,
    difference,
    confidence: measured ?? mean,
    accuracy: estimate(report.metrics?.[arm]?.accuracy),
    temperature: Number.isFinite(temperature) ? temperature : null,
    bins,
  };
}

/** What is measured of a point in this view; as trained where that was not measured. @param {Point} point
 * @param {When} when @returns {Side} */
export const sideOf = (point, when) => point[when] ?? point.before;

/** @param {Point[]} points @param {number} alpha */
export const nearest = (points, alpha) =>
  points.reduce((best, point) => (Math.abs(point.alpha - alpha) < Math.abs(best.alpha - alpha) ? point : best));

const WORDS = { before: "Smoothing", after: "After its temperature, smoothing", end: "Trained to the end, smoothing" };

/** @param {Point} point @param {When} view */
export function verdict(point, view) {
  const now = sideOf(point, view);
  const when = WORDS[point[view] ? view : "before"];
  if (point.arm === "hard")
    return {
      kind: "none",
      text: `Hard targets: the baseline, ECE ${fixed(now.ece.mean, 3)}${intervalText(now.ece.interval)}. Move α.`,
    };
  const a = fixed(point.alpha, 2),
    d = now.difference;
  if (!d)
    return {
      kind: "none",
      text: `${when} ${a}: ECE ${fixed(now.ece.mean, 3)}; no paired comparison with hard targets was given.`,
    };
  const clear = d.interval !== null && (d.interval[0] > 0 || d.interval[1] < 0);
  if (!clear)
    return {
      kind: "none",
      text: `${when} ${a} changes ECE by ${fixed(d.mean, 3, true)}${intervalText(d.interval)}: no clear change.`,
    };
  if (d.mean < 0)
    return {
      kind: "better",
      text: `${when} ${a} lowers ECE by ${fixed(-d.mean, 3)}${intervalText(d.interval, 3, -1)}.`,
    };
  return { kind: "worse", text: `${when} ${a} raises ECE by ${fixed(d.mean, 3)}${intervalText(d.interval)}.` };
}

/** The measured alpha nearest to the slider's at which smoothing clearly helps the first model and clearly harms the
 * second, or null; and whether the slider shows it now.
 * @param {(ReturnType<typeof readReport>)[]} reports @param {View} view @returns {[number | null, boolean]} */
export function oppositeAlphas([first, second], view) {
  if (!first || !second) return [null, false];
  const kind = (/** @type {Point} */ p) => verdict(p, view.view).kind;
  const both = first.points.filter((p) => {
    const other = second.points.find((q) => q.alpha === p.alpha);
    return other && kind(p) === "better" && kind(other) === "worse";
  });
  if (!both.length) return [null, false];
  const apart = nearest(both, view.alpha);
  return [apart.alpha, nearest(first.points, view.alpha) === apart];
}
