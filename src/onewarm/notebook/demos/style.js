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
  font: 400 0.9375rem/1.45 var(--ow-sans, system-ui, "Segoe UI", Roboto, sans-serif);
  font-variant-numeric: tabular-nums;
  display: grid;
  grid-template-columns: minmax(0, 1fr);
  gap: 1.75rem;
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
.rem { position: absolute; inline-size: 1rem; block-size: 0; visibility: hidden; }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
i { font-family: var(--ow-serif, Georgia, "Times New Roman", serif); }

.controls { display: grid; gap: 1rem 1.75rem; grid-template-columns: minmax(0, 1fr); align-items: end; }
.control { display: flex; flex-wrap: wrap; gap: 0.375rem 0.75rem; align-items: center; }
.range-control { display: grid; grid-template-columns: auto minmax(0, 1fr) 3.2em; align-items: center; }
.range-control output { font-weight: 600; color: var(--soft); text-align: end; }
.range-control .held:has(input) { height: 1.75rem; }
.range-control input { width: 100%; min-width: 0; height: 1.75rem; margin: 0; accent-color: var(--soft); cursor: pointer; }
legend, .pane-head label, .legend, .subtitle, dt, .note { color: var(--mute); font-size: 0.8125rem; }
legend { padding: 0 0 0.25rem; }
.segments {
  display: inline-flex;
  flex-wrap: wrap;
  border: 1px solid var(--rule);
  border-radius: 0.4375rem;
  overflow: clip;
  overflow-clip-margin: 0.25rem;
}
.segments label { position: relative; cursor: pointer; }
.segments input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer; }
.segments span { display: block; padding: 0.3125rem 0.8125rem; border-radius: 0.375rem; }
.segments label + label span { margin-inline-start: -1px; }
.segments :checked + span { background: var(--ink); color: var(--paper); }
.segments :focus-visible + span { outline: 2px solid var(--focus); outline-offset: 2px; }
button,
select {
  font: inherit;
  color: inherit;
  background: var(--paper);
  border: 1px solid var(--rule);
  border-radius: 0.4375rem;
  padding: 0.3125rem 0.8125rem;
  min-height: 2.125rem;
  cursor: pointer;
  max-width: 100%;
}
select { padding-inline: 0.5rem; border-color: color-mix(in srgb, var(--mute) 60%, transparent); }
button { border-color: color-mix(in srgb, var(--mute) 60%, transparent); }
button:hover, .segments label:hover span { background: var(--wash); }
.segments label:hover :checked + span { background: var(--ink); }
button.quiet {
  border-color: transparent;
  color: var(--mute);
  text-decoration: underline;
  text-underline-offset: 3px;
}
@container demo (max-width: 26.25rem) {
  .buttons { gap: 0.5rem; }
  .buttons button { font-size: 0.875rem; padding-inline: 0.625rem; white-space: nowrap; }
  .buttons .quiet { padding-inline: 0.25rem; }
}
/* What changes while a control moves has a fixed size, so that nothing around it is laid out anew: see fixedBox(). */
.held { display: block; height: 1.45em; }
.held, .lane, .chart { contain: size layout style; }
.chart { contain-intrinsic-size: 18.75rem 13.75rem; } /* until it is drawn */
.why { color: var(--mute); min-height: 2.9em; }
.readout { min-width: 10.5em; font-size: 1.375rem; font-weight: 600; letter-spacing: -0.01em; white-space: nowrap; }

.stage { display: grid; grid-template-columns: minmax(0, 1fr); gap: 2rem; }
.pane { min-width: 0; container-type: inline-size; }
.pane, .controls { isolation: isolate; } /* a change in one of them does not repaint the others */
.pane-head {
  display: flex;
  flex-wrap: wrap;
  gap: 0.375rem 1rem;
  align-items: center;
  justify-content: space-between;
  margin-bottom: 0.5rem;
}
.legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.125rem; margin-bottom: 0.75rem; }
.key { display: inline-flex; align-items: center; gap: 0.4375rem; }
.swatch { display: inline-block; width: 1.125rem; height: 0.75rem; border-radius: 2px; flex: none; }
.s-bar { background: var(--bar); }
.swatch.s-tick { width: 0.1875rem; height: 1.125rem; background: var(--soft); }
.s-up { background: var(--up); }
.swatch.s-soft, .swatch.s-hard { height: 0.1875rem; margin-inline-end: 0.4375rem; vertical-align: middle; }
.s-soft { background: var(--soft); }
.s-hard { background: repeating-linear-gradient(90deg, var(--mute) 0 0.3125rem, transparent 0.3125rem 0.5rem); }
.s-down,
[data-pull="down"] .gap {
  background: repeating-linear-gradient(
    -45deg,
    var(--down) 0 0.25rem,
    color-mix(in srgb, var(--down) 62%, var(--paper)) 0.25rem 0.375rem
  );
}

/* Sliders drawn by the demo: .track > .lane > .thumb, and the marks on a lane. */
.track { position: relative; height: var(--h, 2.25rem); min-width: 0; }
.draggable { touch-action: pan-y; cursor: ew-resize; }
.lane { position: relative; height: 100%; direction: ltr; }
.grid { position: absolute; inset-block: 0; width: 1px; margin-left: -0.5px; background: var(--rule); }
.lane.axis { height: 1.125rem; }
.at { position: absolute; transform: translateX(-50%); color: var(--mute); font-size: 0.75rem; line-height: 1.125rem; }
.inside .at:first-child { transform: none; }
.inside .at:last-child { transform: translateX(-100%); }
.stem { position: absolute; top: 50%; height: 2px; margin-top: -1px; background: var(--ink); opacity: 0.55; }
.thumb { position: absolute; top: 50%; width: 1.625rem; height: 1.625rem; margin: -0.8125rem 0 0 -0.8125rem; border-radius: 50%; }
.thumb::before {
  content: "";
  position: absolute;
  inset: 0.3125rem;
  border-radius: 50%;
  background: var(--ink);
  box-shadow: 0 0 0 2px var(--paper);
}
.thumb:focus { outline: none; }
.thumb:focus-visible { outline: 2.5px solid var(--focus); outline-offset: -1px; }
.draggable:hover .thumb::before, .dragging .thumb::before { inset: 0.25rem; }

/* Rows, one a class (rows.js). A demo's own sheet says by grid areas where the parts stand. */
.rows { display: grid; gap: 0.75rem; }
.row { display: grid; column-gap: 0.4375rem; align-items: center; }
.head .track { display: none; }
.head .track, .foot .track { height: auto; cursor: auto; }
.name { grid-area: name; display: flex; gap: 0.5rem; align-items: center; min-height: 1.75rem; min-width: 5.75em; cursor: pointer; }
.name span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.name input { width: 1.125rem; height: 1.125rem; margin: 0; accent-color: var(--soft); cursor: pointer; flex: none; }
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
@container (max-width: 32.4375rem) { .num { font-size: 0.875rem; } }

/* Bar, tick and gap on a lane, within a row that has data-pull; and what a highlight does to them. */
.bar, .gap { position: absolute; top: 25%; height: 50%; }
.bar { background: var(--bar); border-radius: 0 2px 2px 0; }
.gap { background: var(--up); }
[data-pull="up"] .gap {
  clip-path: polygon(0 0, max(0px, 100% - 0.5rem) 0, 100% 50%, max(0px, 100% - 0.5rem) 100%, 0 100%);
}
[data-pull="down"] .gap { clip-path: polygon(100% 0, min(100%, 0.5rem) 0, 0 50%, min(100%, 0.5rem) 100%, 100% 100%); }
[data-pull="none"] .gap { visibility: hidden; }
.tick {
  position: absolute;
  top: 8%;
  height: 84%;
  width: 0.1875rem;
  margin-left: -0.09375rem;
  background: var(--soft);
  border-radius: 1px;
}
[data-highlight="bar"] :is(.tick, .gap), [data-highlight="tick"] :is(.bar, .gap) { opacity: 0.25; }
[data-highlight="gap"] .bar { opacity: 0.5; }
[data-highlight="bar"] .bar,
[data-highlight="tick"] .tick {
  box-shadow:
    0 0 0 2px var(--paper),
    0 0 0 0.25rem var(--focus);
  z-index: 1;
}
[data-highlight="gap"] .gap { top: 12%; height: 76%; }

/* Charts. */
.figure { position: relative; min-width: 0; }
.chart { display: block; max-width: 100%; overflow: visible; }
/* In an SVG, px are its own units, of which 16 make a rem (chart.js): they grow with the text. */
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

/* A reader's flag over a chart (flag.js). */
.axis-flag { position: absolute; contain: size layout style; touch-action: pan-y; }
.axis-flag.fixed { pointer-events: none; }
.you { position: absolute; top: 0; height: 100%; width: 1.75rem; margin-left: -0.875rem; cursor: ew-resize; }
.you:focus { outline: none; }
.pole { position: absolute; inset-block: 0; left: 50%; margin-left: -1px; border-left: 2px dashed var(--up); }
.cloth {
  position: absolute;
  top: 0;
  left: 50%;
  padding: 0 0.75rem 0 0.375rem;
  font-size: 0.8125rem;
  line-height: 1.25rem;
  font-weight: 650;
  color: var(--paper);
  background: var(--up);
  clip-path: polygon(0 0, 100% 0, calc(100% - 0.375rem) 50%, 100% 100%, 0 100%);
}
[data-side="left"] .cloth {
  left: auto;
  right: 50%;
  padding: 0 0.375rem 0 0.75rem;
  clip-path: polygon(0 0, 100% 0, 100% 100%, 0 100%, 0.375rem 50%);
}
.you:focus-visible .cloth { outline: 2.5px solid var(--focus); clip-path: none; }
[data-highlight="flag"] .pole { border-left-width: 4px; margin-left: -2px; border-left-style: solid; }

/* While a question is answered by pointing. */
[data-pointing] [data-object], [data-pointing] [data-object] * { cursor: crosshair; }
[data-pointing] [data-object]:hover { outline: 2px solid var(--focus); outline-offset: 2px; }

/* Words and tables. */
.caption { margin-top: 0.75rem; min-height: 2.9em; }
table { border-collapse: collapse; width: 100%; font-size: 0.875rem; }
th { font-weight: 400; }
td, th { text-align: end; padding: 0.25rem 0 0.25rem 0.75rem; vertical-align: baseline; }
td:first-child, th:first-child { text-align: start; padding-inline-start: 0; }
tbody tr > *, tfoot tr > * { border-top: 1px solid var(--rule); }
.numbers summary { cursor: pointer; color: var(--mute); padding: 0.25rem 0; width: fit-content; }
.numbers caption { text-align: start; color: var(--mute); padding: 0.375rem 0; }
.numbers tbody th { overflow-wrap: anywhere; }
.scroll { overflow-x: auto; max-width: 46rem; }
h3 { font-size: 1.1875rem; font-weight: 650; line-height: 1.25; }
h4 { font-size: 1rem; font-weight: 650; }
.subtitle { display: block; font-weight: 400; }
code { font-family: var(--ow-mono, ui-monospace, monospace); font-size: 0.95em; color: var(--ink); }
.note:empty { display: none; }
.note { margin-bottom: 1.125rem; max-width: 68ch; }
dl > div {
  display: flex;
  justify-content: space-between;
  gap: 0.75rem;
  border-top: 1px solid var(--rule);
  padding: 0.3125rem 0;
  align-items: baseline;
}
dd { text-align: end; white-space: nowrap; }

@media (prefers-reduced-motion: no-preference) {
  .glide :is(.thumb, .stem, .bar, .gap, .tick) { transition: left 0.4s ease, width 0.4s ease; }
}
@media (forced-colors: active) {
  .bar, .gap, .tick, .stem, .thumb::before, .swatch, .cloth { forced-color-adjust: none; }
  .segments :checked + span { forced-color-adjust: none; background: Highlight; color: HighlightText; }
  button.quiet { padding-inline: 0.8125rem; }
}
@media print {
  .root { print-color-adjust: exact; gap: 1rem; } /* bars and ticks are backgrounds */
  .buttons { display: none; }
  .figure, .card, table { break-inside: avoid; }
}
`;
