"""Files that torch.save wrote, loaded without running code."""

import sys

import numpy as np
import pytest
import torch

from onewarm.errors import MissingExtraError
from onewarm.tables.formats import open_source
from onewarm.tables.source import Column

P = torch.tensor([[0.25, 0.75], [0.5, 0.5], [1.0, 0.0]])


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_a_dict_of_tensors(tmp_path, read, dtype, zipped):
    path = tmp_path / "a.pt"
    value = {"logits": P.to(dtype), "labels": torch.tensor([1, 0, 0]), "epoch": 3, "loss": torch.tensor(0.5)}
    torch.save(value, path, _use_new_zipfile_serialization=zipped)
    assert open_source(path).columns == {"logits": Column("float", 2), "labels": Column("int")}
    columns = read(path, ["logits", "labels"], rows=2)
    np.testing.assert_array_equal(columns["logits"], P.numpy())
    assert columns["labels"].tolist() == [1, 0, 0]
    assert [done for *_, done in open_source(path).batches(["labels"], 2)][-1] == path.stat().st_size


def test_one_tensor_has_the_name_of_the_file(tmp_path, read):
    torch.save(P.T.contiguous().T.requires_grad_(), tmp_path / "probs.pth")
    np.testing.assert_array_equal(read(tmp_path / "probs.pth", ["probs"])["probs"], P.numpy())


class Code:
    def __reduce__(self):
        return print, ("run",)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (Code(), "holds more than tensors, and loading that can run code: load it where it was made, and save a dict"),
        ({"a": torch.nn.Linear(2, 2)}, "holds more than tensors, and loading that can run code: "),
        (P.numpy(), "holds more than tensors, and loading that can run code: "),
        ([P], "holds no tensors with rows; save a dict, as {'logits': z, 'labels': y}"),
        (torch.zeros(2, 2, 2), "holds no tensors with rows; save a dict"),
        (P.to_sparse(), "holds no tensors with rows; save a dict"),
        ({"p": P, "y": torch.zeros(2)}, "tensors differ in rows: 'p' 3, 'y' 2"),
    ],
)
def test_what_holds_no_rows_or_would_run_code(tmp_path, refused, capsys, value, message):
    torch.save(value, tmp_path / "a.pt")
    assert refused(tmp_path / "a.pt").startswith(f"a.pt: {message}")
    assert capsys.readouterr().out == ""


def test_damaged_files(tmp_path, refused):
    torch.save({"p": P}, tmp_path / "a.pt")
    data = (tmp_path / "a.pt").read_bytes()
    for bad in (data[:3], data[:200], data[:-50], b"no tensors", data.replace(b"FloatStorage", b"FlootStorage")):
        (tmp_path / "a.pt").write_bytes(bad)
        assert refused(tmp_path / "a.pt").startswith("a.pt: ")


def test_without_pytorch_the_extra_is_named(tmp_path, monkeypatch):
    torch.save({"p": P}, tmp_path / "a.pt")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"^reading a\.pt needs torch: pip install 'onewarm\[torch\]'$"):
        open_source(tmp_path / "a.pt")


def test_a_damaged_name_of_a_class_is_refused_at_once(tmp_path):
    """PyTorch explains such a name in a time that grows with the square of its length: 9 s for 65,000 characters."""
    torch.save({"a": torch.zeros(3)}, tmp_path / "a.pt", _use_new_zipfile_serialization=False)
    data = (tmp_path / "a.pt").read_bytes()
    (tmp_path / "a.pt").write_bytes(data.replace(b"_rebuild_tensor_v2\n", b"x" * 200_000 + b"\n", 1))
    with pytest.raises(ValueError, match=r"^a.pt: .*the name of a class has 200,013 characters"):
        open_source(tmp_path / "a.pt")
