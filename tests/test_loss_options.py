"""One value for the options of a loss: numbers in every form, exact errors, and what must stay an array."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import onewarm as ow
from onewarm.loss_options import LossOptions, loss_options

FORMS: dict[str, Any] = {
    "Python": float,
    "numpy float32": np.float32,
    "numpy float64": np.float64,
    "numpy array": np.array,
    "tensor": torch.tensor,
    "jax": jnp.array,
}
Z = np.array([[3.0, 1.0, -0.5, -1.0]])


@pytest.mark.parametrize("form", FORMS)
def test_a_number_in_any_form_is_a_python_number(form: str) -> None:
    options = loss_options("mean", FORMS[form](4.0), FORMS[form](0.5))
    assert options == LossOptions("mean", 4.0, 0.5, True)
    assert loss_options(z_loss=FORMS[form](0)).z_loss == 0
    assert type(options.normalizer) is float and type(options.z_loss) is float


def test_integers_and_names_stay() -> None:
    assert loss_options("sum", "mass", 1, move_mass=False)[:5] == ("sum", "mass", 1.0, False, True)
    assert loss_options("mean", np.int64(7)).normalizer == 7
    assert loss_options() == LossOptions()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("value", "shown"), [(-1.0, "-1"), (float("nan"), "nan"), (float("inf"), "inf")])
def test_a_z_loss_that_is_below_0_or_not_finite_is_refused_in_every_form(form: str, value: float, shown: str) -> None:
    for call in (loss_options, lambda z_loss: ow.cross_entropy(Z, np.array([0]), z_loss=z_loss)):
        with pytest.raises(ValueError) as error:
            call(z_loss=FORMS[form](value))
        assert str(error.value) == f"z_loss is {shown}: expected a finite number, not negative"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("average",), "reduction is 'average': expected 'mean', 'sum' or 'none'"),
        (("sum", "row"), "normalizer is 'row': expected 'rows', 'mass' or a number"),
        (("mean", None), "normalizer is None: expected 'rows', 'mass' or a number"),
        (("mean", np.float32(0)), "normalizer is 0: expected a number above 0, by which the loss is divided"),
        (("mean", torch.tensor(-2)), "normalizer is -2: expected a number above 0, by which the loss is divided"),
        (("mean", float("inf")), "normalizer is inf: expected a finite number"),
        (("mean", "rows", "a"), "z_loss is 'a': expected a finite number, not negative"),
        (("mean", "rows", None), "z_loss is None: expected a finite number, not negative"),
        (("mean", "rows", np.ones(1)), "z_loss is array([1.]): expected a finite number, not negative"),
    ],
)
def test_bad_options_by_the_exact_error(arguments: tuple[Any, ...], text: str) -> None:
    with pytest.raises(ValueError) as error:
        loss_options(*arguments)
    assert str(error.value) == text


def test_a_number_that_nothing_is_divided_by_is_not_asked() -> None:
    """A token count of 0 with the sum: nothing divides by it."""
    assert loss_options("sum", 0).normalizer == 0
    assert float(ow.cross_entropy(Z, np.array([0]), reduction="sum", normalizer=0).round(4)) == 0.1688


def test_what_autograd_differentiates_stays_a_tensor() -> None:
    weight = torch.tensor(0.5, requires_grad=True)
    assert loss_options(z_loss=weight).z_loss is weight
    (slope,) = torch.autograd.grad(ow.cross_entropy(torch.tensor(Z), torch.tensor([0]), z_loss=weight), weight)
    assert slope.item() == pytest.approx(np.log(np.exp(Z).sum()) ** 2)
    with pytest.raises(ValueError, match="z_loss is -1: expected a finite number, not negative"):
        loss_options(z_loss=torch.tensor(-1.0, requires_grad=True))


def test_what_a_tracer_hides_stays_and_is_not_checked() -> None:
    seen: list[bool] = []

    @jax.jit
    def loss(z_loss: Any) -> Any:
        seen.append(loss_options(z_loss=z_loss).z_loss is z_loss)
        return ow.cross_entropy(jnp.asarray(Z), jnp.array([0]), z_loss=z_loss)

    plain = ow.cross_entropy(jnp.asarray(Z), jnp.array([0]), z_loss=0.5)
    assert float(loss(0.5)) == pytest.approx(float(plain)) and seen == [True]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_a_tensor_as_z_loss_compiles() -> None:
    z, y = torch.tensor(Z), torch.tensor([0])
    torch._dynamo.reset()
    compiled = torch.compile(lambda w: ow.cross_entropy(z, y, z_loss=w), fullgraph=True, backend="eager")
    assert compiled(torch.tensor(0.5)).item() == pytest.approx(float(ow.cross_entropy(Z, np.array([0]), z_loss=0.5)))
