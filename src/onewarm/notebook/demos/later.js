/** What need not be there at once is drawn after what is under the hand. */

/** Draws a pane one frame late, once it has been drawn: what is under the hand is painted first, and the hand does not wait
 * for the curves. Several changes within a frame are one drawing.
 * @param {(view: any, width: (figure: Element) => number) => boolean} draw returns whether there was room to draw */
export function afterPaint(draw) {
  let drawn = false,
    waiting = false;
  /** @type {[any, (figure: Element) => number]} */
  let latest;
  return (/** @type {any} */ view, /** @type {(figure: Element) => number} */ width) => {
    latest = [view, width];
    if (!drawn) return void (drawn = draw(view, width));
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() =>
      setTimeout(() => {
        waiting = false;
        draw(...latest);
      }),
    );
  };
}
