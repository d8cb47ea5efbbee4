/** The look of this demo, on top of the kit's. Blue: p is short of t, and the class is paid extra; magenta: p is over t, and
 * something is saved (hatched); amber: the target and its line. */

export const CSS = `
.controls { align-items: end; }
.example { display: grid; gap: 0.25rem; justify-items: start; }
.example label { color: var(--mute); font-size: 0.8125rem; }

.words { display: flex; flex-wrap: wrap; gap: 0 0.875rem; align-items: baseline; margin-bottom: 0.375rem; }
.sum { font-size: 0.9375rem; }
.sum b { font-weight: 650; }
.of-entropy { color: var(--soft); }
.of-divergence { color: var(--up); }
.total { --h: 1.625rem; }
.part { position: absolute; inset-block: 0; }
.part.entropy { left: 0; background: var(--bar); border-inline-end: 3px solid var(--soft); }
.part.entropy[data-whole="true"] { border: 0; }
.part.divergence { background: var(--up); }

.s-paid { background: var(--bar); }
.swatch.s-level { height: 0.1875rem; background: var(--soft); }
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
.leader { stroke: var(--mute); stroke-width: 1; }
.box { cursor: pointer; }
.box[data-picked="true"] .top { stroke-width: 3.5; }
.chart .in-box { fill: var(--ink); font-size: 12.5px; pointer-events: none; }
.chart .in-box.halo { font-weight: 600; stroke-width: 4px; }
.chart .in-box[data-kind="extra"] { fill: var(--paper); stroke: none; }

/* Sliders: votes and logits. */
.name { display: block; min-height: 0; cursor: auto; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-weight: 600; }
.head .name { font-weight: 400; }
.row.head { color: var(--mute); font-size: 0.75rem; }
.sliders .row {
  grid-template: "name t p s g" auto "v v v v v" auto "z z z z z" auto / minmax(0, 1fr) 3em 3em 3.6em 5.1em;
  column-gap: 0.375rem;
}
.sliders .row.head { margin-bottom: -0.5rem; }
.track.v { grid-area: v; padding-inline: 0.8125rem; }
.track.z { grid-area: z; padding-inline: 0.8125rem; }
.sliders .row:not(.head, .foot) { --h: 2.375rem; }
.sliders .row:not(.head, .foot) .track::before {
  position: absolute;
  top: 0;
  inset-inline-start: 0;
  color: var(--mute);
  font-size: 0.75rem;
  line-height: 0.75rem;
  padding-inline-end: 0.25rem;
  background: var(--paper);
  content: "votes";
}
.sliders .row:not(.head, .foot) .track.z::before { content: "logit"; }
.sliders :is(.thumb, .stem, .track .fill) { translate: 0 0.25rem; }
.track .fill { position: absolute; left: 0; top: 50%; height: 0.25rem; margin-top: -0.125rem; background: var(--soft); border-radius: 2px; }
.track.v .thumb::before { background: var(--soft); }
.row[data-pull="up"] .num-g { color: var(--up); }
.row[data-pull="down"] .num-g { color: var(--down); }
.foot { --h: auto; }
@container (max-width: 32.4375rem) { .sliders .foot { display: none; } }
@container (min-width: 32.5rem) {
  .sliders .rows { grid-template-columns: fit-content(22%) minmax(0, 0.8fr) minmax(0, 1fr) 2.9em 2.9em 3.6em 5.2em; gap: 0.25rem 0.75rem; }
  .sliders .row {
    grid-column: 1 / -1;
    grid-template: none;
    grid-template-areas: "name v z t p s g";
    grid-template-columns: subgrid;
  }
  .sliders .row.head { margin-bottom: 0; }
  .sliders .head .track { display: block; padding-inline: 0.8125rem; }
  .sliders .row:not(.head, .foot) .track:is(.v, .z)::before { content: none; }
  .sliders :is(.thumb, .stem, .track .fill) { translate: none; }
}

/* Bars: prediction and target. */
.bars .rows { grid-template-columns: fit-content(22%) minmax(0, 1fr) 2.9em 2.9em 5.2em; gap: 0.125rem 0.75rem; }
.bars .row { grid-column: 1 / -1; grid-template-areas: "name pt t p g"; grid-template-columns: subgrid; --h: 1.875rem; }
.bars .name { min-width: 0; }
.bars .track.p { grid-area: pt; }
.bars .foot { --h: auto; }
[data-layout="stage"][data-scene="loss"] .bars .num-g, .bars.covered-shares .num:not(.num-p) { display: none; }
[data-layout="stage"][data-scene="slopes"] .bars .row:not(.head, .foot) { --h: 2.25rem; }

/* One logit, on the stage only. */
.one { display: none; grid-template-columns: auto auto minmax(0, 1fr) 3.2em; gap: 0.625rem; align-items: center; }
.root .one.off { visibility: hidden; }
.one label { color: var(--mute); }
.one select { min-height: 1.875rem; padding-block: 0.125rem; }
.one .value { font-weight: 600; text-align: end; white-space: nowrap; }
.one .track { grid-area: auto; --h: 1.875rem; }

.price-pane .pane-head { justify-content: start; gap: 0.375rem 0.625rem; }
.price-pane .pane-head label, .price-pane select { color: var(--ink); font-size: 0.9375rem; }
.curve.price { stroke: var(--ink); stroke-width: 2; }
.tangent { stroke: var(--up); }
.halving { stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 4 4; fill: none; }
.asked { fill: var(--paper); stroke: var(--soft); stroke-width: 2.5; }
.dot.this { fill: var(--ink); }
.dot.other { fill: var(--mute); }
.facts { margin-top: 0.5rem; font-size: 0.875rem; }
.swatch.s-now { width: 0.75rem; border-radius: 50%; background: var(--ink); }
.swatch.s-asked { width: 0.75rem; border-radius: 50%; border: 2.5px solid var(--soft); }
.swatch.s-lowest { width: 0.75rem; border-radius: 50%; border: 2.5px solid var(--soft); }
.swatch.s-slope { height: 0.25rem; background: var(--up); }
.swatch.s-loss { height: 0.1875rem; background: var(--soft); }
.lowest { fill: var(--paper); stroke: var(--soft); stroke-width: 2.5; }
.covered { fill: var(--wash); stroke: var(--rule); }
.chart .covering { fill: var(--mute); }

@container demo (max-width: 26.25rem) {
  .sum { font-size: 0.875rem; }
}
@container demo (min-width: 26.25rem) {
  .controls { grid-template-columns: auto minmax(0, 1fr); }
  .buttons { grid-column: 1 / -1; }
}
@container demo (min-width: 50rem) {
  .controls { grid-template-columns: auto auto minmax(0, 1fr); }
  .buttons { grid-column: 3; justify-content: end; }
}
@container demo (min-width: 56.25rem) {
  [data-layout="full"] .stage {
    grid-template: "total curve" auto "areas curve" auto "sliders sliders" auto "bars loss" auto "table table" auto / minmax(0, 1.35fr) minmax(0, 1fr);
    gap: 1.25rem 2.75rem;
  }
  [data-layout="full"] .total { grid-area: total; }
  [data-layout="full"] .areas { grid-area: areas; }
  [data-layout="full"] .bars { grid-area: bars; }
  [data-layout="full"] .loss-pane { grid-area: loss; }
  [data-layout="full"] .price-pane { grid-area: curve; }
  [data-layout="full"] .sliders { grid-area: sliders; }
  [data-layout="full"] .numbers { grid-area: table; }
}
[data-layout="full"] .stage { gap: 1.75rem; }
.scroll { max-width: 60rem; }

/* The stage. */
[data-layout="stage"]:is([data-scene="areas"], [data-scene="slopes"]) .sliders :is(.num-t, .num-g),
[data-layout="stage"][data-scene="slopes"] .sliders .num { display: none; }
[data-layout="stage"][data-scene="areas"] .sliders .rows { grid-template-columns: fit-content(22%) minmax(0, 0.8fr) minmax(0, 1fr) 2.9em 3.6em; }
[data-layout="stage"][data-scene="slopes"] .sliders .rows { grid-template-columns: fit-content(22%) minmax(0, 0.8fr) minmax(0, 1fr); }
[data-layout="stage"][data-scene="areas"] .sliders .row { grid-template-areas: "name v z p s"; }
[data-layout="stage"][data-scene="slopes"] .sliders .row { grid-template-areas: "name v z"; }
[data-layout="stage"] .stage { gap: 0.75rem; }
[data-layout="stage"] .stage > * { flex: none; }
[data-layout="stage"] .stage > .fill { flex: 1 1 0; }
[data-layout="stage"][data-scene="slopes"] :is(.sliders, .one) { order: 1; }
[data-layout="stage"] .words { margin-bottom: 0.125rem; }
[data-layout="stage"] .total .axis, [data-layout="stage"] .sliders .foot { display: none; }
[data-layout="stage"] .readout { min-width: 0; }
[data-layout="stage"] .sliders .row:not(.head, .foot) { --h: 1.75rem; }
[data-layout="stage"] .legend { margin-bottom: 0; }
[data-layout="stage"] .caption { font-size: 0.875rem; min-height: 0; }
[data-layout="stage"]:is([data-scene="loss"], [data-scene="surprise"]) .one:not([hidden]) { display: grid; }
[data-layout="stage"] .price-pane .pane-head { display: none; }
[data-layout="stage"] .facts { margin-top: 0; }
@container stage (max-height: 38rem) {
  [data-layout="stage"] .areas .caption, [data-layout="stage"] .facts { display: none; }
}
@container stage (max-height: 30rem) {
  [data-layout="stage"] .stage { gap: 0.25rem; }
  [data-layout="stage"] .sliders { display: none; }
  [data-layout="stage"] .one:not([hidden]) { display: grid; }
  [data-layout="stage"] .one :is(select, .track) { min-height: 1.5rem; --h: 1.5rem; }
  [data-layout="stage"] .total { --h: 1rem; }
  [data-layout="stage"] .total .words { margin-bottom: 0; flex-wrap: nowrap; white-space: nowrap; }
  [data-layout="stage"] .controls :is(.example, .segmented) { display: none; }
  .root[data-layout="stage"][data-scene="loss"] .bars .num-g, .bars.covered-shares .num:not(.num-p) { display: none; }
[data-layout="stage"][data-scene="slopes"] .bars .row:not(.head, .foot) { --h: 1.75rem; }
  .root[data-layout="stage"] .bars .rows { grid-template-columns: max-content minmax(0, 1fr) 5.4em; }
  .root[data-layout="stage"] .bars .row { grid-template-areas: "name pt g"; }
  .root[data-layout="stage"][data-scene="loss"] .bars .rows { grid-template-columns: max-content minmax(0, 1fr); }
  .root[data-layout="stage"][data-scene="loss"] .bars .row { grid-template-areas: "name pt"; }
  .root[data-layout="stage"] .bars .rows .row:not(.head, .foot) .name { min-width: 3.2em; display: block; min-height: 0; }
  .root[data-layout="stage"][data-scene="loss"] .stage {
    display: grid;
    grid-template: "bars loss" minmax(0, 1fr) "one one" auto / minmax(0, 16rem) minmax(0, 1fr);
    gap: 0.25rem 1rem;
  }
  [data-scene="loss"] .bars { grid-area: bars; }
  [data-scene="loss"] .loss-pane { grid-area: loss; }
  [data-scene="loss"] .one { grid-area: one; }
}
@container stage (max-height: 30rem) and (max-width: 30rem) {
  [data-layout="stage"] .total .words { gap: 0.375rem; }
  [data-layout="stage"] .total .readout { font-size: 0.8125rem; }
  [data-layout="stage"] .total .sum { font-size: 0.75rem; letter-spacing: -0.01em; }
  [data-layout="stage"] .total .unit, [data-layout="stage"] .meet { display: none; }
  [data-layout="stage"][data-scene="loss"] .bars { display: none; }
  .root[data-layout="stage"][data-scene="loss"] .stage { grid-template: "loss" minmax(0, 1fr) "one" auto / minmax(0, 1fr); }
}
@container stage (max-height: 15rem) {
  [data-layout="stage"] .controls, [data-layout="stage"][data-scene="slopes"] .total { display: none; }
}
@container stage (max-width: 14rem) {
  [data-layout="stage"] :is(.sum, .one label) { display: none; }
  [data-layout="stage"] .one { grid-template-columns: auto minmax(0, 1fr) 2.6em; }
}
@container stage (min-width: 14rem) and (max-width: 20.7rem) {
  [data-layout="stage"] .total .sum { font-size: 0.6875rem; letter-spacing: -0.03em; }
}

@media (prefers-reduced-motion: no-preference) {
  .glide :is(.part, .track .fill) { transition: left 0.4s ease, width 0.4s ease; }
}
@media (forced-colors: active) {
  .part, .track .fill, .paid, .extra, .saving, .level, .top, .hatch-line { forced-color-adjust: none; }
}

/* The object that a step highlights has a ring around it; the rest is dimmed. */
[data-highlight="extra"] .paid,
[data-highlight="saving"] :is(.paid, .extra),
[data-highlight="line"] :is(.extra, .saving),
[data-highlight="divergence"] .paid {
  opacity: 0.3;
}
:is([data-highlight="saving"], [data-highlight="line"]) .chart .in-box[data-kind="extra"] { fill: var(--ink); }
[data-highlight="box"] :is(.paid, .extra), [data-highlight="extra"] .extra { stroke: var(--focus); stroke-width: 3; }
:is([data-highlight="saving"], [data-highlight="divergence"]) .saving { stroke: var(--focus); stroke-width: 3; }
[data-highlight="divergence"] .extra { stroke: var(--focus); stroke-width: 3; }
[data-highlight="divergence"] .part.divergence { outline: 2px solid var(--focus); outline-offset: 2px; }
[data-highlight="line"] .level { stroke-width: 6; }
[data-highlight="total"] .total .track,
[data-highlight="votes"] .track.v.draggable,
[data-highlight="logit"] .track.z.draggable {
  outline: 2px solid var(--focus);
  outline-offset: 2px;
  border-radius: 4px;
}
[data-highlight="votes"] .track.v.draggable, [data-highlight="logit"] .track.z.draggable { outline-offset: -2px; }
[data-highlight="curve"] .curve.price { stroke-width: 5; }
[data-highlight="slope"] .tangent { stroke-width: 8; }
[data-highlight="slope"] .curve.price { opacity: 0.4; }
[data-highlight="lowest"] .lowest, [data-highlight="now"] .loss-pane .dot.this { stroke: var(--focus); stroke-width: 4; }
[data-highlight="gradient"] [data-object="gradient"] { outline: 2px solid var(--focus); outline-offset: -1px; border-radius: 4px; }
[data-highlight="gradient"] .bars .bar { opacity: 0.5; }
`;
