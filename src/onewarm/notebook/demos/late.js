/** When a demo draws what is read afterwards: sentences, tables. That is after each paint, as long as the processor keeps up;
 * otherwise the next input would wait for it, so then it comes once the control rests. It is drawn part by part, and an input
 * that comes meanwhile is answered before the next part. */

const HALF = 8; // milliseconds, half a frame: a change that takes longer is one that the processor did not keep up with
const PATIENCE = 3; // so many such changes in a row are drawn after their paint all the same
const REST = 80; // milliseconds without a change
const LONGEST = 1000; // it waits no longer than this, even while the control moves

/** @param {() => (() => void)[]} parts what draws each part, as things are now */
export function afterwards(parts) {
  let frame = 0,
    timer = 0,
    first = 0, // when the first change came that it has not been drawn for
    behind = 0; // changes in a row that the processor did not keep up with
  function stop() {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = timer = first = 0;
  }
  function go() {
    stop();
    draw(parts());
  }
  /** Draws the first of these, and the others after what has come meanwhile. @param {(() => void)[]} those */
  function draw([part, ...others]) {
    part?.();
    if (others.length) timer = setTimeout(() => draw(others));
  }
  /** Waits for a rest. */
  function wait() {
    const left = first + LONGEST - performance.now();
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (left > REST) behind = 0;
      go();
    }, Math.min(REST, Math.max(0, left)));
  }
  return {
    stop,
    /** A change was drawn. @param {number} took how long that was, in milliseconds */
    changed(took) {
      first ||= performance.now();
      if (behind > PATIENCE) return wait();
      if (frame) return; // all changes before a paint are drawn together
      clearTimeout(timer);
      // A frame's callbacks run before its paint, and a timer's after it.
      frame = requestAnimationFrame(() => {
        const began = performance.now();
        timer = setTimeout(() => {
          frame = 0;
          behind = took + performance.now() - began > HALF ? behind + 1 : 0;
          behind > PATIENCE ? wait() : go();
        });
      });
    },
  };
}
