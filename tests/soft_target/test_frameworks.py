"""Targets in PyTorch's and JAX' own machinery: pytrees, batches of a DataLoader, saved files, transformations."""

import multiprocessing
import pickle
import subprocess
import sys
import warnings

import equinox
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
import torch.utils._pytree as torch_pytree
from jax.sharding import Mesh, NamedSharding
from jax.sharding import PartitionSpec as P
from sklearn.model_selection import train_test_split
from sklearn.utils import check_array
from torch.utils.data import DataLoader, Dataset, TensorDataset, default_collate

import onewarm as ow
from onewarm.soft_target import frameworks
from onewarm.soft_target.frameworks import flatten, unflatten

LABELS = np.array([0, 4, 2, 1, 1, 3])
Z = np.random.default_rng(0).normal(size=(6, 5)).astype(np.float32)
ROWS = np.random.default_rng(1).dirichlet(np.ones(5), 6).astype(np.float32)


def each(array):
    """One target of each kind."""
    return {
        "one-hot": ow.one_hot(array(LABELS), 5),
        "smoothed": ow.smooth(array(LABELS), 0.1, num_classes=5),
        "teacher": ow.soft(array(ROWS)),
        "mixed": ow.mix(ow.soft(array(ROWS)), ow.smooth(array(LABELS), 0.1, num_classes=5), 0.5),
    }


TORCH, JAX, NUMPY = each(torch.tensor), each(jnp.asarray), each(np.asarray)


# JAX compiles for seconds for each kind: the one that has every part runs always, the others with the long tests.
JAX_KINDS = [kind if kind == "mixed" else pytest.param(kind, marks=pytest.mark.long) for kind in JAX]


def close(a, b, tolerance=1e-6):
    np.testing.assert_allclose(np.asarray(a), np.asarray(b), rtol=tolerance, atol=tolerance)


def losses(target):
    return ow.cross_entropy(Z.astype(float), target, reduction="none")


def test_unflatten_checks_nothing():
    children, rest = flatten(NUMPY["mixed"])
    close(unflatten(children, rest), NUMPY["mixed"])
    placeholders = unflatten([object()] * 5, rest)
    assert flatten(placeholders)[0][0] is placeholders.index and repr(placeholders).startswith("SoftTarget(index=<obj")


@pytest.mark.parametrize("kind", TORCH)
def test_a_pytree_of_pytorch(kind):
    leaves, spec = torch_pytree.tree_flatten({"x": TORCH[kind]})
    assert len(leaves) == 5
    close(torch_pytree.tree_unflatten(leaves, spec)["x"], TORCH[kind])
    doubled = torch_pytree.tree_map_only(torch.Tensor, lambda t: t * 2 if t.is_floating_point() else t, TORCH[kind])
    close(doubled.weight, 2 * TORCH[kind].weight)


@pytest.mark.parametrize("kind", JAX_KINDS)
def test_an_argument_of_jit_grad_vmap_scan_and_eval_shape(kind):
    """optax#1486 and jax#35906 ask for targets that JAX' transformations take."""
    target, z = JAX[kind], jnp.asarray(Z)
    close(jax.jit(lambda z, t: ow.cross_entropy(z, t, reduction="none"))(z, target), losses(NUMPY[kind]))
    close(jax.jit(lambda z, t: ow.cross_entropy(z, t, reduction="none"))(z, NUMPY[kind]), losses(NUMPY[kind]))
    gradient = jax.jit(jax.grad(lambda z, t: ow.cross_entropy(z, t)))(z, target)
    close(gradient, ow.cross_entropy_with_gradient(Z.astype(float), NUMPY[kind])[1])
    close(jax.jit(lambda t: t.scale(2.0))(target), 2 * np.asarray(NUMPY[kind]))
    stacked = jax.tree.map(lambda a, b: jnp.stack([a, b]), target, target.scale(2.0))
    both = jax.vmap(lambda t: ow.cross_entropy(z, t, reduction="none"))(stacked)
    close(both, np.stack([losses(NUMPY[kind]), 2 * losses(NUMPY[kind])]))
    total, each = jax.lax.scan(lambda c, t: (c + ow.cross_entropy(z, t), t.mass()), 0.0, stacked)
    close(total, 3 * losses(NUMPY[kind]).mean())
    assert each.shape == (2, 6)
    assert jax.eval_shape(lambda t: t.dense(), target).shape == (6, 5)
    assert [str(path[0]) for path, _ in jax.tree_util.tree_leaves_with_path(target)][:2] == [".index", ".weight"]


@pytest.mark.parametrize("kind", JAX_KINDS)
@pytest.mark.parametrize("one_row", [lambda z: z[None], lambda z: z], ids=["(1, K)", "(K,)"])
def test_vmap_over_rows_leaves_the_table_whole(kind, one_row):
    target = JAX[kind]
    rows = jax.vmap(lambda z, t: ow.cross_entropy(one_row(z), t), in_axes=(0, target.layout(0, None)))
    close(rows(jnp.asarray(Z), target), losses(NUMPY[kind]))
    t = TORCH[kind]
    rows = torch.vmap(lambda z, t: ow.cross_entropy(z[None], t), in_dims=(0, t.layout(0, None)))
    close(rows(torch.tensor(Z), t), losses(NUMPY[kind]))


def test_vmap_over_rows_that_takes_a_table_apart_says_how_not_to():
    with pytest.raises(ValueError, match=r"inside vmap pass in_axes=target.layout\(0, None\)"):
        jax.vmap(lambda z, t: ow.cross_entropy(z[None], t))(jnp.asarray(Z), JAX["teacher"])


@pytest.mark.parametrize("kind", JAX)
def test_placed_on_a_mesh_and_inside_shard_map(kind):
    target, mesh = JAX[kind], Mesh(np.array(jax.devices()[:1]), ("data",))
    placed = jax.device_put(target, target.layout(NamedSharding(mesh, P("data")), NamedSharding(mesh, P())))
    assert placed.weight.sharding.spec == P("data")
    rows = jax.shard_map(
        lambda z, t: ow.cross_entropy(z, t, reduction="none"),
        mesh=mesh,
        in_specs=(P("data"), target.layout(P("data"), P())),
        out_specs=P("data"),
    )
    close(rows(jnp.asarray(Z), placed), losses(NUMPY[kind]))
    assert jax.device_put(target, jax.devices()[0]).device == jax.devices()[0]


def test_equinox_does_not_trace_again():
    traces = []

    @equinox.filter_jit
    def step(z, target):
        traces.append(1)
        return ow.cross_entropy(z, target)

    for shift in range(3):
        labels = np.roll(LABELS, shift)
        for array in (np.asarray, jnp.asarray):
            target = ow.smooth(array(labels), 0.1, num_classes=5)
            close(step(jnp.asarray(Z), target), losses(ow.smooth(labels, 0.1, num_classes=5)).mean())
    assert len(traces) == 1


def test_a_jax_array_of_a_target_is_its_dense_rows():
    close(jnp.asarray(JAX["mixed"]), NUMPY["mixed"])
    with pytest.raises(jax.errors.TracerArrayConversionError):
        jax.jit(lambda t: jnp.asarray(t))(JAX["mixed"])


@pytest.mark.parametrize("kind", TORCH)
def test_default_collate_joins_rows_and_targets_wherever_they_lie(kind):
    """timm#990, composer#382: targets in a batch without a collate_fn of one's own."""
    target = TORCH[kind]
    batch = default_collate([{"x": torch.tensor(z), "pair": (target[i], i)} for i, z in enumerate(Z)])
    close(batch["pair"][0], target)
    assert batch["pair"][1].tolist() == list(range(6))
    joined = default_collate([NUMPY[kind][i] for i in range(6)])
    assert isinstance(joined.weight, torch.Tensor)
    close(joined, target)
    close(default_collate([target[:2], target[2:]]), target)


def test_a_batch_holds_the_table_rows_that_it_takes():
    target = ow.soft(torch.tensor(np.tile(ROWS, (100, 1))))
    batch = default_collate([target[i] for i in (7, 3, 3)])
    assert batch.table.shape == (3, 5)
    close(batch, ROWS[[1, 3, 3]])


class Rows(Dataset):
    """Rows of NumPy, as a dataset of one's own gives them."""

    def __len__(self):
        return 6

    def __getitem__(self, i):
        return torch.tensor(Z[i]), ow.smooth(LABELS[[i]], 0.1, num_classes=5)


@pytest.mark.parametrize(
    "dataset",
    [
        pytest.param(TensorDataset(torch.tensor(Z), TORCH["mixed"]), id="tensors"),
        pytest.param(Rows(), id="rows", marks=pytest.mark.long),
    ],
)
def test_a_dataloader_with_workers_and_pinning(dataset):
    context = multiprocessing.get_context("forkserver")
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*pin_memory.*")  # without an accelerator nothing is pinned
        loader = DataLoader(dataset, 2, num_workers=2, pin_memory=True, multiprocessing_context=context)
        batches = list(loader)
    expected = NUMPY["mixed" if isinstance(dataset, TensorDataset) else "smoothed"]
    close(ow.concat([target for _, target in batches]), expected)
    value = sum(ow.cross_entropy(z, target) for z, target in batches) / 3
    close(value, losses(expected).mean())


@pytest.mark.parametrize("kind", TORCH)
def test_torch_load_with_weights_only(tmp_path, kind):
    torch.save({"batch": TORCH[kind]}, tmp_path / "batch.pt")
    close(torch.load(tmp_path / "batch.pt", weights_only=True)["batch"], TORCH[kind])
    close(pickle.loads(pickle.dumps(JAX[kind])), JAX[kind])


@pytest.mark.parametrize("imports", ["onewarm, torch", "torch, onewarm", "onewarm, jax, torch"])
def test_a_fresh_process_loads_it_whichever_import_comes_first(tmp_path, imports):
    torch.save(TORCH["smoothed"], tmp_path / "t.pt")
    code = f"import {imports}\nprint(torch.load({str(tmp_path / 't.pt')!r}).shape)"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "(6, 5)\n", done.stderr


@pytest.mark.parametrize("kind", TORCH)
def test_inside_torch_compile(kind):
    step = torch.compile(lambda z, t, i: ow.cross_entropy(z, t[i].scale(2.0)), backend="aot_eager", fullgraph=True)
    close(step(torch.tensor(Z), TORCH[kind], torch.arange(5, -1, -1)), 2 * losses(NUMPY[kind][::-1]).mean())


@pytest.mark.parametrize("kinds", [TORCH, JAX, NUMPY], ids=["torch", "jax", "numpy"])
def test_scikit_learn_splits_and_checks_it(kinds):
    target = kinds["mixed"]
    z_train, z_test, train, test = train_test_split(Z, target, test_size=2, random_state=0)
    order = [int(np.flatnonzero((z == row).all(1))[0]) for row in [*z_train, *z_test] for z in [Z]]
    close(ow.concat([train, test]), np.asarray(target)[order])
    close(check_array(target), np.asarray(target))


def test_a_sequence_of_rows_ends():
    """B11: list(T) never ended."""
    for kinds in (TORCH, JAX, NUMPY):
        target = kinds["smoothed"]
        first, *rest = target
        assert len(rest) == 5 and len(list(target)) == 6
        close(first, np.asarray(target)[:1])
        assert 1 not in target and target[0] not in target


def test_an_older_pytorch_without_the_private_names(monkeypatch):
    """Nothing is told where there is no way to tell it, and nothing fails."""
    monkeypatch.delattr(torch.utils, "_pytree")
    monkeypatch.delattr(torch.utils.data._utils, "collate")
    monkeypatch.delattr(torch.serialization, "add_safe_globals")
    frameworks.tell_torch()
    monkeypatch.undo()
    frameworks.tell_torch()  # twice does no harm


def test_waiting_for_an_import(monkeypatch, tmp_path):
    """The call comes after the module's own code; a search for the module alone calls nothing."""
    (tmp_path / "late_module.py").write_text("done = []\n")
    monkeypatch.syspath_prepend(tmp_path)
    calls = []
    frameworks.tell("late_module", lambda: calls.append(sys.modules["late_module"].done))
    from importlib.util import find_spec

    assert find_spec("late_module") is not None and not calls
    __import__("late_module")
    __import__("late_module")
    assert calls == [[]] and not any(getattr(f, "name", "") == "late_module" for f in sys.meta_path)
    monkeypatch.delitem(sys.modules, "late_module")
