"""The picture of stopping: a disc where an arm stopped, a ring where it ended."""

from xml.etree import ElementTree

from onewarm.study.report.pictures.stopping import stopping, stopping_caption


def test_overtraining_moves_the_ring_to_the_right_of_the_disc(simulate, viewed):
    view = viewed(simulate(["hard", "smooth:0.1", "logistic"], range(3)))
    made = ElementTree.fromstring(stopping(view, "nll", view.arms))
    discs = [float(e.get("cx")) for e in made if e.get("class") == "ow-st-at-stop"]
    rings = [float(e.get("cx")) for e in made if e.get("class") == "ow-st-at-end"]
    assert len(discs) == 3 and len(rings) == 2  # logistic regression decides itself
    assert all(ring > disc for ring, disc in zip(rings, discs, strict=False))
    assert (
        f"hard: {view.mean('hard', 'nll'):.3f} stopped, {view.mean('hard', 'nll', 'end'):.3f} to the end"
        in made[1].text
    )
    assert "logistic: " in made[1].text and "– to the end" in made[1].text
    assert stopping_caption().count("aria-hidden") == 2
