"""Files of targets: all comes back to the bit, and what is damaged is refused by the file's name."""

import json

import jax.numpy as jnp
import numpy as np
import pytest
import torch

import onewarm as ow
from onewarm.errors import InputError, MissingExtraError

PARTS = ("index", "weight", "table", "table_index", "table_weight")
LABELS = np.array([0, 2, 1, -100])
ROWS = np.random.default_rng(0).dirichlet(np.ones(3), 4)
KINDS = {"numpy": np.asarray, "torch": torch.tensor, "jax": jnp.asarray}
TARGETS = {
    "one-hot": lambda array: ow.one_hot(array(LABELS), 3),
    "smoothed": lambda array: ow.smooth(array(LABELS), 0.1, num_classes=3),
    "a teacher": lambda array: ow.soft(array(ROWS.astype(np.float32)), normalize=True),
    "in half precision": lambda array: ow.soft(array(ROWS.astype(np.float16)), normalize=True),
    "a matrix": lambda array: ow.smooth(array(LABELS), 0.3, prior=array(ROWS[:3])),
    "mixed": lambda array: ow.mix(ow.soft(array(ROWS)), ow.smooth(array(LABELS), 0.1, num_classes=3), 0.25),
    "votes": lambda array: ow.votes(array(np.array([[0, 1, 2], [0, 0, 0], [4, 0, 0], [1, 1, 1]]))),
    "no rows": lambda array: ow.one_hot(array(LABELS[:0]), 3),
}


def same(a, b):
    assert type(a.weight) is type(b.weight) and a.num_classes == b.num_classes
    for name in PARTS:
        left, right = getattr(a, name), getattr(b, name)
        assert (left is None) == (right is None)
        if left is not None:
            assert left.dtype == right.dtype and left.shape == right.shape and bool((left == right).all()), name


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", TARGETS)
def test_what_comes_back_is_the_same_to_the_bit(tmp_path, suffix, kind, case):
    target = TARGETS[case](KINDS[kind])
    target.save(tmp_path / f"targets{suffix}")
    same(ow.SoftTarget.load(tmp_path / f"targets{suffix}"), target)


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_bfloat16_in_every_library(tmp_path, suffix):
    target = ow.soft(torch.tensor(ROWS).bfloat16(), normalize=True)
    target.save(tmp_path / f"t{suffix}")
    same(ow.SoftTarget.load(str(tmp_path / f"t{suffix}")), target)
    for library in ("numpy", "jax"):
        loaded = ow.SoftTarget.load(tmp_path / f"t{suffix}", library=library)
        assert loaded.table.dtype.name == "bfloat16"
        assert np.array_equal(np.asarray(loaded.table, np.float32), target.table.float().numpy())
        loaded.save(tmp_path / f"u{suffix}")
        same(ow.SoftTarget.load(tmp_path / f"u{suffix}"), loaded)


def test_a_file_is_a_row_a_row_and_holds_no_table_row_that_none_takes(tmp_path):
    import pyarrow.parquet as pq

    target = ow.soft(ROWS)[[3, 1]]
    target.save(tmp_path / "t.parquet")
    table = pq.read_table(tmp_path / "t.parquet")
    assert table.num_rows == 2 and sorted(table.column_names) == sorted(PARTS)
    np.testing.assert_array_equal(np.stack(table.column("table").to_pylist()), ROWS[[1, 3]])
    np.testing.assert_array_equal(ow.SoftTarget.load(tmp_path / "t.parquet").dense(), ROWS[[3, 1]])
    target.save(tmp_path / "t.npz")
    with np.load(tmp_path / "t.npz") as archive:
        np.testing.assert_array_equal(archive["table"], ROWS[[1, 3]])


def test_arrays_in_any_order_of_bytes_and_memory(tmp_path):
    target = ow.soft(np.asfortranarray(ROWS.astype(">f8")))
    target.save(tmp_path / "t.npz")
    np.testing.assert_array_equal(ow.SoftTarget.load(tmp_path / "t.npz").dense(), ROWS)


def test_equal_targets_are_equal_files(tmp_path):
    for name in ("a", "b"):
        ow.smooth(LABELS, 0.1, num_classes=3).save(tmp_path / f"{name}.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


@pytest.mark.parametrize("suffix", [".npz", ".parquet"])
def test_a_damaged_file_is_refused_by_its_name_or_loads_what_was_saved(tmp_path, suffix):
    target = ow.mix(ow.soft(ROWS), ow.smooth(LABELS, 0.1, num_classes=3), 0.25)
    path = tmp_path / f"t{suffix}"
    target.save(path)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    damaged = [whole[:n] for n in (0, 1, 10, len(whole) // 2, len(whole) - 1)]
    for _ in range(300):
        content = bytearray(whole)
        for place in rng.integers(0, len(whole), rng.integers(1, 4)):
            content[place] = rng.integers(0, 256)
        damaged.append(bytes(content))
    refused = [message for content in damaged if (message := outcome(path, content, target))]
    assert len(refused) > 100
    assert all(m.startswith(f"{path}: not a target that onewarm saved, or damaged: ") for m in refused)


def outcome(path, content, target):
    """The error of loading these bytes, or None where they load as what was saved."""
    path.write_bytes(content)
    try:
        loaded = ow.SoftTarget.load(path)
    except InputError as error:
        return str(error)
    assert np.array_equal(loaded.dense(), target.dense())
    return None


def test_a_file_of_something_else(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.zeros(3))
    (tmp_path / "b.npz").write_bytes(b"")
    np.savez(tmp_path / "c.npz", x=np.array([{}], dtype=object))
    for name in "abc":
        with pytest.raises(InputError, match=rf"{name}.npz: not a target that onewarm saved, or damaged"):
            ow.SoftTarget.load(tmp_path / f"{name}.npz")
    with pytest.raises(FileNotFoundError):
        ow.SoftTarget.load(tmp_path / "none.npz")


def test_an_index_out_of_range_and_a_newer_version_are_refused(tmp_path):
    from onewarm.soft_target import npz

    path = tmp_path / "t.npz"
    ow.one_hot(LABELS[:2], 3).save(path)
    header, arrays = npz.from_bytes(path.read_bytes())
    path.write_bytes(npz.to_bytes(header, arrays | {"index": np.array([[0], [3]])}))
    with pytest.raises(InputError, match=r"index\[1, 0\] is 3, outside 0..2$"):
        ow.SoftTarget.load(path)
    path.write_bytes(npz.to_bytes(json.dumps(json.loads(header) | {"version": 2}), arrays))
    with pytest.raises(InputError, match=r"version 2 of the format, expected 1: update onewarm$"):
        ow.SoftTarget.load(path)


def test_names_and_libraries_by_the_exact_error(tmp_path):
    with pytest.raises(InputError, match=r"t.pt: a target is kept as .npz or .parquet: end the name in one of them$"):
        ow.one_hot(LABELS, 3).save(tmp_path / "t.pt")
    with pytest.raises(InputError, match=r"^library is 'tf': expected 'numpy', 'torch' or 'jax'$"):
        ow.SoftTarget.load(tmp_path / "t.npz", library="tf")


@pytest.mark.parametrize(
    ("hidden", "name", "message"),
    [
        ("pyarrow", "t.parquet", "Parquet needs PyArrow: pip install 'onewarm[parquet]'"),
        ("jax", "t.npz", "the file holds a target of jax: pip install 'onewarm[jax]', or load it with library='numpy'"),
    ],
)
def test_what_is_not_installed(tmp_path, monkeypatch, hidden, name, message):
    ow.one_hot(jnp.asarray(LABELS), 3).save(tmp_path / name)
    monkeypatch.setitem(__import__("sys").modules, hidden, None)
    with pytest.raises(MissingExtraError) as error:
        ow.SoftTarget.load(tmp_path / name)
    assert str(error.value) == message


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "t.npz"
    ow.one_hot(LABELS, 3).save(path)
    before = path.read_bytes()
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        ow.one_hot(LABELS[:1], 3).save(path)
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["t.npz"]
