/** The look of this demo, on top of the kit's. */

import { RELIABILITY } from "onewarm/reliability.js";

export const CSS = `${RELIABILITY}
.stage { gap: 2.5rem; }
[data-layout="stage"] .stage { flex: 1 1 0; min-block-size: 0; display: flex; flex-direction: column; gap: 0; }
[data-layout="full"] :is(.bins, .sampling, .compare) { display: grid; gap: 0.75rem; }
.pair { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 0.5rem 1.25rem; }
.pair > * { position: relative; min-width: 0; }
[data-layout="stage"] .pair { flex: 1 1 0; min-block-size: 0; }
[data-layout="stage"] .pair > * { display: flex; flex-direction: column; min-block-size: 0; }
[data-layout="full"] .pair { max-width: 46rem; }
.figure-title { font-size: 0.875rem; font-weight: 600; }
.figure.counts { position: relative; }
[data-layout="stage"] .figure.counts { flex: none; block-size: 3.5rem; }
[data-layout="stage"] .beside-counts { flex: none; block-size: 3.5rem; }
.bins .right b { color: var(--down); }
.histogram-figure { position: relative; }
.grab { cursor: ns-resize; touch-action: none; }
.count { fill: var(--bar); }
.count[data-picked="true"] { fill: var(--soft); }
.ring { fill: none; stroke: var(--soft); stroke-width: 2; pointer-events: none; }
.sum { font-size: 0.875rem; min-height: 2.9em; }
.sliders { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0.125rem 1.5rem; }
.pick-control { grid-template-columns: auto minmax(0, 1fr) 4.4em; }
.size-control { grid-template-columns: auto minmax(0, 1fr) 3.6em; }
.histogram-bar { fill: var(--bar); }
.truth { stroke: var(--up); stroke-width: 2; }
.this-sample { stroke: var(--soft); stroke-width: 2; }
.covered {
  position: absolute;
  inset: 1.5rem 0.5rem 2.5rem 3rem;
  display: grid;
  place-items: center;
  text-align: center;
  color: var(--mute);
  background: var(--wash);
  border: 1px dashed var(--rule);
}
.estimates { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); column-gap: 1.5rem; }
.estimates > :first-child { grid-column: 1 / -1; }
.estimates dt { white-space: nowrap; }
.parts { max-width: 32rem; font-size: 0.875rem; }
.parts td:first-child { text-align: end; }
.parts th[scope="row"] { text-align: start; }
.parts td, .parts th { padding-block: 0.125rem; }
.parts tbody tr:last-child > * { font-weight: 600; }
@container demo (max-width: 30rem) {
  .sliders, .estimates { grid-template-columns: minmax(0, 1fr); }
  [data-layout="full"] .pair { grid-template-columns: minmax(0, 1fr); }
}
@container stage (max-height: 30rem) {
  [data-layout="stage"] :is(.sum, .counts, .beside-counts, .confidence-control, .rows-control, .error-control, .pick-control) { display: none; }
  [data-layout="stage"] .into { display: inline-block; }
  [data-layout="stage"] .into::first-letter { text-transform: uppercase; }
  [data-layout="stage"] .figure-title { font-size: 0.75rem; line-height: 1.2; }
  [data-layout="stage"] .parts tr:is([data-line="1"], [data-line="3"], [data-line="4"]) { display: none; }
  [data-layout="stage"] .parts { font-size: 0.8125rem; }
  [data-layout="stage"] .sliders { grid-template-columns: repeat(2, minmax(0, 1fr)) auto; }
  [data-layout="stage"] .bins .sliders { grid-template-columns: minmax(0, 1fr); }
  [data-layout="stage"] .range-control .held:has(input), [data-layout="stage"] .range-control input { height: 1.375rem; }
  [data-layout="stage"] .estimates > div { padding: 0; font-size: 0.8125rem; }
  [data-layout="stage"] .segmented > legend { display: none; }
}
@container stage (max-height: 30rem) and (max-width: 30rem) {
  .covered { inset: 1.5rem 0.375rem 1.375rem 1.75rem; font-size: 0.8125rem; }
  [data-layout="stage"] .sampling .buttons { display: none; }
  [data-layout="stage"] .estimates > :not(:nth-child(3), :nth-child(5)) { display: none; }
  [data-layout="stage"] .pair { gap: 0.375rem; }
  [data-layout="stage"] .sampling .sliders { grid-template-columns: minmax(0, 1fr); gap: 0; }
}
[data-highlight="gaps"] .bin-gap { stroke-width: 6; }
[data-highlight="dots"] .bin, [data-highlight="sample"] .sampling .bin, [data-highlight="merged"] [data-object="merged"] .bin {
  stroke: var(--ink);
  stroke-width: 2.5;
}
[data-highlight="diagonal"] .diagonal { stroke: var(--focus); stroke-width: 3; }
[data-highlight="areas"] .bin-area { opacity: 0.9; stroke: var(--focus); stroke-width: 1.5; }
[data-highlight="levels"] .confidence-line { stroke: var(--focus); stroke-width: 3; }
[data-highlight="rows"] .count { stroke: var(--focus); stroke-width: 1.5; }
[data-highlight="histogram"] .histogram-bar { fill: var(--soft); }
[data-highlight="truth"] .truth { stroke-width: 5; }
[data-highlight="total"] .bins b,
[data-highlight="sum"] .sum,
[data-highlight="estimates"] .estimates,
[data-highlight="parts"] .parts,
[data-highlight="accuracy"] .accuracy-control {
  outline: 2px solid var(--focus);
  outline-offset: 1px;
  border-radius: 4px;
}
`;
