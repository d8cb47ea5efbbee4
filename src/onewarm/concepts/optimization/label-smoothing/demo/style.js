/** The look of this demo, on top of the kit's. */

import { RELIABILITY } from "onewarm/reliability.js";

export const CSS = `${RELIABILITY}
.losses th, .head { color: var(--mute); font-size: 13px; }
.loss .pane-head { justify-content: start; gap: 6px 10px; }
.loss .pane-head label, .loss select { color: var(--ink); font-size: 15px; }

.row {
  grid-template: "name z p t g" auto "zt zt zt zt zt" auto "pt pt pt pt pt" auto / minmax(0, 1fr) 3em 3em 3em 4.9em;
  --h: 36px;
}
.track.z { grid-area: zt; padding-inline: 13px; }
.track.p { grid-area: pt; }
.num-z { color: var(--mute); }
.row[data-pull="up"] .num-g { color: var(--up); }
.row[data-pull="down"] .num-g { color: var(--down); }
@container (min-width: 520px) {
  /* name | slider above bar | numbers */
  .rows { grid-template-columns: fit-content(26%) minmax(0, 1fr) 3em 3.2em 4.9em; gap: 8px 10px; }
  .row {
    --h: 32px;
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
    left: calc(100% + 22px);
    color: var(--mute);
    font-size: 12px;
    line-height: 18px;
    white-space: nowrap;
  }
  .foot .track.z::after { content: "z"; }
  .foot .track.p::after { content: "p and t"; }
}
@container (min-width: 860px) {
  /* all on one line */
  .rows { grid-template-columns: fit-content(20%) minmax(0, 1fr) 3em minmax(0, 1.15fr) 3em 3em 4.9em; gap: 4px 14px; }
  .row, .row.head { --h: 40px; grid-template-areas: "name zt z pt p t g"; }
  [data-few="true"] .row:not(.head, .foot) { --h: 52px; }
  .head .track { display: block; }
  .head .num-z { display: block; }
  .foot .track::after { content: none !important; }
  .num-z { text-align: end; }
  .num-z .held::before { content: none; }
}
@container (max-width: 519px) {
  .rows { gap: 14px; }
  .row { --h: 32px; }
  .row.head { font-size: 12px; margin-bottom: -8px; }
  .head .num { font-size: 12px; }
}

.arrow { fill: none; stroke: var(--mute); stroke-width: 1.75; }
.drop { stroke: var(--soft); stroke-width: 1.25; stroke-dasharray: 2 3; }
.low { fill: var(--paper); stroke: var(--soft); stroke-width: 2.5; }
.chart .soft-text { fill: var(--soft); font-weight: 600; }
[data-pull="up"].tangent { stroke: var(--up); }
[data-pull="down"].tangent { stroke: var(--down); }
[data-pull="none"].tangent { stroke: var(--mute); }
.hard-dot { fill: var(--mute); }
.losses { margin-top: 8px; }
.losses :is(td, th) { white-space: nowrap; }
.losses thead th { color: var(--ink); }
.losses thead > tr > * { border: 0; }
.losses tbody tr:first-child td { font-weight: 600; }
.losses tbody tr:first-child td:nth-child(2) { color: var(--soft); }
@container (max-width: 430px) {
  .losses { font-size: 13px; }
  .losses :is(td, th):not(:first-child) { padding-inline-start: 8px; }
  .losses { letter-spacing: -0.01em; }
}

.train-controls { display: flex; flex-wrap: wrap; gap: 10px 28px; align-items: center; }
.train-controls .range-control { flex: 1 1 280px; }
.training, .calibration { border-top: 1px solid var(--rule); padding-top: 24px; }
.opposite[aria-disabled="true"] { text-decoration: none; background: none; cursor: auto; }
.opposite { margin: -10px 0 14px; padding-inline: 0; font-size: 14px; }
.cards { display: grid; gap: 32px; grid-template-columns: minmax(0, 1fr); }
.card { container-type: inline-size; min-width: 0; }
.training .verdict { min-height: 1.4em; }
.card-body { display: grid; gap: 14px 22px; grid-template-columns: minmax(0, 1fr); align-items: center; }
@container (min-width: 440px) {
  .card-body { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  .card-body :is(dl, .curve-figure) { grid-column: 1 / -1; }
  dl > div { display: block; }
  dd { text-align: start; }
}
@container (min-width: 720px) {
  .cards { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: 44px; }
}
@container (min-width: 720px) {
  .training .card-body { grid-template-columns: minmax(0, 290px) minmax(0, 290px) minmax(150px, 1fr); gap: 24px; }
  .training .card-body dl { grid-column: auto; }
}

.band { fill: var(--soft); opacity: 0.18; }
.line { stroke: var(--soft); stroke-width: 2; }
.measured { fill: var(--soft); }
.baseline { stroke: var(--mute); stroke-dasharray: 6 4; }

@container demo (min-width: 700px) {
  .controls { grid-template-columns: minmax(0, 1fr) auto; }
  .why { grid-column: 1 / -1; grid-row: 3; min-height: 1.45em; }
  .readout { grid-column: 2; grid-row: 2; justify-self: end; text-align: end; }
}
@container demo (min-width: 1060px) {
  .stage { grid-template: "logits loss" auto "table loss" 1fr / minmax(0, 1.9fr) minmax(0, 1fr); gap: 12px 40px; }
  .logits { grid-area: logits; }
  .loss { grid-area: loss; }
  .numbers { grid-area: table; }
}

/* The object that a storyboard highlights has a ring around it; the rest is dimmed. */
.alpha-control, .calibration, .track.z, .low { transition: none; }
[data-highlight="logit"] .track.p { opacity: 0.25; }
[data-highlight="alpha"] .alpha-control,
[data-highlight="calibration"] .calibration .cards,
[data-highlight="training"] .training .card-body,
[data-highlight="logit"] .track.z {
  outline: 2px solid var(--focus);
  outline-offset: 6px;
  border-radius: 4px;
}
[data-highlight="logit"] .track.z { outline-offset: 0; }
[data-highlight="curve"] .curve { stroke-width: 5; }
[data-highlight="curve"] :is(.drop, .low, .tangent), [data-highlight="minimum"] .loss :is(.tangent, .dot) { opacity: 0.3; }
[data-highlight="minimum"] .low { r: 9px; stroke-width: 4; stroke: var(--focus); }
`;
