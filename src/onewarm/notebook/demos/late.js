/** When a demo draws what is read afterwards: sentences, tables. That is after each paint, as long as the processor keeps up;
 * otherwise the next input would wait for it, so then it comes once the control rests. It is drawn part by part, and an
 * input that comes meanwhile is answered before the next part. */

const HALF = 8; // milliseconds, half a frame: a change that takes longer is one that the processor did not keep up with
const ENOUGH = 3; // it keeps up again after so many changes in a row that took no longer
const REST = 80; // milliseconds without a change
const LONGEST = 1000; // it waits no longer than this, even while the control moves

/** @param {() => (() => void)[]} parts what draws each part, as things are now */
export function afterwards(parts) {
  let frame = 0,
    timer = 0,
    first = 0, // when the first change came that it has not been drawn for
    quick = ENOUGH; // changes in a row that the processor kept up with
  /** @type {(() => void)[]} */ let left = []; // the parts that are still to be drawn
  function stop() {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = timer = first = 0;
    left = [];
  }
  function next() {
    left.shift()?.();
    timer = left.length ? setTimeout(next) : 0;
  }
  function go() {
    stop();
    left = parts();
    next();
  }
  return {
    stop,
    /** A change was drawn. @param {number} took how long that was, in milliseconds */
    changed(took) {
      if (frame) return; // all changes before a paint are drawn together
      first ||= performance.now();
      clearTimeout(timer);
      // A frame's callbacks run before its paint, and a timer's after it.
      frame = requestAnimationFrame(() => {
        const began = performance.now();
        timer = setTimeout(() => {
          const now = performance.now();
          frame = 0;
          quick = took + now - began > HALF ? 0 : quick + 1;
          if (quick >= ENOUGH) go();
          else timer = setTimeout(go, Math.min(REST, Math.max(0, first + LONGEST - now)));
        });
      });
    },
  };
}
