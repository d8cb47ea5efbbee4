/** The look of this demo, on top of the kit's. */

export const CSS = `
.curve-pane .figure, .ratios-pane .figure { height: 15rem; }
.diagram-pane .figure { height: 18rem; }
.cover { fill: var(--wash); stroke: var(--rule); }
.chart .cover-text { fill: var(--mute); }
.low { fill: var(--paper); stroke: var(--soft); stroke-width: 2.5; }
.flag .pole { stroke: var(--up); stroke-dasharray: 3 3; stroke-width: 1.5; }
.flag .cloth { fill: var(--up); }
.chart .flag .you { fill: var(--paper); font-weight: 600; }
.ratio-dots { fill: none; stroke: var(--soft); stroke-width: 6; stroke-linecap: round; opacity: 0.6; }
.ratio-line { stroke: var(--ink); stroke-width: 2.5; }
.best[aria-disabled="true"] { color: var(--mute); cursor: default; }
.row { grid-template: "name pt z p" auto / minmax(5rem, auto) minmax(0, 1fr) 4.5em 5em; --h: 2.25rem; }
.track.p { grid-area: pt; }
.was { position: absolute; top: 25%; height: 50%; border: 1.5px dashed var(--mute); border-inline-start: 0; }
.s-was { border: 1.5px dashed var(--mute); }
.s-dots { width: 9px; height: 9px; border-radius: 50%; background: var(--soft); }
.swatch.s-line { height: 3px; background: var(--ink); }
.mark { color: var(--soft); font-size: 0.85em; }
.mark:not(:empty)::before { content: "✓ "; }
.whole .track { --h: 1.75rem; }
.whole .legend { margin-bottom: 4px; }
.s-same { border-top: 2px dashed var(--mute); height: 0; }
`;
