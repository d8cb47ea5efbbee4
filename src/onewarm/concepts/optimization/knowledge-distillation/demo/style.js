/** The look of this demo, on top of the kit's. */

export const CSS = `
.head, .few th, .who { color: var(--mute); font-size: 0.8125rem; }
.s-student { background: var(--ink); border-radius: 50%; width: 0.75rem; }
.s-teacher { background: var(--soft); width: 0.75rem; }

.row {
  grid-template: "name p q g" auto "zt zt zt zt" auto "vt vt vt vt" auto "pt pt pt pt" auto / minmax(0, 1fr) 3.4em 3.4em 4.9em;
  --h: 1.875rem;
}
.rows { gap: 0.875rem; }
.head .logit { display: none; }
.logit { display: grid; grid-template-columns: minmax(0, 1fr) 3em; column-gap: 0.375rem; align-items: center; min-width: 0; }
.logit.student { grid-area: zt; }
.logit.teacher { grid-area: vt; }
.logit .track { padding-inline: 0.8125rem; }
.logit .num { color: var(--mute); font-size: 0.875rem; }
.logit.teacher .num { color: var(--soft); }
.logit.teacher .thumb::before { background: var(--soft); border-radius: 3px; }
.logit.teacher .stem { background: var(--soft); }
.track.p { grid-area: pt; }
[data-total="up"] .num-g { color: var(--up); }
[data-total="down"] .num-g { color: var(--down); }
@container (min-width: 32.5rem) {
  .rows { grid-template-columns: fit-content(24%) minmax(0, 1fr) 3.4em 3.4em 4.9em; gap: 0.75rem 0.625rem; }
  .row {
    grid-column: 1 / -1;
    grid-template: none;
    grid-template-areas: "name zt zt zt zt" "name vt vt vt vt" "name pt p q g";
    grid-template-columns: subgrid;
  }
  .row.head { grid-template-areas: "name pt p q g"; }
  .head .track { display: block; }
}
@container (min-width: 53.75rem) {
  .rows { grid-template-columns: fit-content(18%) minmax(0, 1fr) minmax(0, 1fr) 3.4em 3.4em 4.9em; gap: 0.375rem 1rem; }
  .row { grid-template-areas: "name zt pt p q g" "name vt pt p q g"; }
  .row.head, .row.foot { grid-template-areas: "name zt pt p q g"; }
  .row:not(.head, .foot) { padding-block: 3px; border-top: 1px solid var(--rule); }
  .row .track.p { --h: 3rem; }
  .head .logit { display: block; }
}
@container (max-width: 32.4375rem) {
  .row:not(.head, .foot) { border-top: 1px solid var(--rule); padding-top: 4px; }
  .row.head { margin-bottom: -0.625rem; }
}

.curves { display: grid; gap: 2.25rem 2.75rem; grid-template-columns: minmax(0, 1fr); border-top: 1px solid var(--rule); padding-top: 1.5rem; }
.curves h3 { margin-bottom: 0.625rem; }
.limit { stroke: var(--soft); stroke-width: 1.25; stroke-dasharray: 2 3; }
.label-line { stroke: var(--mute); stroke-width: 1; }
.balance { margin-top: 0.625rem; color: var(--mute); }
.mute-dot { fill: var(--mute); }
.told { stroke-width: 1.75; }
.told-hard { stroke: var(--ink); }
.told-smoothed { stroke: var(--soft); stroke-dasharray: 6 4; }
.told-own { stroke: var(--mute); stroke-dasharray: 2 3; }
.told[data-active="true"] { stroke-width: 2.75; }
.dot-hard { fill: var(--ink); }
.dot-own { fill: var(--mute); }
.chart .word-hard { fill: var(--ink); }
.chart .word-smoothed { fill: var(--soft); }
.chart .told-word[data-active="true"] { font-weight: 600; }
.few { margin-top: 0.5rem; font-size: 0.875rem; }
.few :is(td, th) { white-space: nowrap; padding-inline-start: 0.5rem; }
.few thead > tr > * { border: 0; }
.norm .few :is(td, th) { text-align: start; padding-inline: 0 0.5rem; }
.norm .few th { white-space: normal; }
.norm .few td { font-weight: 600; }
.norm .few td:first-child { color: var(--soft); }
.told-table tbody th { white-space: normal; text-align: start; padding-inline-start: 0; }
.told-table tbody tr:last-child > * { font-weight: 600; color: var(--ink); }
.swatch.s-hard-teacher, .swatch.s-smoothed-teacher { width: 0.75rem; height: 0.5rem; margin-inline-end: 0.375rem; }
.s-hard-teacher, .share-bar.hard { background: var(--ink); }
.s-smoothed-teacher, .share-bar.smoothed { background: var(--soft); }
@media (forced-colors: active) { .share-bar { forced-color-adjust: none; } }
.parts { margin-top: 0.75rem; display: grid; gap: 0.375rem; }
.parts h4 { font-size: 0.875rem; }
.wrongs { display: grid; gap: 0.375rem; }
.wrong { display: grid; grid-template-columns: 5.6em minmax(0, 1fr) 3em; gap: 0.5rem; align-items: center; }
.who { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.share-lane { --bar-size: 0.5rem; block-size: calc(2 * var(--bar-size) + 6px); contain: size layout style; position: relative; display: grid; align-content: start; gap: 2px; direction: ltr; padding-block: 2px; background: var(--wash); }
.share-bar { height: var(--bar-size); width: 0; border-radius: 0 2px 2px 0; }
.level { position: absolute; inset-block: 0; width: 0; border-inline-start: 1px dashed var(--mute); }
.level.none { display: none; }
.share-numbers { display: grid; font-size: 0.75rem; line-height: 1.15; text-align: end; }
.share-numbers .held { height: 1.15em; }
.cover { fill: var(--wash); stroke: var(--rule); }
.chart .cover-word { fill: var(--mute); }
[data-axis="log"] .gap { visibility: hidden; }
[data-axis="log"] .foot .track.p .at:is(:nth-child(2), :nth-child(4)) { display: none; }

@container demo (max-width: 26.25rem) {
  .segments span { padding-inline: 0.5625rem; font-size: 0.875rem; }
  .range-control { grid-template-columns: 8.4em minmax(0, 1fr) 2.8em; }
  .told-table { font-size: 0.8125rem; }
}
@container demo (min-width: 43.75rem) {
  .controls { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); align-items: center; }
  .controls .segmented { align-self: end; }
  .readout { justify-self: end; text-align: end; }
  .why { grid-column: 1 / -1; min-height: 1.45em; }
}
@container demo (min-width: 51.25rem) {
  .curves { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
}

/* On the stage of a page: the gradient and the table belong to the class rows, the smoothed teacher's alpha not to a phone. */
[data-layout="stage"] :is(.dark, .norm) > h3 { display: none; }
[data-layout="stage"] .curves { border-top: 0; padding-top: 0; gap: 0; }
[data-layout="stage"][data-scene="rows"] .curves { display: none; }
[data-layout="stage"] .controls { gap: 0.5rem 1.5rem; }
[data-layout="stage"] .controls legend, [data-layout="stage"] .axis-control legend { position: absolute; clip-path: inset(50%); }
[data-layout="stage"] .segments span { padding: 0.25rem 0.5rem; font-size: 0.875rem; }
[data-layout="stage"] .buttons { gap: 0.5rem; flex-wrap: nowrap; }
[data-layout="stage"] .buttons button { font-size: 0.875rem; padding-inline: 0.5rem; white-space: nowrap; }
[data-layout="stage"] .readout { font-size: 1.125rem; min-width: 7em; }
[data-layout="stage"] .rows-pane { display: flex; flex-direction: column; gap: 0.5rem; }
[data-layout="stage"] .pane-head { flex-wrap: nowrap; align-items: start; }
[data-layout="stage"] .axis-control { flex: none; }
[data-layout="stage"]:not([data-scene="rows"]) :is(.share-control, .buttons, .readout, .why) { display: none; }
[data-layout="stage"][data-scene="norm"] .alpha-control { display: none; }
[data-layout="stage"] .legend { margin-bottom: 0; }
[data-layout="stage"] .rows-pane { --h: 1.5rem; }
[data-layout="stage"] .rows-pane .row { --h: 1.5rem; }
[data-layout="stage"] .rows { gap: 0.5rem 0.625rem; }
[data-layout="stage"] .parts { margin-top: 0; }
[data-layout="stage"] .few { margin-top: 0; }
[data-layout="stage"] .balance { margin-top: 0; }
@container stage (min-height: 56rem) {
  [data-layout="stage"] .rows-pane .row { --h: 2.25rem; }
}
@container stage (min-height: 50rem) and (min-width: 57rem) {
  [data-layout="stage"] .rows-pane .row { --h: 2.75rem; }
  [data-layout="stage"] .rows-pane .row .track.p { --h: 5.25rem; }
}
@container stage (max-height: 50rem) {
  [data-layout="stage"] .why { display: none; }
}
@container stage (max-height: 43rem) {
  [data-layout="stage"] .rows-pane .caption, [data-layout="stage"] .row.head { display: none; }
}
@container stage (min-width: 34rem) {
  [data-layout="stage"] .controls { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); align-items: center; }
  [data-layout="stage"] .readout { justify-self: end; text-align: end; }
  [data-layout="stage"] .why { grid-column: 1 / -1; }
}
@container stage (max-height: 30rem) {
  [data-layout="stage"] .controls { gap: 0.25rem 1rem; }
  [data-layout="stage"] .segments span { padding: 0.0625rem 0.5rem; font-size: 0.8125rem; }
  [data-layout="stage"] .range-control .held:has(input), [data-layout="stage"] .range-control input { height: 1.375rem; }
  .root[data-layout="stage"] .rows { grid-template-columns: max-content minmax(0, 1fr) 3.2em 4.9em; }
  .root[data-layout="stage"] .rows .row:not(.head, .foot) {
    grid-template-areas: "name pt q g";
    padding: 0;
    border: 0;
  }
  .root[data-layout="stage"] .row .logit { display: none; }
  .root[data-layout="stage"] .row:not(.head, .foot) .num-q { display: block; }
  [data-layout="stage"] .parts { gap: 0.125rem; }
  [data-layout="stage"] .wrongs { gap: 0.125rem; }
  [data-layout="stage"] .share-lane { --bar-size: 0.3125rem; }
  [data-layout="stage"] .parts h4, [data-layout="stage"] .wrongs .subtitle { display: none; }
}
@container stage (max-height: 30rem) and (min-width: 34rem) {
  [data-layout="stage"] .dark:not([hidden]) { flex-direction: row; gap: 1.5rem; }
  [data-layout="stage"] .dark .parts { flex: 1 1 0; align-content: center; gap: 0.5rem; }
  [data-layout="stage"] .dark .wrongs { gap: 0.5rem; }
  [data-layout="stage"] .parts h4, [data-layout="stage"] .wrongs .subtitle { display: block; }
  [data-layout="stage"] .share-lane { --bar-size: 0.5rem; }
  .root[data-layout="stage"] .rows .row:not(.head, .foot) { --h: 3rem; }
}
@container stage (max-height: 30rem) and (max-width: 30rem) {
  [data-layout="stage"] :is(.share-control, .alpha-control, .buttons, .readout) { display: none; }
  [data-layout="stage"][data-scene="dark"] .segmented:not(.scenes) { display: none; }
  .root[data-layout="stage"] .rows .row:not(.head, .foot) { --h: 2.25rem; }
  [data-layout="stage"] .dark:not([hidden]) { flex-direction: row; gap: 0.5rem; }
  [data-layout="stage"] .dark .parts { flex: 0 0 40%; align-content: center; gap: 0.5rem; }
  [data-layout="stage"] .dark .wrongs { gap: 0.5rem; }
  [data-layout="stage"] .wrong { grid-template-columns: minmax(0, 1fr); gap: 0; }
  [data-layout="stage"] .wrong .share-numbers { display: none; }
  [data-layout="stage"][data-highlight="share"] .share-control { display: grid; }
}

/* Text of twice the size on a small stage. */
@container stage (max-height: 17rem) {
  [data-layout="stage"] .controls .segmented { display: none; }
  .root[data-layout="stage"] .rows .row:not(.head, .foot) { --h: 1.375rem; }
  [data-layout="stage"] .dark .parts, [data-layout="stage"] .dark .wrongs { gap: 0.125rem; }
}

/* The object that a step of the lesson highlights. */
[data-highlight="logit"] .track.p { opacity: 0.25; }
[data-highlight="temperature"] .temperature-control,
[data-highlight="share"] .share-control,
[data-highlight="wrong"] .wrongs,
[data-highlight="mass"] .wrong[data-object="mass"],
[data-highlight="logit"] .logit .draggable {
  outline: 2px solid var(--focus);
  outline-offset: 3px;
  border-radius: 4px;
}
[data-highlight="logit"] .logit .draggable { outline-offset: -2px; }
[data-highlight="norm"] .norm .curve { stroke-width: 5; }
[data-highlight="limit"] .limit { stroke: var(--focus); stroke-width: 4; }
[data-highlight="dark"] .told { stroke-width: 5; }
`;
