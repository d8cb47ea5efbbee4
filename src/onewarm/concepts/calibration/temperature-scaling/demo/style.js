/** The look of this demo, on top of the kit's. */

import { RELIABILITY } from "onewarm/reliability.js";

export const CSS = `${RELIABILITY}
.cover { fill: var(--wash); stroke: var(--rule); }
.low { fill: var(--paper); stroke: var(--soft); stroke-width: 2.5; }
.ratio-dots { fill: none; stroke: var(--soft); stroke-width: 6; stroke-linecap: round; opacity: 0.55; }
.ratio-line { stroke: var(--ink); stroke-width: 2.5; }
.best[aria-disabled="true"] { color: var(--mute); cursor: default; }

.rows { grid-template-columns: minmax(5rem, auto) minmax(0, 1fr) 4.5em 5.5em; gap: 0.25rem 0.5rem; }
.row { grid-column: 1 / -1; grid-template-areas: "name pt z p"; grid-template-columns: subgrid; --h: 2.25rem; }
.head .track { display: block; }
.track.p { grid-area: pt; }
.name { cursor: auto; }
.num-p { font-weight: 600; }
.was { position: absolute; top: 25%; height: 50%; border: 1.5px dashed var(--mute); border-inline-start: 0; }
.swatch.s-was { border: 1.5px dashed var(--mute); }
.swatch.s-dots { width: 0.5625rem; height: 0.5625rem; border-radius: 50%; background: var(--soft); }
.swatch.s-same {
  height: 2px;
  background: repeating-linear-gradient(90deg, var(--mute) 0 0.25rem, transparent 0.25rem 0.4375rem);
}
.mark { color: var(--soft); font-size: 0.85em; overflow: visible; }
.mark:not(:empty)::before { content: "✓ "; }

.whole .track { --h: 1.75rem; }
.whole .legend { margin-bottom: 0.25rem; }
.whole b { color: var(--ink); }
.error { font-size: 1.125rem; }
@container demo (min-width: 43.75rem) {
  .controls { grid-template-columns: minmax(0, 1fr) auto; }
  .root[data-layout="full"] .diagram-pane { max-width: 30rem; }
}

[data-layout="stage"] .controls { grid-template-columns: minmax(0, 1fr) auto; gap: 0.375rem 1rem; align-items: center; }
[data-layout="stage"] .range-control { grid-column: 1 / -1; }
[data-layout="stage"] .example-pane .rows { flex: 1; align-content: space-evenly; }
@container stage (max-height: 30rem) {
  [data-layout="stage"] .curve-pane legend { position: absolute; clip-path: inset(50%); }
  [data-layout="stage"] .whole .legend { display: flex; }
  [data-layout="stage"] .whole .track { --h: 1.25rem; }
  [data-layout="stage"] .diagram-pane.fill:not([hidden]) { flex-direction: row; }
  [data-layout="stage"] .error { font-size: 1rem; align-self: center; }
  .root[data-layout="stage"] .rows { grid-template-columns: minmax(4rem, auto) minmax(0, 1fr) 3.75em 5em; }
  .root[data-layout="stage"] .rows .row:not(.head, .foot) {
    grid-template-areas: "name pt z p";
    --h: 1.75rem;
  }
  [data-layout="stage"] .row .num:not(.num-g) { display: block; }
  [data-layout="stage"] .row.head { display: grid; font-size: 0.75rem; }
  [data-layout="stage"] .ratios-pane.fill:not([hidden]) { flex-direction: row; }
  [data-layout="stage"] .ratios-pane .facts { width: 14rem; align-self: center; }
  [data-layout="stage"] .ratios-pane .facts > div { display: block; }
  [data-layout="stage"] .ratios-pane dd { text-align: start; }
}
@container stage (max-height: 30rem) and (max-width: 30rem) {
  [data-layout="stage"] :is(.curve-pane .pane-head, .whole, .best, .quiet) { display: none; }
  [data-layout="stage"][data-highlight="confidence"] .whole { display: block; }
  [data-layout="stage"] .ratios-pane .facts { display: none; }
  [data-layout="stage"][data-highlight="inverse"] .ratios-pane .facts { display: block; width: 8.5rem; }
}

/* Text of twice the size on a tablet or a phone. */
@container stage (max-height: 15rem) {
  [data-layout="stage"] :is(.readout, .buttons, .row.head, .ratios-pane .facts > div:not(:last-child)) { display: none; }
  [data-layout="stage"] .curve-pane .pane-head, [data-layout="stage"] .whole { display: none; }
  .root[data-layout="stage"] .rows { gap: 0 0.5rem; }
  .root[data-layout="stage"] .rows .row:not(.head, .foot) { --h: 1.25rem; }
  [data-layout="stage"] .row .name { min-height: 1.25rem; }
}

/* What a step of the lesson points at. */
[data-highlight="temperature"] .temperature-control,
[data-highlight="confidence"] .whole,
[data-highlight="ece"] .error,
[data-highlight="inverse"] .facts,
[data-highlight="logit"] .rows .row:not(.head) .num-z {
  outline: 2px solid var(--focus);
  outline-offset: 1px;
  border-radius: 0.25rem;
}
[data-highlight="curve"] .curve { stroke-width: 5; }
[data-highlight="minimum"] .low { r: 9px; stroke-width: 4; stroke: var(--focus); }
[data-highlight="minimum"] .dot { opacity: 0.4; }
[data-highlight="bar"] .was { opacity: 1; }
[data-highlight="ratios"] .ratio-dots { opacity: 1; }
[data-highlight="line"] .ratio-line { stroke-width: 5; stroke: var(--focus); }
[data-highlight="equal"] .diagonal { stroke-width: 3; }
[data-highlight="diagram"] .bin-gap { stroke-width: 5; }
`;
