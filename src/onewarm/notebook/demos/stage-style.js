/** The look of a demo on a page's stage, after that of style.js. The demo's element has the container `stage`, which is of a
 * given size. Below 30rem of height the stage is compact: what has no room there is left out, and never cut off. */

export const STAGE_STYLE = `
:host([data-layout="stage"]) {
  block-size: 100%;
  container: demo stage / size;
  contain-intrinsic-block-size: 32rem;
}
.root[data-layout="stage"] {
  position: relative;
  block-size: 100%;
  padding: 0.375rem;
  display: flex;
  flex-direction: column;
  gap: 0.75rem;
  overflow: auto;
}
[data-layout="stage"] > * { flex: none; }
[data-layout="stage"] .scenes > legend { position: absolute; clip-path: inset(50%); }
[data-layout="stage"] .scenes .segments span { padding: 0.25rem 0.625rem; font-size: 0.875rem; }
[data-layout="stage"] .numbers { position: absolute; inset: 0 auto auto 0; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); contain: strict; white-space: nowrap; }
[data-layout="stage"] .numbers summary { display: none; }
[data-layout="stage"] .numbers .scroll { overflow: visible; }
[data-layout="stage"] button { min-height: 1.875rem; padding-block: 0.1875rem; }
[data-layout="stage"] .segments span { padding-block: 0.1875rem; }
/* What takes the room that the rest leaves; it is a column, and its figures take what is left in it. */
[data-layout="stage"] .fill:not([hidden]) { flex: 1 1 0; min-block-size: 0; display: flex; flex-direction: column; gap: 0.5rem; }
[data-layout="stage"] .figure { flex: 1 1 0; min-block-size: 0; contain: size; overflow: visible; }
/* Until a drawing has the size of its box, it is shrunk into it. */
[data-layout="stage"] .figure > :is(.chart, canvas) { max-inline-size: 100%; max-block-size: 100%; }
[data-layout="stage"] .caption { margin-top: 0; }
[data-layout="stage"] .note { margin-bottom: 0; }
[data-layout="stage"] .pane-head { margin-bottom: 0; }
/* Panes of other scenes do not leave their box behind. */
[data-layout="stage"] .stage:not(:has(> :not([hidden], .numbers))) { display: none !important; }

@container stage (max-height: 30rem) {
  .root[data-layout="stage"] { gap: 0.375rem; padding: 0.25rem; font-size: 0.875rem; }
  [data-layout="stage"] .scenes .segments span { padding: 0.0625rem 0.5rem; font-size: 0.8125rem; }
  [data-layout="stage"] :is(.legend, .caption, .note, .why, .spare) { display: none; }
  [data-layout="stage"] .readout { font-size: 0.9375rem; min-width: 0; }
  [data-layout="stage"] button { min-height: 1.75rem; padding-block: 0.125rem; }
  /* rows: name | bar | gap */
  .root[data-layout="stage"] .rows { grid-template-columns: max-content minmax(0, 1fr) 4.9em; gap: 0.125rem 0.5rem; }
  .root[data-layout="stage"] .rows .row:not(.head, .foot) {
    --h: 1.375rem;
    display: grid;
    grid-column: 1 / -1;
    grid-template-areas: "name pt g";
    grid-template-columns: subgrid;
    grid-template-rows: auto;
  }
  [data-layout="stage"] .row:is(.head, .foot),
  [data-layout="stage"] .row :is(.track:not(.p), .num:not(.num-g)) { display: none; }
  [data-layout="stage"] .row .name { min-height: 1.375rem; max-width: 9em; gap: 0.375rem; }
  [data-layout="stage"] .row .name input { width: 0.9375rem; height: 0.9375rem; }
}
@container stage (max-height: 30rem) and (max-width: 30rem) {
  [data-layout="stage"] .row .name { min-width: 4.5em; max-width: 7em; }
}
`;
