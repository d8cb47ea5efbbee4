"""The loss's definition, and the public loss that dispatches to kernels, against float64 written out and PyTorch."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import onewarm as ow
from onewarm import definition

N, K = 7, 6
ORIGIN = np.array([[3.0, 1.0, -0.5, -1.0]])


@pytest.fixture(params=["definition", "public"])
def module(request):
    return {"definition": definition, "public": ow}[request.param]


def truth(z, t):
    """s logsumexp(z) - <t, z> and s softmax(z) - t, row by row, in float64."""
    z = z.astype(np.float64)
    top = z.max(1, keepdims=True)
    lse = top[:, 0] + np.log(np.exp(z - top).sum(1))
    s = t.sum(1)
    dot = np.where(t != 0, t * np.where(np.isfinite(z), z, 0), 0).sum(1)
    return s * lse - dot, s[:, None] * np.exp(z - lse[:, None]) - t


def problem(seed=0, rows=N, classes=K):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, classes)) * 4, rng.integers(0, classes, rows), rng


def recipes(seed=0):
    _, y, rng = problem(seed)
    table, row, teacher = rng.dirichlet(np.ones(K), K), rng.dirichlet(np.ones(K)), rng.dirichlet(np.ones(K), N)
    hot = ow.one_hot(y, K)
    return {
        "hard": hot,
        "smooth": ow.smooth(y, 0.1, num_classes=K),
        "alpha by row": ow.smooth(y, rng.uniform(0, 1, N), num_classes=K),
        "negative alpha": ow.smooth(y, -0.3, num_classes=K),
        "prior": ow.smooth(y, 0.2, prior=row),
        "class-conditional": ow.smooth(y, 0.3, prior=table),
        "votes": ow.votes(rng.integers(0, 5, (N, K))),
        "top-k": ow.top_k(np.argsort(-teacher)[:, :2], -np.sort(-teacher)[:, :2], num_classes=K),
        "top-k dropped": ow.top_k(np.argsort(-teacher)[:, :2], -np.sort(-teacher)[:, :2], num_classes=K, tail="drop"),
        "teacher": ow.soft(teacher),
        "smoothed teacher": ow.smooth(ow.soft(teacher), 0.2),
        "mixup": ow.mix(hot, hot[rng.permutation(N)], rng.uniform(0, 1, N)),
        "weighted": hot.scale(rng.uniform(0, 2, N)),
        "class weights": ow.smooth(y, 0.1, num_classes=K).reweight(rng.uniform(0, 3, K)),
    }


@pytest.mark.parametrize("recipe", recipes())
def test_loss_and_gradient_are_the_definition(module, recipe):
    z, _, _ = problem()
    target = recipes()[recipe]
    rows, gradient = module.cross_entropy_with_gradient(z, target, reduction="none")
    expected, slope = truth(z, target.dense())
    np.testing.assert_allclose(rows, expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(gradient, slope, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(module.cross_entropy(z, target, reduction="sum"), expected.sum(), rtol=1e-12)
    counted = (target.dense() != 0).any(1).sum()
    mean, slope_of_mean = module.cross_entropy_with_gradient(z, target)
    np.testing.assert_allclose(mean, expected.sum() / counted, rtol=1e-12)
    np.testing.assert_allclose(slope_of_mean, slope / counted, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("recipe", recipes())
def test_gradient_is_the_finite_difference(module, recipe):
    z, _, _ = problem(2)
    target = recipes(2)[recipe]
    _, gradient = module.cross_entropy_with_gradient(z, target, z_loss=0.01)
    step = 1e-5
    for i, k in ((0, 0), (3, 2), (6, 5)):
        up, down = z.copy(), z.copy()
        up[i, k] += step
        down[i, k] -= step
        slope = (module.cross_entropy(up, target, z_loss=0.01) - module.cross_entropy(down, target, z_loss=0.01)) / (
            2 * step
        )
        np.testing.assert_allclose(gradient[i, k], slope, rtol=1e-6, atol=1e-9)


def test_the_origin_state(module):
    label = np.array([0])
    loss, _ = module.cross_entropy_with_gradient(ORIGIN, ow.one_hot(label, 4))
    assert round(float(loss), 4) == 0.1688
    loss, gradient = module.cross_entropy_with_gradient(ORIGIN, ow.smooth(label, 0.1, num_classes=4))
    assert round(float(loss), 4) == 0.4063
    assert gradient.round(3).tolist() == [[-0.080, 0.089, 0.001, -0.010]]


class TestAgainstPyTorch:
    """torch.nn.functional.cross_entropy where it is right."""

    z, y, rng = problem(5)
    logits, labels = torch.tensor(z), torch.tensor(y)

    def agree(self, ours, theirs):
        torch.testing.assert_close(torch.as_tensor(np.asarray(ours)), theirs, rtol=1e-12, atol=1e-12)

    @pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
    @pytest.mark.parametrize("alpha", [0.0, 0.1, 1.0])
    def test_index_and_smoothing(self, module, reduction, alpha):
        theirs = torch.nn.functional.cross_entropy(self.logits, self.labels, reduction=reduction, label_smoothing=alpha)
        target = ow.smooth(self.y, alpha, num_classes=K)
        self.agree(module.cross_entropy(self.z, target, reduction=reduction), theirs)

    def test_probabilities(self, module):
        p = np.random.default_rng(1).dirichlet(np.ones(K), N)
        theirs = torch.nn.functional.cross_entropy(self.logits, torch.tensor(p))
        self.agree(module.cross_entropy(self.z, p), theirs)
        theirs = torch.nn.functional.cross_entropy(self.logits, torch.tensor(p), label_smoothing=0.2)
        self.agree(module.cross_entropy(self.z, ow.smooth(ow.soft(p), 0.2)), theirs)

    @pytest.mark.parametrize("alpha", [0.0, 0.1])
    def test_class_weights(self, module, alpha):
        w = np.random.default_rng(2).uniform(0.1, 3, K)
        target = ow.smooth(self.y, alpha, num_classes=K).reweight(w)
        for reduction, normalizer in (("none", "rows"), ("sum", "rows"), ("mean", float(w[self.y].sum()))):
            theirs = torch.nn.functional.cross_entropy(
                self.logits, self.labels, weight=torch.tensor(w), reduction=reduction, label_smoothing=alpha
            )
            self.agree(module.cross_entropy(self.z, target, reduction=reduction, normalizer=normalizer), theirs)

    def test_class_weights_of_hard_labels_divide_by_mass(self, module):
        w = np.random.default_rng(2).uniform(0.1, 3, K)
        theirs = torch.nn.functional.cross_entropy(self.logits, self.labels, weight=torch.tensor(w))
        self.agree(module.cross_entropy(self.z, ow.one_hot(self.y, K).reweight(w), normalizer="mass"), theirs)

    @pytest.mark.parametrize("alpha", [0.0, 0.1])
    def test_ignored_rows(self, module, alpha):
        y = self.y.copy()
        y[[1, 4]] = -100
        target = ow.smooth(ow.one_hot(y, K), alpha)
        theirs = torch.nn.functional.cross_entropy(self.logits, torch.tensor(y), label_smoothing=alpha)
        loss, gradient = module.cross_entropy_with_gradient(self.z, target)
        self.agree(loss, theirs)
        assert not gradient[[1, 4]].any()

    @pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16])
    def test_autograd(self, module, dtype):
        ours, theirs = (self.logits.to(dtype, copy=True).requires_grad_() for _ in range(2))
        module.cross_entropy(ours, ow.smooth(self.labels, 0.1, num_classes=K)).backward()
        exact = self.logits.to(dtype).to(torch.float64, copy=True).requires_grad_()
        torch.nn.functional.cross_entropy(theirs, self.labels, label_smoothing=0.1).backward()
        torch.nn.functional.cross_entropy(exact, self.labels, label_smoothing=0.1).backward()
        far = (ours.grad.double() - exact.grad).abs().max()
        assert ours.grad.dtype == dtype
        assert far <= (theirs.grad.double() - exact.grad).abs().max() + 1e-6


@pytest.mark.parametrize("kind", [torch.tensor, jnp.asarray])
@pytest.mark.parametrize("reduction", ["mean", "none"])
def test_gradient_without_autograd_in_other_arrays(module, kind, reduction):
    z, y, _ = problem(6)
    expected = module.cross_entropy_with_gradient(z, ow.smooth(y, 0.1, num_classes=K), reduction=reduction)
    found = module.cross_entropy_with_gradient(kind(z), ow.smooth(kind(y), 0.1, num_classes=K), reduction=reduction)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(np.asarray(ours), theirs, rtol=1e-5, atol=1e-6)


def test_loss_of_half_precision_comes_back_in_float32(module):
    z = torch.tensor([[12.4, 0.0]], dtype=torch.bfloat16)
    loss = module.cross_entropy(z, torch.tensor([1]))
    assert loss.dtype == torch.float32
    assert abs(loss.item() - (z[0, 0].item() + np.log1p(np.exp(-z[0, 0].item())))) < 1e-5


def test_jax_differentiates_compiles_and_maps():
    z, y, _ = problem(3)
    target = ow.smooth(y, 0.1, num_classes=K)
    _, slope = truth(z, target.dense())

    @jax.jit
    def loss(logits, labels, alpha):
        return ow.cross_entropy(logits, ow.smooth(labels, alpha, num_classes=K))

    gradient = jax.grad(loss)(jnp.asarray(z), jnp.asarray(y), 0.1)
    np.testing.assert_allclose(gradient, slope / N, atol=1e-6)
    mapped = jax.vmap(loss, in_axes=(0, None, 0))(
        jnp.asarray(np.stack([z, z])), jnp.asarray(y), jnp.asarray([0.0, 0.1])
    )
    np.testing.assert_allclose(mapped[1], ow.cross_entropy(z, target), rtol=1e-5)


class TestMaskedClasses:
    z = np.array([[1.0, -np.inf, 0.5, -1.0]])

    def test_a_prior_moves_to_the_classes_that_are_left(self, module):
        moved = np.array([[0.9 + 0.1 / 3, 0, 0.1 / 3, 0.1 / 3]])
        loss, gradient = module.cross_entropy_with_gradient(self.z, ow.smooth(np.array([0]), 0.1, num_classes=4))
        expected, slope = truth(self.z, moved)
        np.testing.assert_allclose(loss, expected[0], rtol=1e-12)
        np.testing.assert_allclose(gradient, slope, atol=1e-12)

    def test_named_mass_on_a_masked_class_is_infinite_never_nan(self, module):
        loss, gradient = module.cross_entropy_with_gradient(self.z, np.array([1]))
        assert loss == np.inf
        assert np.isfinite(gradient).all()
        loss, _ = module.cross_entropy_with_gradient(self.z, ow.smooth(np.array([1]), 0.3, num_classes=4))
        assert loss == np.inf

    def test_a_table_row_with_nowhere_to_go_is_infinite(self, module):
        loss, gradient = module.cross_entropy_with_gradient(self.z, np.array([[0.0, 1.0, 0.0, 0.0]]))
        assert loss == np.inf
        np.testing.assert_allclose(gradient, truth(self.z, np.eye(4)[[1]])[1], atol=1e-12)

    def test_an_empty_table_row_moves_nothing(self, module):
        """Its mass is 0, wherever it lies: the label's loss is all there is."""
        target = ow.SoftTarget(
            index=np.array([[2]]),
            weight=np.ones((1, 1)),
            table=np.zeros((2, 4)),
            table_index=np.array([[1]]),
            table_weight=np.ones((1, 1)),
            num_classes=4,
        )
        expected, slope = truth(self.z, np.eye(4)[[2]])
        loss, gradient = module.cross_entropy_with_gradient(self.z, target)
        np.testing.assert_allclose(loss, expected[0], rtol=1e-12)
        np.testing.assert_allclose(gradient, slope, atol=1e-12)

    def test_a_label_beside_the_mask_is_untouched(self, module):
        expected, _ = truth(self.z, np.eye(4)[[2]])
        np.testing.assert_allclose(module.cross_entropy(self.z, np.array([2])), expected[0], rtol=1e-12)

    def test_autograd_through_a_mask_is_finite(self, module):
        z = torch.tensor(self.z, requires_grad=True)
        module.cross_entropy(z, ow.smooth(torch.tensor([0]), 0.1, num_classes=4)).backward()
        _, slope = truth(self.z, np.array([[0.9 + 0.1 / 3, 0, 0.1 / 3, 0.1 / 3]]))
        np.testing.assert_allclose(z.grad, slope, atol=1e-12)


def test_no_rows_with_mass_is_zero(module):
    loss, gradient = module.cross_entropy_with_gradient(np.ones((2, 3)), np.array([-100, -100]))
    assert loss == 0
    assert not gradient.any()


def test_rows_without_mass_are_not_read(module):
    z = np.array([[1.0, 2.0], [np.nan, np.inf], [-np.inf, -np.inf]])
    loss, gradient = module.cross_entropy_with_gradient(z, np.array([0, -100, -100]))
    np.testing.assert_allclose(loss, np.log1p(np.e), rtol=1e-12)
    assert not gradient[1:].any()


def test_no_rows_at_all(module):
    loss, gradient = module.cross_entropy_with_gradient(np.ones((0, 3)), np.zeros(0, int))
    assert loss == 0 and gradient.shape == (0, 3)


def test_normalizers(module):
    z, y, _ = problem(4)
    w = np.arange(1.0, N + 1)
    target = ow.one_hot(y, K).scale(w)
    rows, _ = truth(z, target.dense())
    np.testing.assert_allclose(module.cross_entropy(z, target, normalizer="mass"), rows.sum() / w.sum(), rtol=1e-12)
    np.testing.assert_allclose(module.cross_entropy(z, target, normalizer=40), rows.sum() / 40, rtol=1e-12)


def test_accumulated_batches_equal_one_batch_with_the_token_count(module):
    z, y, _ = problem(4)
    y[2] = -100
    whole = module.cross_entropy(z, y)
    halves = [module.cross_entropy(z[rows], y[rows], normalizer=N - 1) for rows in (slice(0, 3), slice(3, N))]
    np.testing.assert_allclose(sum(halves), whole, rtol=1e-12)


def test_z_loss_adds_the_square_of_logsumexp(module):
    z, y, _ = problem(4)
    lse = np.log(np.exp(z).sum(1))
    target = ow.one_hot(y, K).scale(np.linspace(0, 2, N))
    extra = module.cross_entropy(z, target, z_loss=0.5, reduction="none") - module.cross_entropy(
        z, target, reduction="none"
    )
    np.testing.assert_allclose(extra, 0.5 * target.mass() * lse**2, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("number", [np.float32, np.array, torch.tensor, jnp.array])
def test_numbers_of_any_library(module, number):
    z, y, _ = problem(4)
    for name, value in (("z_loss", 0.5), ("normalizer", 4.0)):
        expected = module.cross_entropy(z, y, **{name: value})
        assert module.cross_entropy(z, y, **{name: number(value)}) == pytest.approx(expected, rel=1e-14)
        jaxed = module.cross_entropy(jnp.asarray(z), jnp.asarray(y), **{name: number(value)})
        assert float(jaxed) == pytest.approx(expected, rel=1e-5)
    with pytest.raises(ValueError, match=r"^z_loss is -1: expected a finite number, not negative"):
        module.cross_entropy_with_gradient(z, y, z_loss=number(-1.0))


@given(st.integers(0, 2**32 - 1), st.floats(-1e4, 1e4))
def test_adding_a_constant_to_a_row_changes_nothing(seed, shift):
    z, y, _ = problem(seed)
    target = ow.smooth(y, 0.1, num_classes=K)
    np.testing.assert_allclose(ow.cross_entropy(z + shift, target), ow.cross_entropy(z, target), rtol=1e-9, atol=1e-9)


@given(st.integers(0, 2**32 - 1))
def test_the_entropy_is_the_floor(seed):
    z, y, _ = problem(seed)
    target = ow.smooth(y, 0.2, num_classes=K)
    assert (ow.cross_entropy(z, target, reduction="none") >= target.entropy() - 1e-12).all()
    at = ow.cross_entropy(np.log(target.dense()), target, reduction="none")
    np.testing.assert_allclose(at, target.entropy(), rtol=1e-12)


def test_unsmooth_inverts_what_smoothing_does_to_the_optimum():
    rng = np.random.default_rng(0)
    pi, prior = rng.dirichlet(np.ones(K), 50), rng.dirichlet(np.ones(K))
    np.testing.assert_allclose(ow.unsmooth(0.8 * pi + 0.2 / K, 0.2), pi, atol=1e-14)
    np.testing.assert_allclose(ow.unsmooth(0.8 * pi + 0.2 * prior, 0.2, prior=prior), pi, atol=1e-14)
    alpha = rng.uniform(0, 0.9, 50)
    smoothed = (1 - alpha[:, None]) * pi + alpha[:, None] / K
    np.testing.assert_allclose(ow.unsmooth(torch.tensor(smoothed), torch.tensor(alpha)).numpy(), pi, atol=1e-13)


def test_unsmooth_leaves_negative_what_no_posterior_gives():
    assert ow.unsmooth(np.array([[0.99, 0.01]]), 0.1)[0, 1] < 0


BAD = {
    "logits of one dimension": (
        lambda m: m.cross_entropy(np.ones(3), np.array([0])),
        "target has shape (1,), logits (3,) with 3 classes on axis 0: expected labels of shape ()",
    ),
    "rows disagree": (
        lambda m: m.cross_entropy(np.ones((2, 3)), np.array([0])),
        "target has 1 rows, logits have 2: expected one a row",
    ),
    "classes disagree": (
        lambda m: m.cross_entropy(np.ones((1, 3)), ow.one_hot(np.array([0]), 4)),
        "target has 4 classes, logits have 3: expected the same",
    ),
    "probabilities of another width": (
        lambda m: m.cross_entropy(np.ones((1, 3)), np.array([[0.5, 0.5]])),
        "target has shape (1, 2), logits have 3 classes: expected the same",
    ),
    "label out of range": (
        lambda m: m.cross_entropy(np.ones((1, 3)), np.array([3])),
        "labels[0] is 3, outside 0..2: labels start at 0; subtract 1, or mark the row as ignored with -100",
    ),
    "index out of range in a target made by hand": (
        lambda m: m.cross_entropy(
            np.ones((1, 3)), ow.SoftTarget(index=np.array([[9]]), weight=np.ones((1, 1)), num_classes=3)
        ),
        "target.index[0, 0] is 9, outside 0..2",
    ),
    "table row out of range": (
        lambda m: m.cross_entropy(
            np.ones((1, 3)),
            ow.SoftTarget(
                index=np.zeros((1, 0), int),
                weight=np.ones((1, 0)),
                table=np.ones((2, 3)) / 3,
                table_index=np.array([[2]]),
                table_weight=np.ones((1, 1)),
                num_classes=3,
            ),
        ),
        "target.table_index[0, 0] is 2, outside 0..1",
    ),
    "nan": (
        lambda m: m.cross_entropy(np.array([[0.0, 1.0], [2.0, np.nan]]), np.array([0, 0])),
        "logits[1, 1] is nan: the loss of this row is undefined; look for an overflow or a division by zero before it",
    ),
    "plus infinity": (
        lambda m: m.cross_entropy(np.array([[0.0, np.inf]], np.float32), np.array([0])),
        "logits[0, 1] is inf: the loss of this row is undefined; mask a class with -inf; +inf has no softmax",
    ),
    "everything masked": (
        lambda m: m.cross_entropy(np.full((1, 2), -np.inf), np.array([0])),
        "logits[0] is -inf in every class: the loss of this row is undefined; "
        "leave one class unmasked or ignore the row",
    ),
    "reduction unknown": (
        lambda m: m.cross_entropy(np.ones((1, 2)), np.array([0]), reduction="avg"),
        "reduction is 'avg': expected 'mean', 'sum' or 'none'",
    ),
    "normalizer unknown": (
        lambda m: m.cross_entropy(np.ones((1, 2)), np.array([0]), normalizer="n"),
        "normalizer is 'n': expected 'rows', 'mass' or a number",
    ),
    "normalizer zero": (
        lambda m: m.cross_entropy(np.ones((1, 2)), np.array([0]), normalizer=0),
        "normalizer is 0: expected a number above 0, by which the loss is divided",
    ),
    "normalizer below zero": (
        lambda m: m.cross_entropy(np.ones((1, 2)), np.array([0]), normalizer=-3.0),
        "normalizer is -3: expected a number above 0, by which the loss is divided",
    ),
    "z-loss below zero": (
        lambda m: m.cross_entropy(np.ones((1, 2)), np.array([0]), z_loss=-0.5),
        "z_loss is -0.5: expected a finite number, not negative",
    ),
    "alpha 1 undone": (
        lambda m: ow.unsmooth(np.array([[0.5, 0.5]]), 1.0),
        "alpha is 1 (row 0): all of the mass was moved and nothing is left to recover",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_by_the_exact_error(module, case):
    call, message = BAD[case]
    with pytest.raises(ValueError) as error:
        call(module)
    assert str(error.value) == message


def test_integer_logits_are_refused(module):
    with pytest.raises(TypeError, match="logits has dtype int64: expected floating point"):
        module.cross_entropy(np.ones((1, 2), int), np.array([0]))


def test_kinds_of_array_do_not_mix(module):
    with pytest.raises(TypeError, match="target is a numpy array but logits is a torch array: convert one of them"):
        module.cross_entropy(torch.ones(1, 2), ow.one_hot(np.array([0]), 2))
