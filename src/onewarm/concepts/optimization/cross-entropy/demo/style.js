/** The look of this demo, on top of the kit's. Blue: p is short of t, and the class is paid extra; magenta: p is over t, and
 * something is saved (hatched); amber: the target and its line. */

export const CSS = `
.stage { gap: 28px; }
.picture { display: grid; gap: 22px; min-width: 0; align-content: start; grid-template-columns: minmax(0, 1fr); }
.controls { align-items: end; }
.example { display: grid; gap: 4px; justify-items: start; }
.example label { color: var(--mute); font-size: 13px; }

.words { display: flex; flex-wrap: wrap; gap: 0 14px; align-items: baseline; margin-bottom: 6px; }
.sum { font-size: 15px; }
.sum b { font-weight: 650; }
.of-entropy { color: var(--soft); }
.of-divergence { color: var(--up); }
.total { --h: 26px; }
.part { position: absolute; inset-block: 0; }
.part.entropy { left: 0; background: var(--bar); border-inline-end: 3px solid var(--soft); }
.part.divergence { background: var(--up); }

.s-paid { background: var(--bar); }
.swatch.s-level { height: 3px; background: var(--soft); }
.s-extra { background: var(--up); }
.s-saving {
  border: 1px solid var(--down);
  background: repeating-linear-gradient(-45deg, var(--down) 0 2px, var(--paper) 2px 5px);
}
.paid { fill: var(--bar); }
.extra { fill: var(--up); }
.saving { stroke: var(--down); stroke-width: 1; }
.hatch-paper { fill: var(--paper); }
.hatch-line { fill: var(--down); }
.paid, .extra { stroke: var(--paper); stroke-width: 1; }
.level { stroke: var(--soft); stroke-width: 3.5; }
.top { stroke: var(--ink); stroke-width: 1.5; }
.box { cursor: pointer; }
.box[data-picked="true"] .top { stroke-width: 3.5; }
.chart .in-box { fill: var(--ink); font-size: 12.5px; pointer-events: none; }
.chart .in-box.halo { font-weight: 600; stroke-width: 4px; }
.chart .in-box[data-kind="extra"] { fill: var(--paper); stroke: none; }

.row { grid-template: "name t p s g" auto "v v v v v" auto "z z z z z" auto / minmax(0, 1fr) 3em 3em 3.6em 5.1em; column-gap: 6px; --h: 32px; }
.row.head { color: var(--mute); font-size: 12px; margin-bottom: -8px; }
.name { display: block; min-height: 0; cursor: auto; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 600; }
.head .name { font-weight: 400; }
.track.v { grid-area: v; padding-inline: 13px; }
.track.z { grid-area: z; padding-inline: 13px; }
.row:not(.head, .foot) .track::before {
  position: absolute;
  top: 0;
  inset-inline-start: 0;
  color: var(--mute);
  font-size: 12px;
  line-height: 12px;
  padding-inline-end: 4px;
  background: var(--paper);
  content: "votes";
}
.row:not(.head, .foot) .track.z::before { content: "logit"; }
.row:not(.head, .foot) { --h: 38px; }
.track .thumb, .track .stem, .track .fill { translate: 0 4px; }
.fill { position: absolute; left: 0; top: 50%; height: 4px; margin-top: -2px; background: var(--soft); border-radius: 2px; }
.track.v .thumb::before { background: var(--soft); }
.row[data-pull="up"] .num-g { color: var(--up); }
.row[data-pull="down"] .num-g { color: var(--down); }
.foot { --h: auto; }
@container (max-width: 519px) { .foot { display: none; } }
@container (min-width: 520px) {
  .rows { grid-template-columns: fit-content(22%) minmax(0, 0.8fr) minmax(0, 1fr) 2.9em 2.9em 3.6em 5.2em; gap: 4px 12px; }
  .row {
    grid-column: 1 / -1;
    grid-template: none;
    grid-template-areas: "name v z t p s g";
    grid-template-columns: subgrid;
  }
  .row.head { margin-bottom: 0; }
  .head .track { display: block; padding-inline: 13px; }
  .row:not(.head, .foot) .track:is(.v, .z)::before { content: none; }
  .track .thumb, .track .stem, .track .fill { translate: none; }
}

.price-pane { max-width: 620px; }
.price-pane .pane-head { justify-content: start; gap: 6px 10px; }
.price-pane .pane-head label, .price-pane select { color: var(--ink); font-size: 15px; }
.curve.price { stroke: var(--ink); stroke-width: 2; }
.tangent { stroke: var(--up); }
.asked { fill: var(--paper); stroke: var(--soft); stroke-width: 2.5; }
.dot.this { fill: var(--ink); }
.dot.other { fill: var(--mute); }
.facts { margin-top: 8px; font-size: 14px; }
.swatch.s-now { width: 12px; border-radius: 50%; background: var(--ink); }
.swatch.s-asked { width: 12px; border-radius: 50%; border: 2.5px solid var(--soft); }
.swatch.s-slope { height: 4px; background: var(--up); }
@container demo (max-width: 420px) {
  .sum { font-size: 14px; }
}
@container demo (min-width: 420px) {
  .controls { grid-template-columns: auto minmax(0, 1fr); }
  .buttons { grid-column: 1 / -1; }
}
@container demo (min-width: 800px) {
  .controls { grid-template-columns: auto auto minmax(0, 1fr); }
  .buttons { grid-column: 3; justify-content: end; }
}
@container demo (min-width: 900px) {
  .stage { grid-template: "picture curve" auto "rows rows" auto "table table" auto / minmax(0, 1.35fr) minmax(0, 1fr); }
  .stage { gap: 20px 44px; }
  .picture { grid-area: picture; }
  .price-pane { grid-area: curve; }
  .rows-pane { grid-area: rows; }
  .numbers { grid-area: table; }
}
.scroll { max-width: 60rem; }

@media (prefers-reduced-motion: no-preference) {
  .glide :is(.part, .fill) { transition: left 0.4s ease, width 0.4s ease; }
}
@media (forced-colors: active) {
  .part, .fill, .paid, .extra, .saving, .level, .top, .hatch-line { forced-color-adjust: none; }
}

/* The object that a storyboard highlights has a ring around it; the rest is dimmed. */
[data-highlight="extra"] :is(.paid, .saving),
[data-highlight="saving"] :is(.paid, .extra),
[data-highlight="line"] :is(.extra, .saving),
[data-highlight="divergence"] .paid {
  opacity: 0.3;
}
:is([data-highlight="saving"], [data-highlight="line"]) .chart .in-box[data-kind="extra"] { fill: var(--ink); }
[data-highlight="box"] :is(.paid, .extra), [data-highlight="extra"] .extra { stroke: var(--focus); stroke-width: 3; }
:is([data-highlight="saving"], [data-highlight="divergence"]) .saving { stroke: var(--focus); stroke-width: 3; }
[data-highlight="divergence"] .extra { stroke: var(--focus); stroke-width: 3; }
[data-highlight="divergence"] .part.divergence { outline: 2px solid var(--focus); outline-offset: 3px; }
[data-highlight="line"] .level { stroke-width: 6; }
[data-highlight="total"] .total .track,
[data-highlight="votes"] .track.v.draggable,
[data-highlight="logit"] .track.z.draggable {
  outline: 2px solid var(--focus);
  outline-offset: 4px;
  border-radius: 4px;
}
[data-highlight="votes"] .track.v.draggable, [data-highlight="logit"] .track.z.draggable { outline-offset: -2px; }
[data-highlight="curve"] .curve.price { stroke-width: 5; }
[data-highlight="slope"] .tangent { stroke-width: 8; }
[data-highlight="slope"] .curve.price { opacity: 0.4; }
`;
