"""When what is read afterwards is drawn: after each paint on a processor that keeps up, else once the control rests."""

import pytest

pytestmark = pytest.mark.browser

FRAME = 20  # milliseconds in which a frame and the timer after it have come


@pytest.fixture
def tab(kit):
    tab = kit("late", "afterwards")
    tab.clock.install(time=0)
    tab.clock.pause_at(1000)
    tab.evaluate("() => { window.drawn = 0; window.late = kit.afterwards(() => { drawn += 1; }); }")
    return tab


def drawn_after(tab, milliseconds: int) -> int:
    tab.clock.run_for(milliseconds)
    return tab.evaluate("drawn")


def test_a_processor_that_keeps_up_draws_it_after_each_paint(tab) -> None:
    for expected in (1, 2, 3):
        tab.evaluate("late.changed(1); late.changed(1)")
        assert tab.evaluate("drawn") == expected - 1  # never before the paint
        assert drawn_after(tab, FRAME) == expected
    assert drawn_after(tab, 2000) == 3


def test_a_slow_one_waits_until_the_control_rests_but_no_longer_than_a_second(tab) -> None:
    for _ in range(18):
        tab.evaluate("late.changed(30)")
        assert drawn_after(tab, 50) == 0
    for _ in range(4):
        tab.evaluate("late.changed(30)")
        tab.clock.run_for(50)
    assert tab.evaluate("drawn") == 1  # a second is over
    assert drawn_after(tab, 200) == 2  # now it rests


def test_drawing_it_at_once_or_leaving_the_page_drops_what_waits(tab) -> None:
    tab.evaluate("late.changed(1); late.stop()")
    assert drawn_after(tab, 2000) == 0
