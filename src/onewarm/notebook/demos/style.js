/** The look that all demos share: a style sheet for their shadow roots, since the page's policy allows no inline style.
 * Colours follow the host page's --ow-* properties where it has them. Amber marks targets and all that is soft, blue what
 * is short of its target, magenta what is over it; hatching, arrows and signs say the same without colour. Text on --paper
 * has a contrast of at least 4.5. */

export const STYLE = `
:host { display: block; container: demo / inline-size; }
.root {
  --ink: var(--ow-ink, light-dark(#1d2430, #e8eaf0));
  --mute: var(--ow-muted, light-dark(#586174, #a3acbd));
  --rule: var(--ow-rule, light-dark(#dfe3ea, #333b4a));
  --paper: var(--ow-paper, light-dark(#ffffff, #14181f));
  --bar: light-dark(#b9c2d2, #58647a);
  --soft: var(--ow-accent, light-dark(#b0500a, #f2a75c));
  --up: light-dark(#1668b3, #6fb4f4);
  --down: light-dark(#b1246b, #f383b4);
  --focus: light-dark(#1668b3, #8cc4ff);
  --wash: light-dark(#f5f6f9, #1c222c);
  color: var(--ink);
  background: var(--paper);
  font: 400 15px/1.45 var(--ow-sans, system-ui, "Segoe UI", Roboto, sans-serif);
  font-variant-numeric: tabular-nums;
  display: grid;
  grid-template-columns: minmax(0, 1fr);
  gap: 28px;
  text-align: start;
  overflow-wrap: break-word;
}
*, *::before, *::after { box-sizing: border-box; }
h3, h4, p, dl, dd, fieldset { margin: 0; padding: 0; border: 0; min-width: 0; }
[hidden] { display: none !important; }
.sr {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  margin: 0;
  white-space: nowrap;
}
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
i { font-family: var(--ow-serif, Georgia, "Times New Roman", serif); }

.controls { display: grid; gap: 16px 28px; grid-template-columns: minmax(0, 1fr); align-items: end; }
.control { display: flex; flex-wrap: wrap; gap: 6px 12px; align-items: center; }
.range-control { display: grid; grid-template-columns: auto minmax(0, 1fr) 3.2em; align-items: center; }
.range-control output { font-weight: 600; color: var(--soft); text-align: end; }
.range-control .held:has(input) { height: 28px; }
.range-control input { width: 100%; min-width: 0; height: 28px; margin: 0; accent-color: var(--soft); cursor: pointer; }
legend, .pane-head label, .legend, .subtitle, dt, .note { color: var(--mute); font-size: 13px; }
legend { padding: 0 0 4px; }
.segments {
  display: inline-flex;
  flex-wrap: wrap;
  border: 1px solid var(--rule);
  border-radius: 7px;
  overflow: clip;
  overflow-clip-margin: 4px;
}
.segments label { position: relative; cursor: pointer; }
.segments input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer; }
.segments span { display: block; padding: 5px 13px; border-radius: 6px; }
.segments label + label span { margin-inline-start: -1px; }
.segments :checked + span { background: var(--ink); color: var(--paper); }
.segments :focus-visible + span { outline: 2px solid var(--focus); outline-offset: 2px; }
button,
select {
  font: inherit;
  color: inherit;
  background: var(--paper);
  border: 1px solid var(--rule);
  border-radius: 7px;
  padding: 5px 13px;
  min-height: 34px;
  cursor: pointer;
  max-width: 100%;
}
select { padding-inline: 8px; border-color: color-mix(in srgb, var(--mute) 60%, transparent); }
button { border-color: color-mix(in srgb, var(--mute) 60%, transparent); }
button:hover, .segments label:hover span { background: var(--wash); }
.segments label:hover :checked + span { background: var(--ink); }
button.quiet {
  border-color: transparent;
  color: var(--mute);
  text-decoration: underline;
  text-underline-offset: 3px;
}
@container demo (max-width: 420px) {
  .buttons { gap: 8px; }
  .buttons button { font-size: 14px; padding-inline: 10px; white-space: nowrap; }
  .buttons .quiet { padding-inline: 4px; }
}
/* What changes while a control moves has a fixed size, so that nothing around it is laid out anew: see fixedBox(). */
.held { display: block; height: 1.45em; }
.held, .lane, .chart { contain: size layout style; }
.chart { contain-intrinsic-size: 300px 220px; } /* until it is drawn */
.why { color: var(--mute); min-height: 2.9em; }
.readout { min-width: 10.5em; font-size: 22px; font-weight: 600; letter-spacing: -0.01em; white-space: nowrap; }

.stage { display: grid; grid-template-columns: minmax(0, 1fr); gap: 32px; }
.pane { min-width: 0; container-type: inline-size; }
.pane, .controls { isolation: isolate; } /* a change in one of them does not repaint the others */
.pane-head {
  display: flex;
  flex-wrap: wrap;
  gap: 6px 16px;
  align-items: center;
  justify-content: space-between;
  margin-bottom: 8px;
}
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-bottom: 12px; }
.key { display: inline-flex; align-items: center; gap: 7px; }
.swatch { display: inline-block; width: 18px; height: 12px; border-radius: 2px; flex: none; }
.s-bar { background: var(--bar); }
.swatch.s-tick { width: 3px; height: 18px; background: var(--soft); }
.s-up { background: var(--up); }
.swatch.s-soft, .swatch.s-hard { height: 3px; margin-inline-end: 7px; vertical-align: middle; }
.s-soft { background: var(--soft); }
.s-hard { background: repeating-linear-gradient(90deg, var(--mute) 0 5px, transparent 5px 8px); }
.s-down,
[data-pull="down"] .gap {
  background: repeating-linear-gradient(
    -45deg,
    var(--down) 0 4px,
    color-mix(in srgb, var(--down) 62%, var(--paper)) 4px 6px
  );
}

/* Sliders drawn by the demo: .track > .lane > .thumb, and the marks on a lane. */
.track { position: relative; height: var(--h, 36px); min-width: 0; }
.draggable { touch-action: pan-y; cursor: ew-resize; }
.lane { position: relative; height: 100%; direction: ltr; }
.grid { position: absolute; inset-block: 0; width: 1px; margin-left: -0.5px; background: var(--rule); }
.lane.axis { height: 18px; }
.at { position: absolute; transform: translateX(-50%); color: var(--mute); font-size: 12px; line-height: 18px; }
.inside .at:first-child { transform: none; }
.inside .at:last-child { transform: translateX(-100%); }
.stem { position: absolute; top: 50%; height: 2px; margin-top: -1px; background: var(--ink); opacity: 0.55; }
.thumb { position: absolute; top: 50%; width: 26px; height: 26px; margin: -13px 0 0 -13px; border-radius: 50%; }
.thumb::before {
  content: "";
  position: absolute;
  inset: 5px;
  border-radius: 50%;
  background: var(--ink);
  box-shadow: 0 0 0 2px var(--paper);
}
.thumb:focus { outline: none; }
.thumb:focus-visible { outline: 2.5px solid var(--focus); outline-offset: -1px; }
.draggable:hover .thumb::before, .dragging .thumb::before { inset: 4px; }

/* Rows, one a class (rows.js). A demo's own sheet says by grid areas where the parts stand. */
.rows { display: grid; gap: 12px; }
.row { display: grid; column-gap: 7px; align-items: center; }
.head .track { display: none; }
.head .track, .foot .track { height: auto; cursor: auto; }
.name { grid-area: name; display: flex; gap: 8px; align-items: center; min-height: 28px; min-width: 0; cursor: pointer; }
.name span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.name input { width: 18px; height: 18px; margin: 0; accent-color: var(--soft); cursor: pointer; flex: none; }
.head .name { cursor: auto; }
.row[data-true="true"] .name { font-weight: 650; }
.num { text-align: end; white-space: nowrap; }
.num-z { grid-area: z; }
.num-p { grid-area: p; }
.num-t { grid-area: t; }
.num-q { grid-area: q; }
.num-s { grid-area: s; }
.num-g { grid-area: g; font-weight: 600; }
.head .num { color: var(--mute); font-weight: 400; }
.row:not(.head) :is(.num-t, .num-q) { color: var(--soft); }
@container (max-width: 519px) { .num { font-size: 14px; } }

/* Bar, tick and gap on a lane, within a row that has data-pull; and what a highlight does to them. */
.bar, .gap { position: absolute; top: 25%; height: 50%; }
.bar { background: var(--bar); border-radius: 0 2px 2px 0; }
.gap { background: var(--up); }
[data-pull="up"] .gap {
  clip-path: polygon(0 0, max(0px, 100% - 8px) 0, 100% 50%, max(0px, 100% - 8px) 100%, 0 100%);
}
[data-pull="down"] .gap { clip-path: polygon(100% 0, min(100%, 8px) 0, 0 50%, min(100%, 8px) 100%, 100% 100%); }
[data-pull="none"] .gap { visibility: hidden; }
.tick {
  position: absolute;
  top: 8%;
  height: 84%;
  width: 3px;
  margin-left: -1.5px;
  background: var(--soft);
  border-radius: 1px;
}
[data-highlight="bar"] :is(.tick, .gap), [data-highlight="tick"] :is(.bar, .gap) { opacity: 0.25; }
[data-highlight="gap"] .bar { opacity: 0.5; }
[data-highlight="bar"] .bar,
[data-highlight="tick"] .tick {
  box-shadow:
    0 0 0 2px var(--paper),
    0 0 0 4px var(--focus);
  z-index: 1;
}
[data-highlight="gap"] .gap { top: 12%; height: 76%; }

/* Charts. */
.chart { display: block; max-width: 100%; overflow: visible; }
.figure { min-width: 0; }
.chart text { font-size: 12.5px; fill: var(--mute); font-family: inherit; }
.chart .strong { fill: var(--ink); font-weight: 600; }
.gridlines line { stroke: var(--rule); stroke-width: 1; }
.curve, .line { fill: none; stroke-linejoin: round; }
.curve.soft { stroke: var(--soft); stroke-width: 2.75; }
.curve.hard { stroke: var(--mute); stroke-width: 1.75; stroke-dasharray: 6 4; }
.tangent { stroke-width: 4.5; stroke-linecap: round; opacity: 0.9; }
.here { stroke: var(--ink); stroke-width: 1; opacity: 0.5; }
.halo { paint-order: stroke; stroke: var(--paper); stroke-width: 5px; stroke-linejoin: round; }
.dot { fill: var(--soft); stroke: var(--paper); stroke-width: 1.5; }

/* Words and tables. */
.caption { margin-top: 12px; min-height: 2.9em; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th { font-weight: 400; }
td, th { text-align: end; padding: 4px 0 4px 12px; vertical-align: baseline; }
td:first-child, th:first-child { text-align: start; padding-inline-start: 0; }
tbody tr > *, tfoot tr > * { border-top: 1px solid var(--rule); }
.numbers summary { cursor: pointer; color: var(--mute); padding: 4px 0; width: fit-content; }
.numbers caption { text-align: start; color: var(--mute); padding: 6px 0; }
.numbers tbody th { overflow-wrap: anywhere; }
.scroll { overflow-x: auto; max-width: 46rem; }
h3 { font-size: 19px; font-weight: 650; line-height: 1.25; }
h4 { font-size: 16px; font-weight: 650; }
.subtitle { display: block; font-weight: 400; }
code { font-family: var(--ow-mono, ui-monospace, monospace); font-size: 0.95em; color: var(--ink); }
.note:empty { display: none; }
.note { margin-bottom: 18px; max-width: 68ch; }
dl > div {
  display: flex;
  justify-content: space-between;
  gap: 12px;
  border-top: 1px solid var(--rule);
  padding: 5px 0;
  align-items: baseline;
}
dd { text-align: end; white-space: nowrap; }

@media (prefers-reduced-motion: no-preference) {
  .glide :is(.thumb, .stem, .bar, .gap, .tick) { transition: left 0.4s ease, width 0.4s ease; }
}
@media (forced-colors: active) {
  .bar, .gap, .tick, .stem, .thumb::before, .swatch { forced-color-adjust: none; }
  .segments :checked + span { forced-color-adjust: none; background: Highlight; color: HighlightText; }
  button.quiet { padding-inline: 13px; }
}
@media print {
  .root { print-color-adjust: exact; gap: 16px; } /* bars and ticks are backgrounds */
  .buttons { display: none; }
  .figure, .card, table { break-inside: avoid; }
}
`;
