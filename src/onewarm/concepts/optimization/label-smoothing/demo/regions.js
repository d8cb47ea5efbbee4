/** A picture of the plane through the clouds' centres: what the model there says, the surer the deeper, and test rows. */

import { chart } from "onewarm/chart.js";
import { element, setAttributes, setStyle, svgElement } from "onewarm/dom.js";
import { px } from "onewarm/numbers.js";
import { logitsOnPlane, ontoPlane, probabilitiesAt } from "./plane.js";
import { K } from "./training.js";

/** @typedef {import("./training.js").Rows} Rows */

const REACH = 2.9; // of the plane's coordinates, along the shorter side of the picture
const POINTS = 150; // test rows that are drawn
const CELL = 5; // of the picture, in its units: one colour each
const HUES = [
  [14, 140, 120],
  [125, 85, 200],
  [205, 135, 10],
];
/** A mark of a class around (x, y). @type {((x: number, y: number) => string)[]} */
const MARKS = [
  (x, y) => `M${px(x - 3)},${px(y)}a3,3 0 1,0 6,0a3,3 0 1,0 -6,0`,
  (x, y) => `M${px(x - 2.6)},${px(y - 2.6)}h5.2v5.2h-5.2z`,
  (x, y) => `M${px(x)},${px(y - 3.6)}l3.6,6.2h-7.2z`,
];

/** @param {string} label how it is called aloud */
export function regions(label) {
  const plot = chart(label, "regions");
  const canvas = element("canvas", { "aria-hidden": "true" });
  const marks = MARKS.map((_, k) => svgElement("path", { class: `mark mark-${k}` }));
  setAttributes(plot.svg, { "data-object": "regions" });
  plot.svg.append(...marks);
  plot.figure.prepend(canvas);
  const brush = canvas.getContext("2d");
  let image = /** @type {ImageData | null} */ (null);
  return {
    figure: plot.figure,
    /** @param {number} W @param {number} H @param {Float64Array} weights @param {Rows} test @param {string} title */
    draw(W, H, weights, test, title) {
      const unit = Math.min(W, H) / (2 * REACH);
      const columns = Math.ceil(W / CELL),
        lines = Math.ceil(H / CELL);
      const fresh = plot.ground(W, H, "", () => []);
      if (fresh) {
        setAttributes(canvas, { width: columns, height: lines });
        image = brush?.createImageData(columns, lines) ?? null;
        setStyle(canvas, "width", `${W / 16}rem`);
        setStyle(canvas, "height", `${H / 16}rem`);
        const places = ontoPlane(test);
        MARKS.forEach((mark, k) => {
          let d = "";
          for (let i = 0; i < POINTS; i++) {
            const x = W / 2 + unit * places[i * 2],
              y = H / 2 - unit * places[i * 2 + 1];
            if (test.labels[i] === k && x > 4 && x < W - 4 && y > 4 && y < H - 4) d += mark(x, y);
          }
          setAttributes(marks[k], { d });
        });
      }
      setAttributes(plot.svg, { "aria-label": `${label}, ${title}` });
      if (!brush || !image) return;
      const logits = logitsOnPlane(weights);
      for (let j = 0; j < lines; j++)
        for (let i = 0; i < columns; i++) {
          const p = probabilitiesAt(logits, ((i + 0.5) * CELL - W / 2) / unit, (H / 2 - (j + 0.5) * CELL) / unit);
          const top = p[0] >= p[1] && p[0] >= p[2] ? 0 : p[1] >= p[2] ? 1 : 2;
          const sure = (p[top] - 1 / K) / (1 - 1 / K);
          const at = 4 * (j * columns + i);
          for (let c = 0; c < 3; c++) image.data[at + c] = HUES[top][c];
          image.data[at + 3] = 255 * (0.04 + 0.72 * sure * sure);
        }
      brush.putImageData(image, 0, 0);
    },
  };
}
