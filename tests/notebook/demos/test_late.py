"""When what is read afterwards is drawn: after each paint on a processor that keeps up, else once the control rests."""

from typing import Any

import pytest

pytestmark = pytest.mark.browser

# Runs a script on a clock of its own, with a frame every 16 ms, and returns what it returns; `run(ms)` lets time pass.
CLOCKED = """([script, parts]) => {
  const { requestAnimationFrame, cancelAnimationFrame, setTimeout, clearTimeout } = window, real = performance.now;
  let now = 1000, ids = 0;
  const tasks = new Map();
  const add = (at, call) => { tasks.set(++ids, { at, call }); return ids; };
  const run = (ms) => {
    for (const end = now + ms; ; ) {
      const due = [...tasks].filter(([, { at }]) => at <= end);
      const [id, next] = due.sort((a, b) => a[1].at - b[1].at || a[0] - b[0])[0] ?? [];
      if (!next) return void (now = end);
      tasks.delete(id);
      now = Math.max(now, next.at);
      next.call();
    }
  };
  window.requestAnimationFrame = (call) => add(Math.ceil((now + 1) / 16) * 16, call);
  window.setTimeout = (call, ms = 0) => add(now + ms, call);
  window.cancelAnimationFrame = window.clearTimeout = (id) => tasks.delete(id);
  performance.now = () => now;
  try {
    let drawn = 0;
    const part = () => (drawn += 1);
    const late = kit.afterwards(() => Array(parts).fill(part));
    return new Function("late", "run", "drawn", script)(late, run, () => drawn);
  } finally {
    Object.assign(window, { requestAnimationFrame, cancelAnimationFrame, setTimeout, clearTimeout });
    performance.now = real;
  }
}"""


@pytest.fixture
def clocked(kit: Any) -> Any:
    tab = kit("late", "afterwards")
    return lambda script, parts=1: tab.evaluate(CLOCKED, [script, parts])


def test_a_processor_that_keeps_up_draws_it_after_each_paint(clocked: Any) -> None:
    script = """const seen = [];
      for (let i = 0; i < 3; i++) { late.changed(1); late.changed(1); seen.push(drawn()); run(20); seen.push(drawn()); }
      run(2000);
      return [...seen, drawn()];"""
    assert clocked(script) == [0, 1, 1, 2, 2, 3, 3]


def test_a_slow_one_waits_until_the_control_rests_but_no_longer_than_a_second(clocked: Any) -> None:
    script = """const change = () => { late.changed(30); run(50); return drawn(); };
      const few = [change(), change(), change()], many = Array.from({ length: 18 }, change);
      const second = Array.from({ length: 4 }, change).at(-1);
      run(200);
      return [few, many, second, drawn(), change()];"""
    few, many, second, rested, anew = clocked(script)
    assert few == [1, 2, 3]  # a few slow changes are nothing to go by
    assert many == [3] * 18
    assert (second, rested, anew) == (4, 5, 6)  # after a second; after a rest; and then it is judged anew


def test_an_input_between_two_parts_comes_first_and_all_are_drawn_anew(clocked: Any) -> None:
    script = """late.changed(1);
      requestAnimationFrame(() => setTimeout(() => late.changed(1))); // an input just after the first part
      run(10);
      const first = drawn();
      run(100);
      return [first, drawn()];"""
    assert clocked(script, 3) == [1, 4]


def test_drawing_it_at_once_or_leaving_the_page_drops_what_waits(clocked: Any) -> None:
    assert clocked("late.changed(1); late.stop(); run(2000); return drawn();") == 0
