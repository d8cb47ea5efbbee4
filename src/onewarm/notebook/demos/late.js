/** When a demo draws what is read afterwards: sentences, tables, curves. A processor that keeps up draws it after each paint;
 * one that does not would let the next input wait for it, so there it comes once the control rests. */

const HALF = 8; // milliseconds, half a frame: a change that takes longer is one that the processor does not keep up with
const REST = 80; // milliseconds without a change
const LONGEST = 1000; // it waits no longer than this, even while the control moves

/** @param {() => void} run */
export function afterwards(run) {
  let frame = 0,
    timer = 0,
    first = 0, // when the first change came that it has not been drawn for
    slow = false;
  function stop() {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    frame = timer = first = 0;
  }
  function go() {
    stop();
    run();
  }
  /** @param {number} least */
  function wait(least) {
    clearTimeout(timer);
    timer = setTimeout(go, Math.min(least, Math.max(0, first + LONGEST - performance.now())));
  }
  return {
    stop,
    /** A change was drawn. @param {number} took how long that was, in milliseconds */
    changed(took) {
      first ||= performance.now();
      if (timer) wait(slow ? REST : 0);
      // A frame's callbacks run before its paint, and a timer's after it.
      else
        frame ||= requestAnimationFrame(() => {
          const began = performance.now();
          timer = setTimeout(() => {
            frame = 0;
            slow = took + performance.now() - began > HALF;
            slow ? wait(REST) : go();
          });
        });
    },
  };
}
