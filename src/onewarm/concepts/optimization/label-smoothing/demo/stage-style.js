/** The look of this demo on a page's stage, on top of the rest. */

export const STAGE_CSS = `
.cover { fill: color-mix(in srgb, var(--wash) 70%, var(--rule)); }
.chart .cover-text { fill: var(--mute); font-size: 13px; }
.lens-note { color: var(--mute); font-size: 0.8125rem; }
.outcome { color: var(--mute); font-size: 0.875rem; }
[data-invite="true"] { border-color: var(--soft); box-shadow: inset 0 0 0 1px var(--soft); color: var(--soft); font-weight: 600; }
.lens { justify-self: start; }
.lens[aria-pressed="true"] { background: var(--ink); color: var(--paper); }
[data-lens="true"] .track.p .lane { overflow: clip; }
[data-beyond="true"] .track.p .lane::after {
  content: "▸";
  position: absolute;
  inset-block: 0;
  right: 0;
  display: flex;
  align-items: center;
  padding-inline: 0.125rem;
  color: var(--mute);
  background: var(--paper);
}
[data-highlight="weakest"] [data-object="weakest"] { outline: 2px solid var(--focus); border-radius: 3px; }
[data-highlight="run"] [data-object="run"] { outline: 2px solid var(--focus); outline-offset: 3px; }
[data-highlight="minimum"] .low, [data-highlight="curve"] .curve { opacity: 1; }

[data-layout="stage"] .controls { display: flex; flex-wrap: wrap; gap: 0.375rem 1rem; align-items: center; }
[data-layout="stage"] .controls > .range-control { order: -2; flex: 1 1 60%; flex-wrap: nowrap; }
[data-layout="stage"] .controls > .readout { order: -1; flex: none; text-align: end; min-width: 8em; font-size: 1.1875rem; }
[data-layout="stage"] .controls > .lens { margin-inline-start: auto; font-size: 0.8125rem; padding-inline: 0.5rem; }
[data-layout="stage"] .controls > .segmented { order: 1; }
[data-layout="stage"] .controls > .outcome { order: 2; }
[data-layout="stage"] .controls > .segmented legend { float: left; padding: 0.25rem 0; margin-inline-end: 0.5rem; }
[data-layout="stage"] .controls > .outcome { flex: 1 1 0; min-width: 12em; line-height: 1.25; }
[data-layout="stage"] .controls > .why { display: none; }
[data-layout="stage"] .stage { gap: 0.5rem; }
[data-layout="stage"] .stage > .pane { flex: none; }
[data-layout="stage"] .stage > .loss { flex: 1 1 0; }
[data-layout="stage"] .logits .caption, [data-layout="stage"] .loss .pane-head { display: none; }
[data-layout="stage"] .legend { margin-bottom: 0.5rem; font-size: 0.75rem; gap: 0.125rem 0.75rem; }
[data-layout="stage"] .rows { gap: 0.125rem 0.625rem; }
[data-layout="stage"] .row { --h: 1.75rem; }


[data-layout="stage"] :is(.training, .calibration) { border: 0; padding: 0; }
[data-layout="stage"] .calibration .segmented legend { position: absolute; clip-path: inset(50%); }
[data-layout="stage"] .training .segmented legend {
  float: left;
  padding: 0.25rem 0;
  margin-inline-end: 0.5rem;
}
[data-layout="stage"] .train-controls { gap: 0.25rem 1rem; }
[data-layout="stage"] .train-controls .range-control { flex: 1 1 20rem; min-width: 0; }
[data-layout="stage"] .figure { outline-offset: -1px !important; }
[data-layout="stage"] :is(.runs, .cards, .alpha-control) { outline-offset: 2px !important; }
[data-layout="stage"] .runs { flex: 1 1 0; min-height: 0; margin: 0; gap: 1rem; grid-template: minmax(0, 1fr) / minmax(0, 1fr) minmax(0, 1fr); }
[data-layout="stage"] .run { min-height: 0; gap: 0; }
[data-layout="stage"] .run h4 { display: flex; flex-wrap: wrap; justify-content: space-between; align-items: baseline; column-gap: 0.5rem; font-size: 0.9375rem; }
[data-layout="stage"] .run .subtitle { font-size: 0.8125rem; }
[data-layout="stage"] .run .verdict { font-size: 0.875rem; }
[data-layout="stage"] .run-figures { flex: 1 1 0; min-height: 0; display: flex; flex-direction: column; gap: 0.375rem; }
[data-layout="stage"] .training .note { font-size: 0.75rem; line-height: 1.3; max-width: none; }

[data-layout="stage"] .calibration .pane-head { gap: 0.25rem 1rem; }
[data-layout="stage"] .calibration .range-control { flex: 1 1 20rem; min-width: 0; }
[data-layout="stage"] .opposite { margin: 0; align-self: flex-start; min-height: 0; padding: 0; }
[data-layout="stage"] .cards:not([hidden]) { flex: 1 1 0; min-height: 0; gap: 1rem; grid-template: minmax(0, 1fr) / minmax(0, 1fr) minmax(0, 1fr); }
[data-layout="stage"] .card { min-height: 0; display: flex; flex-direction: column; gap: 0.25rem; }
[data-layout="stage"] .card .verdict { margin: 0; font-size: 0.875rem; min-height: 4.05em; }
[data-layout="stage"] .card-body:not([hidden]) { flex: 1 1 0; min-height: 0; display: flex; flex-direction: column; align-items: stretch; gap: 0.375rem; }
[data-layout="stage"] .card dl { font-size: 0.8125rem; }
[data-layout="stage"] .card dl > div { display: flex; padding: 0.0625rem 0; }
@container stage (max-height: 45rem) {
  [data-layout="stage"] .card .error-areas, [data-layout="stage"] .card dl > div:nth-child(n + 4) { display: none; }
  [data-highlight="reliability"] .card .error-areas { display: block; }
}

@container stage (max-height: 30rem) {
  [data-layout="stage"] .controls { flex-wrap: nowrap; gap: 0.75rem; }
  [data-layout="stage"] .controls > .range-control { flex: 1 1 0; }
  [data-layout="stage"] .controls > .readout { font-size: 0.9375rem; min-width: 0; width: 6.4em; }
  [data-layout="stage"] .controls > .outcome {
    position: absolute;
    z-index: 2;
    inset: auto 0.25rem 2.25rem auto;
    max-width: 60%;
    padding: 0.125rem 0.375rem;
    background: var(--paper);
    border: 1px solid var(--rule);
    border-radius: 4px;
  }
  .root[data-layout="stage"] .stage { display: grid; grid-template: minmax(0, 1fr) / minmax(0, 1fr) minmax(0, 1fr); gap: 1rem; }
  [data-layout="stage"] .stage > .logits { align-self: center; }
  [data-layout="stage"] .buttons button { white-space: nowrap; }
}
@container stage (max-height: 30rem) {
  [data-layout="stage"] .training .segmented legend { position: absolute; clip-path: inset(50%); }
  [data-layout="stage"] .pane-head .segments span { padding-inline: 0.4375rem; font-size: 0.8125rem; }
  [data-layout="stage"] .calibration .range-control { flex: 1 1 0; }
  [data-layout="stage"] .pane-head { flex-wrap: nowrap; }
  [data-layout="stage"] .pane-head .segments { flex-wrap: nowrap; white-space: nowrap; }
  [data-layout="stage"] .card-body:not([hidden]) { flex-direction: row; }
  [data-layout="stage"] .card :is(dl, .subtitle) { display: none; }
  [data-layout="stage"] .card .verdict { font-size: 0.8125rem; min-height: 4.05em; }
  [data-layout="stage"] .train-controls { flex-wrap: nowrap; }
  [data-layout="stage"] .run-figures { flex-direction: row; }
  [data-layout="stage"] .run .reliability { display: none; }
  [data-highlight="reliability"] .run .reliability { display: block; }
  [data-highlight="reliability"] .run .regions { display: none; }
}
@container stage (min-height: 22rem) and (max-height: 30rem) and (min-width: 30.01rem) {
  /* room for the logits' sliders, each above its bar */
  .root[data-layout="stage"] .rows .row:not(.head, .foot) { --h: 1.625rem; grid-template-areas: "name zt z" "name pt g"; grid-template-rows: auto auto; }
  [data-layout="stage"] .rows .row:not(.head, .foot) .track.z, [data-layout="stage"] .rows .row:not(.head, .foot) .num-z { display: block; }
  .root[data-layout="stage"] .rows { gap: 0.375rem 0.5rem; }
}
@container stage (max-height: 30rem) and (max-width: 30rem) {
  .root[data-layout="stage"] .stage { display: flex; flex-direction: column; gap: 0.25rem; }
  [data-layout="stage"] .stage > .logits { align-self: stretch; }
  [data-layout="stage"] .controls { gap: 0.375rem; }
  [data-layout="stage"] .controls > .readout { display: none; }
  [data-layout="stage"] .range-control { column-gap: 0.375rem; grid-template-columns: auto minmax(0, 1fr) 2.7em; }
  [data-layout="stage"] .range-control .label-word { position: absolute; clip-path: inset(50%); }
  [data-layout="stage"] .buttons button { padding-inline: 0.375rem; font-size: 0.8125rem; }
  [data-layout="stage"] .train-controls .segmented, [data-layout="stage"] .run :is(.subtitle, .sign) { display: none; }
  [data-layout="stage"] .run .regions { display: none; }
  [data-highlight="regions"] .run .regions { display: block; }
  [data-highlight="regions"] .run .error-areas, [data-highlight="reliability"] .run .reliability { display: none; }
  [data-layout="stage"] :is(.runs, .cards:not([hidden])) { gap: 0.5rem; }
  [data-layout="stage"] .calibration .pane-head .segmented, [data-layout="stage"] .card .curve-figure { display: none; }
  [data-layout="stage"] .card h4 { font-size: 0.8125rem; }
  [data-layout="stage"] .card .verdict { font-size: 0.75rem; line-height: 1.25; min-height: 6.25em; gap: 0.25rem; }
  [data-layout="stage"] .run :is(h4, .verdict) { font-size: 0.75rem; line-height: 1.3; white-space: nowrap; letter-spacing: -0.01em; }
  [data-highlight="logit"] .rows .row:not(.head, .foot) .track.z { display: block; grid-area: pt; padding-inline: 0.8125rem; }
  [data-highlight="logit"] .rows .row:not(.head, .foot) .track.p { display: none; }
}
`;
