/** The look of this demo, on top of the kit's. */

export const CSS = `
.head, .few th, .who { color: var(--mute); font-size: 13px; }
.s-student { background: var(--ink); border-radius: 50%; width: 12px; }
.s-teacher { background: var(--soft); width: 12px; }

.row {
  grid-template: "name p q g" auto "zt zt zt zt" auto "vt vt vt vt" auto "pt pt pt pt" auto / minmax(0, 1fr) 3em 3em 4.9em;
  --h: 30px;
}
.rows { gap: 14px; }
.head .logit { display: none; }
.logit { display: grid; grid-template-columns: minmax(0, 1fr) 3em; column-gap: 6px; align-items: center; min-width: 0; }
.logit.student { grid-area: zt; }
.logit.teacher { grid-area: vt; }
.logit .track { padding-inline: 13px; }
.logit .num { color: var(--mute); font-size: 14px; }
.logit.teacher .num { color: var(--soft); }
.logit.teacher .thumb::before { background: var(--soft); border-radius: 3px; }
.logit.teacher .stem { background: var(--soft); }
.track.p { grid-area: pt; }
[data-total="up"] .num-g { color: var(--up); }
[data-total="down"] .num-g { color: var(--down); }
@container (min-width: 520px) {
  .rows { grid-template-columns: fit-content(24%) minmax(0, 1fr) 3em 3em 4.9em; gap: 12px 10px; }
  .row {
    grid-column: 1 / -1;
    grid-template: none;
    grid-template-areas: "name zt zt zt zt" "name vt vt vt vt" "name pt p q g";
    grid-template-columns: subgrid;
  }
  .row.head { grid-template-areas: "name pt p q g"; }
  .head .track { display: block; }
}
@container (min-width: 860px) {
  .rows { grid-template-columns: fit-content(18%) minmax(0, 1fr) minmax(0, 1fr) 3em 3em 4.9em; gap: 6px 16px; }
  .row { grid-template-areas: "name zt pt p q g" "name vt pt p q g"; }
  .row.head, .row.foot { grid-template-areas: "name zt pt p q g"; }
  .row:not(.head, .foot) { padding-block: 3px; border-top: 1px solid var(--rule); }
  .row .track.p { --h: 48px; }
  .head .logit { display: block; }
}
@container (max-width: 519px) {
  .row:not(.head, .foot) { border-top: 1px solid var(--rule); padding-top: 4px; }
  .row.head { margin-bottom: -10px; }
}

.curves { display: grid; gap: 36px 44px; grid-template-columns: minmax(0, 1fr); border-top: 1px solid var(--rule); padding-top: 24px; }
.curves h3 { margin-bottom: 10px; }
.limit { stroke: var(--soft); stroke-width: 1.25; stroke-dasharray: 2 3; }
.label-line { stroke: var(--mute); stroke-width: 1; }
.balance { margin-top: 10px; color: var(--mute); }
.mute-dot { fill: var(--mute); }
.told { stroke: var(--mute); stroke-width: 1.75; }
.told-smoothed { stroke-dasharray: 6 4; }
.told-own { stroke-dasharray: 2 3; }
.told[data-active="true"] { stroke: var(--soft); stroke-width: 2.75; }
.told-dot { fill: var(--mute); }
.told-dot[data-active="true"] { fill: var(--soft); }
.chart .told-word[data-active="true"] { fill: var(--soft); font-weight: 600; }
.few { margin-top: 8px; font-size: 14px; }
.few :is(td, th) { white-space: nowrap; padding-inline-start: 8px; }
.few thead > tr > * { border: 0; }
.norm .few :is(td, th) { text-align: start; padding-inline: 0 8px; }
.norm .few th { white-space: normal; }
.norm .few td { font-weight: 600; }
.norm .few td:first-child { color: var(--soft); }
.told-table tbody th { white-space: normal; text-align: start; padding-inline-start: 0; }
.told-table tbody tr:last-child > * { font-weight: 600; color: var(--ink); }
.swatch.s-hard-teacher, .swatch.s-smoothed-teacher { width: 12px; height: 8px; margin-inline-end: 6px; }
.s-hard-teacher, .share-bar.hard { background: var(--ink); }
.s-smoothed-teacher, .share-bar.smoothed { background: var(--bar); }
@media (forced-colors: active) { .share-bar { forced-color-adjust: none; } }
.wrongs { margin-top: 12px; display: grid; gap: 6px; }
.wrongs h4 { font-size: 14px; }
.wrong { display: grid; grid-template-columns: 4.6em minmax(0, 1fr) 3em; gap: 8px; align-items: center; }
.who { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.share-lane { position: relative; display: grid; gap: 2px; direction: ltr; padding-block: 2px; }
.share-bar { height: 8px; width: 0; border-radius: 0 2px 2px 0; }
.level { position: absolute; inset-block: 0; width: 0; border-inline-start: 1px dashed var(--mute); }
.share-numbers { display: grid; font-size: 12px; line-height: 1.15; text-align: end; }

@container demo (max-width: 420px) {
  .segments span { padding-inline: 9px; font-size: 14px; }
  .range-control { grid-template-columns: 8.4em minmax(0, 1fr) 2.8em; }
  .told-table { font-size: 13px; }
}
@container demo (min-width: 700px) {
  .controls { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); align-items: center; }
  .controls .segmented { align-self: end; }
  .readout { justify-self: end; text-align: end; }
  .why { grid-column: 1 / -1; min-height: 1.45em; }
}
@container demo (min-width: 820px) {
  .curves { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
}

/* The object that a storyboard highlights. */
[data-highlight="logit"] .track.p { opacity: 0.25; }
[data-highlight="temperature"] .temperature-control,
[data-highlight="share"] .share-control,
[data-highlight="dark"] .wrongs,
[data-highlight="logit"] .logit .draggable {
  outline: 2px solid var(--focus);
  outline-offset: 6px;
  border-radius: 4px;
}
[data-highlight="logit"] .logit .draggable { outline-offset: -2px; }
[data-highlight="norm"] .norm .curve { stroke-width: 5; }
[data-highlight="limit"] .limit { stroke: var(--focus); stroke-width: 4; }
[data-highlight="dark"] .told[data-active="true"] { stroke-width: 5; }
`;
