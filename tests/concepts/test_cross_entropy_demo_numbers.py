"""The entropy demo's numbers: its arithmetic, the live demo and its table against the library."""

import numpy as np
import pytest
from playwright.sync_api import expect

import onewarm as ow

pytestmark = pytest.mark.browser

CONCEPT = "cross-entropy"
ORIGIN = {"logits": [3, 1, -0.5, -1], "votes": [12, 5, 2, 1], "classes": ["cat", "lynx", "dog", "truck"], "pick": 1}
PLACES = np.array([1e-6, 0.1, 0.25, 0.6, 0.9, 0.999])  # probabilities of the picked class, on the curve of the loss


def state(tab) -> dict:
    return tab.evaluate("() => model.get('state')")


def random_states(count: int = 1000) -> list[dict]:
    """States of 2 to 8 classes, logits from 0.1 to beyond 1e3, votes whole and not, some of them 0, some one-hot.

    Every tenth is an end: 64 classes, logits of +-30 or +-1e6, all equal, votes of 1e-6 and 1e6, one class with all.
    """
    random = np.random.default_rng(19)
    states = []
    for i in range(count):
        end = i // 10 % 6 if i % 10 == 5 else None
        K = 64 if end == 0 else 2 + i * 7 // count
        votes = random.integers(0, 21, K).astype(float) if i % 2 else random.exponential(3, K)
        if i % 3 == 0:
            votes[random.random(K) < 0.3] = 0
        if i % 10 == 0:
            votes = 20 * np.eye(K)[random.integers(K)]
        if end == 4:
            votes = 10.0 ** random.choice([-6, 6], K)
        votes[0] += float(votes.sum() == 0)
        logits = random.normal(size=K) * 10 ** random.uniform(-1, 3.3)
        if end in (1, 2, 3):
            logits = (30, 1e6, 0)[end - 1] * random.choice([-1.0, 1.0], K)
        states.append({"logits": logits.tolist(), "votes": votes.tolist(), "pick": int(random.integers(K))})
    return states


def library(one: dict) -> dict[str, np.ndarray | float]:
    """What onewarm says; the parts that it has no name for, written out in NumPy."""
    z, votes = np.array([one["logits"]]), np.array([one["votes"]])
    target = ow.votes(votes)
    loss, gradient = ow.cross_entropy_with_gradient(z, target)
    t = target.dense()[0]
    log_p = z[0] - z[0].max() - np.log(np.exp(z[0] - z[0].max()).sum())
    p = np.exp(log_p)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        log_t = np.log(t)
        terms = np.where(t > 0, t * (log_t - log_p), 0)
        reverse = float(np.where(p > 0, p * (log_p - log_t), 0).sum())
        slope, perplexity = -np.exp(-log_p), np.exp(float(loss))
    return {
        "loss": float(loss),
        "entropy": float(target.entropy()[0]),
        "divergence": float(terms.sum()),
        "reverse": reverse,
        "extra": float(terms[terms > 0].sum()),
        "saving": float(-terms[terms < 0].sum()),
        "gradient": np.asarray(gradient)[0],
        "probabilities": p,
        "lowest": lowest(z[0], t, one["pick"]),
        "surprise": -log_p,
        "terms": terms,
        "target": t,
        "paid": np.where(t > 0, -t * log_p, 0),
        "levels": np.where(t > 0, -log_t, np.inf),
        "perplexity": perplexity,
        "slope": slope,
    }


def lowest(z: np.ndarray, t: np.ndarray, k: int) -> float:
    """The least loss that moving the logit of class k can reach: onewarm's, where class k has its share of the votes.

    Where that logit would be infinite, class k is certain or left out, and costs nothing.
    """
    others = np.delete(np.arange(len(z)), k)
    left = t[others].sum()
    if t[k] == 0 or left == 0:
        return float(ow.cross_entropy(z[None, others], ow.soft(t[None, others] / left))) if left else 0.0
    met = z - z[others].max()
    met[k] = np.log(t[k] / left) + np.logaddexp.reduce(met[others])
    return float(ow.cross_entropy(met[None], ow.soft(t[None])))


PURE = """([states, places]) => states.map(({logits, votes, pick}) => {
  const a = demo.arithmetic, t = a.shares(votes), {lossAt} = a.along(logits, t, pick), b = a.bill(logits, t);
  return {levels: b.levels.map(String), paid: b.paid, slope: b.prices.map(v => String(a.slopeAt(v))),
          curve: places.map(lossAt)}; })"""


def test_state_and_pictures_equal_the_library(show, ask, near) -> None:
    tab, states = show(), random_states()
    live = ask(tab, "states => states.map(state => { model.set('state', state); return model.get('state'); })", states)
    pure = ask(tab, PURE, [states, PLACES.tolist()])
    for one, shown, found in zip(states, live, pure, strict=True):
        true = library(one)
        near(np.inf if shown["perplexity"] is None else shown["perplexity"], true.pop("perplexity"), "perplexity")
        near(np.inf if shown["reverse"] is None else shown["reverse"], true.pop("reverse"), "reverse")
        for key in ("levels", "slope"):
            near(np.array(found[key], float), true.pop(key), key)
        near(found["paid"], true.pop("paid"), "paid")
        for key, value in true.items():
            near(shown[key], value, key)
        # The loss at any probability of one class, the others in proportion: onewarm's at the logit that gives it.
        z, k = np.array(one["logits"]), one["pick"]
        moved = np.repeat((z - np.delete(z, k).max())[None], len(PLACES), axis=0)
        moved[:, k] = np.log(PLACES / (1 - PLACES)) + np.logaddexp.reduce(np.delete(moved[0], k))
        target = ow.votes(np.repeat([one["votes"]], len(PLACES), axis=0))
        near(found["curve"], ow.cross_entropy(moved, target, reduction="none"), "curve")


def test_no_prediction_is_below_the_entropy_and_the_meeting_is_at_it(show) -> None:
    tab = show()
    for one in random_states(40):
        found = tab.evaluate(
            """({votes}) => {
                 const a = demo.arithmetic, t = a.shares(votes), b = a.bill(a.meeting(t), t);
                 return [b.loss, b.entropy, Math.max(...b.gradient.map(Math.abs))]; }""",
            one,
        )
        unasked = one["votes"].count(0)  # such a class is left 20 below, with a little mass
        assert found[0] == pytest.approx(found[1], abs=1e-14 + 1e-7 * unasked) and found[2] < 1e-14 + 1e-7 * unasked
        assert library(one)["loss"] >= found[1] - 1e-12


def test_the_first_state_is_the_pages(show) -> None:
    tab = show()
    assert tab.locator(".readout").inner_text() == "loss 1.2188"
    assert tab.locator(".sum").inner_text() == "= entropy 1.0331 + divergence 0.1857 nats"
    assert "Paid extra 0.3909, saved 0.2052" in tab.locator(".caption").inner_text()
    assert tab.locator(".facts dd").all_inner_texts() == ["2.1688 nats", "1.3863 nats", "−8.748", "−0.136"]
    tab.locator("label", has_text="bits").click()
    assert tab.locator(".readout").inner_text() == "loss 1.7583"
    assert tab.locator(".sum").inner_text() == "= entropy 1.4905 + divergence 0.2678 bits"
    assert state(tab)["loss"] == pytest.approx(1.2188, abs=5e-5)  # what is reported stays in nats
    logit = tab.get_by_role("slider", name="logit of cat").get_attribute("aria-valuetext")
    assert logit == "3.0; probability 0.845, surprise 0.243 bits, slope +0.245"
    votes = tab.get_by_role("slider", name="votes for lynx").get_attribute("aria-valuetext")
    assert votes == "5; share of the votes 0.250"


def test_the_boxes_have_the_areas_of_the_bill(show) -> None:
    """Pixels of the picture: every box is as wide as its share, and all areas together are the loss."""
    tab = show()
    tab.locator(".areas .paid").first.wait_for()
    for one in ({}, {"logits": [8, 1, -0.5, -1]}, {"votes": [1, 1, 1, 17]}, {"votes": [20, 0, 0, 0], "unit": "bits"}):
        if one:
            tab.evaluate("one => model.set('state', one)", one)
        box = """name => [...root.querySelectorAll('.areas .' + name)].map(r => ['width', 'height', 'visibility']
          .map(a => getComputedStyle(r).visibility === 'hidden' ? 0 : Number(r.getAttribute(a) ?? 0)))"""
        root = "const root = document.querySelector('.onewarm-entropy-demo').shadowRoot;"
        area = {
            name: np.array(tab.evaluate(f"(name) => {{ {root} return ({box})(name); }}", name))[:, :2]
            for name in ("paid", "extra", "saving")
        }
        now = state(tab)
        whole = area["paid"][:, 0].sum()
        assert area["paid"][:, 0] / whole == pytest.approx(now["target"], abs=2e-3)
        total = area["paid"].prod(axis=1) + area["extra"].prod(axis=1)
        assert total.sum() * (now["loss"] / total.sum()) == pytest.approx(now["loss"])
        scale = now["loss"] / total.sum()
        assert area["extra"].prod(axis=1).sum() * scale == pytest.approx(now["extra"], abs=0.01 * now["loss"])
        assert area["saving"].prod(axis=1).sum() * scale == pytest.approx(now["saving"], abs=0.01 * now["loss"])


@pytest.mark.parametrize("one", random_states(7)[::3], ids=lambda one: f"K={len(one['logits'])}")
def test_the_table_mirrors_the_picture(show, one: dict) -> None:
    tab = show({**one, "classes": None, "pick": 0})
    tab.get_by_text("The same picture as a table").click()
    rows = [row.locator("td").all_inner_texts() for row in tab.locator(".stage > .numbers tbody tr").all()]
    numbers = np.array([[cell.replace("−", "-") for cell in row] for row in rows], float)
    true = library(one)
    np.testing.assert_allclose(numbers[:, 1], true["target"], atol=5.1e-7)
    np.testing.assert_allclose(numbers[:, 3], true["probabilities"], atol=5.1e-7)
    np.testing.assert_allclose(numbers[:, 4], true["surprise"], atol=5.1e-7)
    np.testing.assert_allclose(numbers[:, 5], true["target"] * true["surprise"], atol=5.1e-7)
    np.testing.assert_allclose(numbers[:, 6], true["terms"], atol=5.1e-7)
    np.testing.assert_allclose(numbers[:, 7], true["gradient"], atol=5.1e-7)
    caption = tab.locator(".stage > .numbers caption").inner_text()
    assert f"Loss {true['loss']:.4f} nats = entropy {abs(true['entropy']):.4f}" in caption


def test_a_gradient_step_and_the_meeting(show) -> None:
    tab = show()
    gradient = library(ORIGIN)["gradient"]
    tab.get_by_role("button", name="Gradient step").click()
    np.testing.assert_allclose(state(tab)["logits"], np.array(ORIGIN["logits"]) - gradient, atol=1e-14)
    tab.get_by_role("button", name="Say what the votes say").click()
    now = state(tab)
    assert now["loss"] == pytest.approx(now["entropy"], abs=1e-12) and np.abs(now["gradient"]).max() < 1e-12
    expect(tab.locator(".caption")).to_contain_text("Every box meets its line")  # said after the paint
    tab.get_by_role("button", name="Reset").click()
    assert state(tab)["logits"] == ORIGIN["logits"]
    for name, votes in (
        ("hard", [20, 0, 0, 0]),
        ("level", [5] * 4),
        ("tail", [18, 1.2, 0.6, 0.2]),
        ("halves", [8, 4, 2, 2]),
    ):
        tab.get_by_label("Target", exact=True).select_option(name)
        assert state(tab)["votes"] == votes
    tab.get_by_label("Target", exact=True).select_option("hard")
    tab.get_by_role("button", name="Say what the votes say").click()
    assert 0 < state(tab)["loss"] < 1e-8
    expect(tab.locator(".caption")).to_contain_text("met at infinite logits")
