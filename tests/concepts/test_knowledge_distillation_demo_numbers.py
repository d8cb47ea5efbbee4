"""The distillation demo's numbers: its arithmetic, the live demo and its table against the library."""

from decimal import Decimal, localcontext

import numpy as np
import pytest
import torch

import onewarm as ow
from onewarm.torch import distillation

pytestmark = pytest.mark.browser

CONCEPT = "knowledge-distillation"
ORIGIN = {
    "student": [3, -0.5, 1, -1],
    "teacher": [6, 3, 0, -3],
    "own": [0, 0, 0, 0],
    "classes": ["cat", "lynx", "dog", "truck"],
    "kind": "hard",
    "temperature": 4,
    "share": 1,
    "label": 0,
}


def state(tab) -> dict:
    return tab.evaluate("() => model.get('state')")


def random_states(kind: str, count: int = 340) -> list[dict]:
    """States of 2 to 8 classes with logits from 0.1 to beyond 1e3, temperatures from 0.5 to 32, every share.

    Every tenth is an end: T 0.01 or 10000, 64 classes, logits of +-30 or all equal, both rows the same.
    """
    random = np.random.default_rng(["hard", "smoothed", "own"].index(kind))
    states = []
    for i in range(count):
        end = i // 10 % 6 if i % 10 == 7 else None
        K = 64 if end == 0 else 2 + i * 7 // count
        scales = 10 ** random.uniform(-1, 3.3, size=3)
        student, teacher, own = (scale * random.normal(size=K) for scale in scales)
        if end in (1, 2):
            student, teacher, own = ((30, 0)[end - 1] * random.choice([-1.0, 1.0], K) for _ in range(3))
        if end == 3:
            student = teacher = own
        states.append(
            {
                "student": student.tolist(),
                "teacher": teacher.tolist(),
                "own": (student + random.normal() if i % 9 == 0 else own).tolist(),
                "kind": kind,
                "alpha": float(random.choice([0.0, 0.01, 0.1, 0.5, 1.0])),
                "temperature": {4: 0.01, 5: 1e4}.get(end, float(2 ** random.uniform(-1, 5))),
                "share": float(random.choice([0.0, 1.0, random.uniform()])),
                "label": int(random.integers(K)),
                "axis": ["linear", "log"][i % 2],
                "cover": ["", "dark", "norm"][i % 3],
            }
        )
    return states


def softmax(z: np.ndarray) -> np.ndarray:
    return np.exp(z - z.max()) / np.exp(z - z.max()).sum()


def teacher_of(one: dict, kind: str) -> np.ndarray:
    """The teacher's logits; the smoothed one by the library's own smoothing of what the hard-trained one holds true."""
    if kind != "smoothed":
        return np.array(one[{"hard": "teacher", "own": "own"}[kind]], float)
    v = np.array(one["teacher"], float)
    if one["alpha"] == 0:
        log = v - v.max() - np.log(np.exp(v - v.max()).sum())
    else:
        log = np.log(ow.smooth(ow.soft(softmax(v)[None]), one["alpha"]).dense()[0])
    return log - log.mean()


def library(one: dict) -> tuple[float, np.ndarray]:
    """Loss and gradient of `onewarm.torch.distillation`, in float64."""
    z = torch.tensor([one["student"]], dtype=torch.float64, requires_grad=True)
    v = torch.from_numpy(teacher_of(one, one["kind"]))[None]
    loss = distillation(
        z, v, one["temperature"], hard_target=torch.tensor([one["label"]]), weight=one["share"], divergence="kl"
    )
    loss.backward()
    return loss.item(), z.grad.numpy()[0]


def exact(one: dict) -> float:
    """The loss of the definition in 40 digits: at T = 10000 float64 loses eight of them, in the library too."""
    with localcontext(prec=40):
        rows = [[Decimal(x) for x in row] for row in (one["student"], teacher_of(one, one["kind"]).tolist())]

        def log_softmax(row: list[Decimal]) -> list[Decimal]:
            top = max(row)
            rest = sum((x - top).exp() for x in row).ln()
            return [x - top - rest for x in row]

        T, w = Decimal(one["temperature"]), Decimal(one["share"])
        p, q = (log_softmax([x / T for x in row]) for row in rows)
        teacher = T * T * sum(b.exp() * (b - a) for a, b in zip(p, q, strict=True))
        return float(w * teacher - (1 - w) * log_softmax(rows[0])[one["label"]])


def told(q: np.ndarray, label: int) -> float:
    """KL from the row to the nearest label-smoothing row: the library's loss less its entropy."""
    K, row = len(q), ow.soft(q[None])
    if q[label] >= 1 or K == 2:
        return 0.0
    nearest = np.full(K, (1 - q[label]) / (K - 1))
    nearest[label] = q[label]
    with np.errstate(divide="ignore"):
        return float(ow.cross_entropy(np.log(nearest)[None], row) - row.entropy()[0])


PURE = """([states, grid]) => states.map(({student: z, teacher, own, kind, alpha, temperature: T, share: w, label}) => {
  const a = demo.arithmetic, v = {hard: teacher, smoothed: a.smoothed(teacher, alpha), own}[kind];
  return {loss: a.loss(z, v, T, w, label), gradient: a.gradient(z, v, T, w, label), v,
          sizes: grid.map(t => a.size(z, v, t)), tells: grid.map(t => a.dark(a.soften(v, t), label))}; })"""
LIVE = "states => states.map(one => { model.set('state', one); return model.get('state'); })"
GRID = [0.5, 2.0, 32.0]


@pytest.mark.parametrize("kind", ["hard", "smoothed", "own"])
def test_arithmetic_and_live_demo_equal_the_library(show, ask, near, kind: str) -> None:
    tab, states = show(), random_states(kind)
    pure = ask(tab, PURE, [states, GRID])
    for one, found, shown in zip(states, pure, ask(tab, LIVE, states), strict=True):
        T, z, teacher, label = one["temperature"], np.array(one["student"]), teacher_of(one, kind), one["label"]
        assert (shown["loss"], shown["gradient"]) == (found["loss"], found["gradient"])
        loss, gradient = library(one)
        near(shown["loss"], exact(one), "loss")
        if T <= 32:
            near(shown["loss"], loss, "loss of the library")
        near(shown["gradient"], gradient, "gradient")
        near(found["v"], teacher, "teacher's logits")
        p, q = softmax(z / T), softmax(teacher / T)
        near(shown["target"], q, "target")
        near(shown["probabilities"], p, "probabilities")
        near(shown["size"], T * np.linalg.norm(p - q), "size")
        near(shown["bareSize"], np.linalg.norm(p - q) / T, "bareSize")
        apart = (z - z.mean()) - (teacher - teacher.mean())
        near(shown["limit"], np.linalg.norm(apart) / len(z), "limit")
        near(shown["hardSize"], np.linalg.norm(softmax(z) - np.eye(len(z))[label]), "hardSize")
        for who in ("hard", "smoothed", "own"):
            near(shown["told"][who], told(softmax(teacher_of(one, who) / T), label), "told")
        warm = [softmax(teacher / t) for t in GRID]
        near(found["sizes"], [t * np.linalg.norm(softmax(z / t) - q) for t, q in zip(GRID, warm, strict=True)], "sizes")
        near(found["tells"], [told(q, label) for q in warm], "nats over T")


def test_the_gradient_is_that_of_the_loss(show) -> None:
    """Differences of the demo's own loss, in the browser."""
    worst = show().evaluate(
        """states => Math.max(...states.map(({student: z, teacher: v, temperature: T, share: w, label}) => {
             const a = demo.arithmetic, g = a.gradient(z, v, T, w, label), h = 1e-5;
             return Math.max(...z.map((value, k) => {
               const at = (d) => a.loss(z.with(k, value + d), v, T, w, label);
               return Math.abs((at(h) - at(-h)) / (2 * h) - g[k]); })); }))""",
        [
            {
                **one,
                "student": [z / max(1, *map(abs, one["student"])) for z in one["student"]],
                "teacher": [v / max(1, *map(abs, one["teacher"])) for v in one["teacher"]],
            }
            for one in random_states("hard", 40)
        ],
    )
    assert worst < 1e-7


def test_the_first_state_is_the_pages(show) -> None:
    tab = show()
    assert tab.locator(".readout").inner_text() == "loss 1.9083"
    assert [n.split()[-1] for n in tab.locator(".row:not(.head) .num-g").all_inner_texts()] == [
        "−0.548",
        "−0.352",
        "+0.519",
        "+0.381",
    ]
    tab.locator(".curves").scroll_into_view_if_needed()
    sizes = tab.locator(".norm table:not(.numbers table) td")
    sizes.filter(has_text="0.9161").wait_for()
    assert sizes.all_inner_texts() == ["0.9161", "0.0573", "1.2038", "0.1951"]
    assert tab.locator(".told-table td").all_inner_texts()[-2:] == ["0.0731", "0.0038"]
    numbers = [
        box.split() for box in tab.locator(".share-numbers").all_inner_texts()
    ]  # both masses, then lynx's shares
    assert numbers[:2] == [["0.445", "0.576"], ["0.590", "0.388"]]
    assert (
        tab.get_by_role("slider", name="student's logit of lynx").get_attribute("aria-valuetext")
        == "−0.5; student 0.174, teacher 0.262, gradient −0.352, pushed up"
    )


@pytest.mark.parametrize("one", random_states("smoothed", 28)[::9], ids=lambda one: f"K={len(one['student'])}")
def test_the_table_mirrors_the_picture(show, one: dict) -> None:
    tab = show({**one, "classes": None})
    tab.get_by_text("The same picture as a table").click()
    table = [
        [cell.replace("−", "-") for cell in row.locator("td").all_inner_texts()]
        for row in tab.locator(".root > .numbers tbody tr").all()
    ]
    loss, gradient = library(one)
    numbers = np.array(table, float)
    np.testing.assert_allclose(numbers[:, 0], one["student"], atol=5.1e-5)
    np.testing.assert_allclose(numbers[:, 1], teacher_of(one, "smoothed"), atol=5.1e-5)
    np.testing.assert_allclose(numbers[:, 2] - numbers[:, 3], numbers[:, 4], atol=1.1e-6)
    np.testing.assert_allclose(numbers[:, 5], gradient, atol=5.1e-7)
    assert f"loss {loss:.6f}".replace("-", "−") in tab.locator(".root > .numbers caption").inner_text()


def test_a_step_moves_each_logit_by_its_gradient_and_the_run_ends_at_the_teacher(show) -> None:
    tab = show(reduced_motion="reduce")
    gradient = library({**ORIGIN, "alpha": 0.1})[1]
    tab.get_by_role("button", name="Gradient step").click()
    np.testing.assert_allclose(state(tab)["student"], np.array(ORIGIN["student"]) - gradient, atol=1e-14)
    tab.get_by_role("button", name="Run to rest").click()
    at = np.array(state(tab)["student"])
    np.testing.assert_allclose(at - at.mean(), np.array(ORIGIN["teacher"]) - 1.5, atol=1e-4)
    assert state(tab)["loss"] < 1e-9
    tab.get_by_text("At rest after").wait_for(state="attached")
    tab.evaluate("model.set('state', {share: 0})")
    tab.get_by_role("button", name="Run to rest").click()
    tab.get_by_text("and the logits still move").wait_for(state="attached")  # a label alone has no minimum
    tab.get_by_role("button", name="Reset").click()
    assert state(tab)["student"] == ORIGIN["student"] and state(tab)["share"] == 1


def test_the_curves_are_computed_at_every_temperature(show) -> None:
    """The end points of the drawn curves, read back through the axes, are the library's numbers."""
    tab = show()
    tab.locator(".curves").scroll_into_view_if_needed()
    tab.locator(".told-hard[d]").wait_for(state="attached")
    read = """([svg, path, log]) => {
      const root = document.querySelector(".onewarm-distillation-demo").shadowRoot;
      const marks = [...root.querySelectorAll(svg + " .gridlines line")].map((line) => Number(line.getAttribute("y1")));
      const texts = [...root.querySelectorAll(svg + " .gridlines text")].slice(0, marks.length);
      const values = texts.map((text) => log ? Math.log(Number(text.textContent)) : Number(text.textContent));
      const scale = (values[1] - values[0]) / (marks[1] - marks[0]);
      return root.querySelector(path).getAttribute("d").slice(1).split("L")
        .map((point) => values[0] + (Number(point.split(",")[1]) - marks[0]) * scale); }"""
    temperatures = 0.5 * 64.0 ** (np.arange(73) / 72)
    one = {**ORIGIN, "alpha": 0.1}
    for kind in ("hard", "smoothed"):
        drawn = tab.evaluate(read, [".dark .chart", f".told-{kind}", ""])
        wanted = [told(softmax(teacher_of(one, kind) / T), 0) for T in temperatures]
        np.testing.assert_allclose(drawn, wanted, atol=1e-4)
    sizes = [library({**one, "temperature": T})[1] for T in temperatures]
    drawn = tab.evaluate(read, [".norm .chart", ".norm .curve.soft", "log"])
    np.testing.assert_allclose(drawn, np.log(np.linalg.norm(sizes, axis=1)), atol=5e-3)
    drawn = tab.evaluate(read, [".norm .chart", ".norm .curve.hard", "log"])
    np.testing.assert_allclose(drawn, np.log(np.linalg.norm(sizes, axis=1) / temperatures**2), atol=5e-3)
