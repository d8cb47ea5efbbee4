/**
 * Calibration on its own, for notebooks: the model that the logit demo trains, with a slider for alpha.
 *
 *   alpha   mass moved to the uniform row        data   "overconfident" (60 rows) | "calibrated" (600 rows)
 *   seed    of the rows, 1 .. 999                state  out: those, and trained: {alpha, data, seed, steps, ece, confidence, accuracy, gap, nll, stopped}
 */

import { choice, number, whole } from "onewarm/fields.js";
import { widget } from "onewarm/widget.js";
import { CSS } from "./demo/style.js";
import { trainedPane } from "./demo/trained.js";

export default widget({
  name: "calibration",
  label: "Calibration demo: train a small model with smoothing",
  css: CSS,
  fields: {
    alpha: number(0.1, -1, 1),
    data: choice("overconfident", ["overconfident", "calibrated"]),
    seed: whole(1, 1, 999),
  },
  traits: ["alpha", "data", "seed"],
  highlights: ["training", "regions", "reliability"],
  derive: (state) => ({ ...state }),
  build(ctx) {
    const pane = trainedPane(ctx);
    return { panes: [pane], nodes: [pane.node] };
  },
});
