import numpy as np
import pytest
import torch
from torch.nn import functional

from onewarm.study.arms.arm import parse_arm
from onewarm.study.arms.recipe import Context
from onewarm.study.models.stack.slopes import Job, Online, Slopes

N, K, B = 40, 4, 9
ARMS = [
    *("hard", "smooth:0.1", "prior:0.2", "exclude-label:0.2", "negative:0.3", "ordinal:0.6", "confusion:0.2"),
    *("teacher:2", "teacher-top:2:3", "teacher-bucket:2:3", "teacher-sampled:5:2"),
    *("focal:2", "penalty:0.3", "maxsup:0.1", "margin:1", "mixup:0.4", "online:0.3"),
]


def job(name, seed=0):
    rng = np.random.default_rng(seed)
    labels = torch.from_numpy(rng.integers(0, K, N))
    context = Context(
        teacher_logits=torch.from_numpy(rng.standard_normal((N, K))).float(),
        confusion=rng.dirichlet(np.ones(K), K),
        seed=seed,
    )
    arm = parse_arm(name)
    return Job(arm, seed, labels, arm.target(labels, K, context))


def given(models, seed=1):
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(models, B, K, generator=generator)
    rows = torch.stack([torch.randperm(N, generator=generator)[:B] for _ in range(models)])
    mixing = (0.3, np.random.default_rng(seed).permutation(B))
    return logits, rows, dict.fromkeys(range(models), mixing), {m: Online() for m in range(models)}


@pytest.mark.parametrize("name", ARMS)
def test_the_slope_of_each_arm_is_autograds_of_its_loss_in_float64(name):
    this = job(name)
    slopes = Slopes([this], K)
    slopes.enter([0])
    logits, rows, mixing, online = given(1)
    got = slopes(logits, rows, mixing, online)[0]
    z = logits[0].double().requires_grad_()
    arm, labels = this.arm, this.labels[rows[0]]
    dense = this.target[rows[0]].dense()
    if arm.mixup is not None:
        dense = 0.3 * dense + 0.7 * dense[torch.from_numpy(mixing[0][1])]
    log_p = (z / arm.temperature).log_softmax(1)
    loss = -(dense * log_p).sum()
    if (extra := arm.extra(z / arm.temperature, labels, this.target[rows[0]])) is not None:
        loss = loss + extra.sum()
    (truth,) = torch.autograd.grad(loss / B, z)
    torch.testing.assert_close(got.double(), truth, rtol=1e-4, atol=1e-6)


def test_the_slope_of_a_model_is_the_same_bits_in_any_company():
    jobs = [job(name, seed) for seed in (0, 1) for name in ARMS]
    models = [*range(len(jobs)), *range(len(jobs))]  # two entries of the grid
    logits, rows, mixing, online = given(len(models))
    every = Slopes(jobs, K)
    every.enter(models)
    whole = every(logits, rows, mixing, online)
    for some in ([3], [0, 1], [30, 2, 17, 16, 15, 31], [20, 14]):
        few = Slopes([jobs[models[m]] for m in some], K)
        few.enter(list(range(len(some))))
        part = few(
            logits[some], rows[some], {i: mixing[m] for i, m in enumerate(some)}, {i: Online() for i in range(9)}
        )
        assert torch.equal(part, whole[some]), some


def test_a_model_that_has_diverged_stops_no_other():
    slopes = Slopes([job("hard"), job("focal:2")], K)
    slopes.enter([0, 1, 0])
    logits, rows, mixing, online = given(3)
    before = slopes(logits, rows, mixing, online)
    logits[0] = np.nan
    logits[1, 2, 1] = np.inf
    after = slopes(logits, rows, mixing, online)
    assert torch.isfinite(after).all() and torch.equal(before[2], after[2])


def test_online_smoothing_takes_the_last_epochs_predictions():
    this = job("online:0.3")
    slopes = Slopes([this], K)
    slopes.enter([0])
    state = Online()
    seen, labels = [], []
    for seed in (1, 2):
        logits, rows, mixing, _ = given(1, seed)
        slopes(logits, rows, mixing, {0: state})
        seen.append(logits[0].softmax(1))
        labels.append(this.labels[rows[0]])
    slopes.end_epoch(this.arm, state)
    p, y = torch.cat(seen), torch.cat(labels)
    right = p.argmax(1) == y
    for k in range(K):
        of_class = p[right & (y == k)]
        truth = of_class.mean(0) if len(of_class) else torch.full((K,), 1 / K)
        torch.testing.assert_close(state.table[k], truth)
    logits, rows, mixing, _ = given(1, 3)
    slope = slopes(logits, rows, mixing, {0: state})[0]
    y = this.labels[rows[0]]
    target = 0.7 * functional.one_hot(y, K) + 0.3 * state.table[y]
    torch.testing.assert_close(slope, (logits[0].softmax(1) - target) / B, rtol=1e-4, atol=1e-6)
    assert len(state.predictions) == 1  # a new epoch has begun
