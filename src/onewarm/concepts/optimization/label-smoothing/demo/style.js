/** The look of this demo, on top of the kit's. */

import { RELIABILITY } from "onewarm/reliability.js";
import { STAGE_CSS } from "./stage-style.js";

export const CSS = `${RELIABILITY}
.losses th, .head { color: var(--mute); font-size: 0.8125rem; }
.loss .pane-head { justify-content: start; gap: 0.375rem 0.625rem; }
.loss .pane-head label, .loss select { color: var(--ink); font-size: 0.9375rem; }

.row {
  grid-template: "name z p t g" auto "zt zt zt zt zt" auto "pt pt pt pt pt" auto / minmax(0, 1fr) 3em 3em 3em 4.9em;
  --h: 2.25rem;
}
.track.z { grid-area: zt; padding-inline: 0.8125rem; }
.track.p { grid-area: pt; }
.num-z { color: var(--mute); }
.row[data-pull="up"] .num-g { color: var(--up); }
.row[data-pull="down"] .num-g { color: var(--down); }
@container (min-width: 32.5rem) {
  /* name | slider above bar | numbers */
  .rows { grid-template-columns: fit-content(26%) minmax(0, 1fr) 3em 3.2em 4.9em; gap: 0.5rem 0.625rem; }
  .row {
    --h: 2rem;
    grid-column: 1 / -1;
    grid-template: none;
    grid-template-areas: "name zt z z z" "name pt p t g";
    grid-template-columns: subgrid;
  }
  .row.head { grid-template-areas: "name zt p t g"; }
  .head .track.z { display: block; padding: 0; }
  .head .num-z { display: none; }
  .num-z { text-align: start; padding-inline-start: 1em; }
  .num-z .held::before { content: "z = "; }
  .foot .track::after {
    position: absolute;
    top: 0;
    left: calc(100% + 1.375rem);
    color: var(--mute);
    font-size: 0.75rem;
    line-height: 1.125rem;
    white-space: nowrap;
  }
  .foot .track.z::after { content: "z"; }
  .foot .track.p::after { content: "p and t"; }
}
@container (min-width: 53.75rem) {
  /* all on one line */
  .rows { grid-template-columns: fit-content(20%) minmax(0, 1fr) 3em minmax(0, 1.15fr) 3em 3em 4.9em; gap: 0.25rem 0.875rem; }
  .row, .row.head { --h: 2.5rem; grid-template-areas: "name zt z pt p t g"; }
  [data-few="true"] .row:not(.head, .foot) { --h: 3.25rem; }
  .head .track { display: block; }
  .head .num-z { display: block; }
  .foot .track::after { content: none !important; }
  .num-z { text-align: end; }
  .num-z .held::before { content: none; }
}
@container (max-width: 32.4375rem) {
  .rows { gap: 0.875rem; }
  .row { --h: 2rem; }
  .row.head { font-size: 0.75rem; margin-bottom: -0.5rem; }
  .head .num { font-size: 0.75rem; }
}

.arrow { fill: none; stroke: var(--mute); stroke-width: 1.75; }
.drop { stroke: var(--soft); stroke-width: 1.25; stroke-dasharray: 2 3; }
.low { fill: var(--paper); stroke: var(--soft); stroke-width: 2.5; }
.chart .soft-text { fill: var(--soft); font-weight: 600; }
[data-pull="up"].tangent { stroke: var(--up); }
[data-pull="down"].tangent { stroke: var(--down); }
[data-pull="none"].tangent { stroke: var(--mute); }
.hard-dot { fill: var(--mute); }
.losses { margin-top: 0.5rem; }
.losses :is(td, th) { white-space: nowrap; }
.losses thead th { color: var(--ink); }
.losses thead > tr > * { border: 0; }
.losses tbody tr:first-child td { font-weight: 600; }
.losses tbody tr:first-child td:nth-child(2) { color: var(--soft); }
@container (max-width: 26.875rem) {
  .losses { font-size: 0.8125rem; }
  .losses :is(td, th):not(:first-child) { padding-inline-start: 0.5rem; }
  .losses { letter-spacing: -0.01em; }
}

.train-controls { display: flex; flex-wrap: wrap; gap: 0.625rem 1.75rem; align-items: center; }
.train-controls .range-control { flex: 1 1 17.5rem; }
.training, .calibration { border-top: 1px solid var(--rule); padding-top: 1.5rem; }
.opposite[aria-disabled="true"] { text-decoration: none; background: none; cursor: auto; }
.opposite { margin: -0.625rem 0 0.875rem; padding-inline: 0; font-size: 0.875rem; }
.cards { display: grid; gap: 2rem; grid-template-columns: minmax(0, 1fr); }
.card { container-type: inline-size; min-width: 0; }
.runs { display: grid; gap: 1.25rem; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); margin-block: 1rem; }
.run { min-width: 0; display: flex; flex-direction: column; gap: 0.25rem; }
.run .verdict { min-height: 1.4em; margin: 0; font-size: 0.9375rem; }
.run-figures { display: grid; gap: 0.75rem; grid-template-columns: minmax(0, 1fr); }
.regions .chart { position: relative; }
.regions canvas { position: absolute; inset: 0 auto auto 0; max-width: 100%; border-radius: 4px; }
.mark { stroke: var(--paper); stroke-width: 0.75; }
.mark-0 { fill: light-dark(#0a6b5c, #4fd0b8); }
.mark-1 { fill: light-dark(#5b37a8, #bda4ff); }
.mark-2 { fill: light-dark(#8a5800, #f5c451); }
.card-body { display: grid; gap: 0.875rem 1.375rem; grid-template-columns: minmax(0, 1fr); align-items: center; }
@container (min-width: 27.5rem) {
  .card-body { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  .card-body :is(dl, .curve-figure) { grid-column: 1 / -1; }
  dl > div { display: block; }
  dd { text-align: start; }
}
@container (min-width: 45rem) {
  .cards { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 2.75rem; }
}
@container (min-width: 45rem) {
  .run-figures { grid-template-columns: repeat(3, minmax(0, 1fr)); }
  .runs { grid-template-columns: minmax(0, 1fr); }
}

.band { fill: var(--soft); opacity: 0.18; }
.line { stroke: var(--soft); stroke-width: 2; }
.measured { fill: var(--soft); }
.baseline { stroke: var(--mute); stroke-dasharray: 6 4; }

@container demo (min-width: 43.75rem) {
  .controls { grid-template-columns: minmax(0, 1fr) auto; }
  .why { grid-column: 1 / -1; grid-row: 3; min-height: 1.45em; }
  .readout { grid-column: 2; grid-row: 2; justify-self: end; text-align: end; }
}
@container demo (min-width: 66.25rem) {
  .stage { grid-template: "logits loss" auto "table loss" 1fr / minmax(0, 1.9fr) minmax(0, 1fr); gap: 0.75rem 2.5rem; }
  .logits { grid-area: logits; }
  .loss { grid-area: loss; }
  .numbers { grid-area: table; }
}

/* The object that a step highlights has a ring around it; the rest is dimmed. */
.alpha-control, .calibration, .track.z, .low { transition: none; }
[data-highlight="logit"] .track.p { opacity: 0.25; }
[data-highlight="alpha"] .alpha-control,
[data-highlight="calibration"] .calibration .cards,
[data-highlight="training"] .training .runs,
[data-highlight="regions"] .figure.regions,
[data-highlight="reliability"] :is(.figure.reliability, .figure.error-areas),
[data-highlight="logit"] .track.z {
  outline: 2px solid var(--focus);
  outline-offset: 0.375rem;
  border-radius: 0.25rem;
}
[data-highlight="logit"] .track.z { outline-offset: 0; }
[data-highlight="curve"] .curve { stroke-width: 5; }
[data-highlight="curve"] :is(.drop, .low, .tangent), [data-highlight="minimum"] .loss :is(.tangent, .dot) { opacity: 0.3; }
[data-highlight="minimum"] .low { r: 9px; stroke-width: 4; stroke: var(--focus); }
${STAGE_CSS}`;
