"""Gradient descent by the reader's hand: a step, a run to its rest, a run that never rests, and its stop."""

import pytest

pytestmark = pytest.mark.browser

# Descent on (z - 3)^2 / 4 a class, whose gradient is (z - 3) / 2; the context keeps what a widget would do.
MADE = """({ minimum, slope }) => {
  window.log = [];
  window.view = { z: [0, 8] };
  const ctx = {
    running: false,
    get view() { return view; },
    change: (patch) => { log.push(patch); Object.assign(view, patch); },
    reset: () => log.push("reset"),
    stop: (text) => log.push(text),
    animate(frame, ended) {
      let frames = 0;
      for (;;) {
        const { patch, done } = frame();
        Object.assign(view, patch);
        frames++;
        if (done) break;
      }
      log.push(frames, ended());
    },
  };
  window.ctx = ctx;
  window.descent = kit.descent(ctx, "z", "Run", (from) => ({
    slope: (z) => z.map((value) => (slope === "steep" ? -1e9 : (value - 3) / 2)),
    ...(minimum === undefined ? {} : { minimum }),
    ended: ({ steps, rests }) => `${rests} ${steps}`,
  }));
  document.body.append(...descent.nodes);
}"""


def made(kit, **of):
    tab = kit("descent", "descent")
    tab.evaluate(MADE, of)
    return tab


def test_a_step_moves_by_the_gradient(kit) -> None:
    tab = made(kit)
    tab.get_by_role("button", name="Gradient step").click()
    assert tab.evaluate("view.z") == [1.5, 5.5]
    tab.get_by_role("button", name="Reset").click()
    assert tab.evaluate("log.at(-1)") == "reset"


def test_a_run_rests_where_the_gradient_is_gone_and_counts_its_steps(kit) -> None:
    tab = made(kit)
    tab.get_by_role("button", name="Run").click()
    assert tab.evaluate("view.z") == pytest.approx([3, 3], abs=4e-7)
    # Each step halves the distance, 5 at first: |z - 3| / 2 < 1e-7 needs 25 steps.
    assert tab.evaluate("log.at(-1)") == "true 25"
    tab.get_by_role("button", name="Run").click()
    assert tab.evaluate("log.at(-1)") == "true 0"


def test_a_run_ends_in_the_minimum_that_is_known(kit) -> None:
    tab = made(kit, minimum=[3, 3])
    tab.get_by_role("button", name="Run").click()
    assert tab.evaluate("view.z") == [3, 3]


def test_a_run_without_a_minimum_goes_on_for_its_frames_and_stays_within_bounds(kit) -> None:
    tab = made(kit, minimum=None, slope="steep")
    tab.get_by_role("button", name="Run").click()
    assert tab.evaluate("view.z") == [1e6, 1e6]
    frames, ending = tab.evaluate("log.slice(-2)")
    assert frames == 90 and ending.startswith("false ")


def test_the_button_stops_a_run_that_goes_on(kit) -> None:
    tab = made(kit)
    tab.evaluate("ctx.running = true; descent.draw()")
    tab.get_by_role("button", name="Stop").click()
    assert tab.evaluate("log") == ["Stopped."]
    tab.evaluate("ctx.running = false; descent.draw()")
    assert tab.get_by_role("button", name="Run").count() == 1
