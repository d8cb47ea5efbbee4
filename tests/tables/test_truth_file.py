"""The truth in a file of its own is read in step with the predictions, row for row."""

import numpy as np
import pyarrow as pa
import pytest

from onewarm.tables.columns import Choice, Layout
from onewarm.tables.formats import open_source
from onewarm.tables.plan import plan
from onewarm.tables.truth_file import TruthFile, split_path

N = 10
LAYOUT = Layout(("p",), False, ("label",), votes=False, separate_truth=True)


def test_a_path_is_taken_out_of_the_choice(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.savez("people.npz", label=[0])
    np.savez("with:colon.npz", label=[0])
    choice = Choice(labels="people.npz", slices=("group",), weight="w")
    rest = Choice(slices=("group",), weight="w")
    for value, file, column in (
        ("people.npz", "people.npz", ""),
        ("people.npz:label", "people.npz", "label"),
        ("with:colon.npz", "with:colon.npz", ""),
    ):
        left, path, named = split_path(Choice(labels=value, slices=("group",), weight="w"))
        assert (left, path.name, named) == (rest, file, Choice(labels=column))
    left, path, named = split_path(Choice(votes="people.npz:counts"))
    assert (left, path.name, named) == (Choice(), "people.npz", Choice(votes="counts"))
    for choice in (Choice(labels="label"), Choice(votes="missing.npz:counts"), Choice()):
        assert split_path(choice) == (choice, None, Choice())


@pytest.mark.parametrize("takes", [[10], [3, 3, 4], [1] * 10, [7, 3]])
@pytest.mark.parametrize("rows", [1, 4, 100])
def test_rows_are_given_in_order_whatever_the_batches(save, takes, rows):
    labels = np.random.default_rng(0).integers(0, 3, 10)
    truth = TruthFile(open_source(save(label=labels)), LAYOUT, 3, rows, "a.csv")
    np.testing.assert_array_equal(np.concatenate([truth.take(n) for n in takes]), labels)
    truth.end()


def test_a_truth_of_another_length(save):
    source = open_source(save(label=np.zeros(10, int)))
    truth = TruthFile(source, LAYOUT, 3, 4, "a.csv")
    truth.take(7)
    with pytest.raises(
        ValueError, match=r"^model\.npz: has 10 rows, and a\.csv more: give one row for each prediction, in the same "
    ):
        truth.take(4)
    truth = TruthFile(source, LAYOUT, 3, 4, "a.csv")
    truth.take(9)
    with pytest.raises(ValueError, match=r"^model\.npz: has more rows than the 9 of a\.csv: give one row for each"):
        truth.end()


def test_a_bad_label_is_named_in_its_own_file(save):
    truth = TruthFile(open_source(save(label=np.array([0, 1, 2, 3]))), LAYOUT, 3, 2, "a.csv")
    with pytest.raises(ValueError, match=r"^model\.npz: row 4, column 'label' is 3: labels are 0\.\.2"):
        truth.take(4)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".npz"])
def test_predictions_and_truth_of_two_files(tmp_path, monkeypatch, write_table, save, suffix):
    """In batches of 256 rows; a Parquet file of several parts is then read as one."""
    monkeypatch.setattr("onewarm.tables.plan.BATCH_NUMBERS", 1)
    monkeypatch.setattr("onewarm.tables.formats.parquet._PART_ROWS", 100)
    rng = np.random.default_rng(1)
    p, labels, votes = rng.dirichlet(np.ones(3), 700), rng.integers(0, 3, 700), rng.multinomial(7, [0.5, 0.3, 0.2], 700)
    columns = {f"p{k}": p[:, k] for k in range(3)} | {"label": 2 - labels}
    path = write_table(tmp_path / f"a{suffix}", pa.table(columns))
    people = save("people.npz", counts=votes, labels=labels)
    for choice, truth in ((Choice(votes=str(people)), votes), (Choice(labels=f"{people}:labels"), labels)):
        reading = plan([str(path)], choice)
        assert reading.parts == (1,)
        np.testing.assert_array_equal(np.concatenate([b.truth for b, _ in reading.batches(0)]), truth)
    with pytest.raises(ValueError, match=r"^people\.npz: no column 'label' for --labels; nearest: 'labels'$"):
        plan([str(path)], Choice(labels=f"{people}:label"))
    for counts, said in ((votes[:-1], "has 699 rows, and a"), (np.repeat(votes, 2, 0), "has more rows than the 700")):
        save("people.npz", counts=counts)
        with pytest.raises(ValueError, match=f"people.npz: {said}"):
            list(plan([str(path)], Choice(votes=f"{people}:counts")).batches(0))
    other = write_table(tmp_path / f"b{suffix}", pa.table(columns))
    with pytest.raises(
        ValueError, match=r"people\.npz holds the truth of one file: audit one file of predictions at a"
    ):
        plan([str(path), str(other)], Choice(votes=str(people)))


@pytest.mark.parametrize("shape", [(N,), (N, 1)])
def test_a_pair_of_arrays_of_keras(tmp_path, shape):
    """``model.predict`` gives (N, 1): P(y = 1)."""
    p, y = np.linspace(0.05, 0.95, N).astype(np.float32), np.arange(N) % 2
    np.save(tmp_path / "probs.npy", p.reshape(-1, 1))
    np.save(tmp_path / "labels.npy", y.reshape(shape))
    (batch, _), *_ = plan([str(tmp_path / "probs.npy")], Choice(labels=str(tmp_path / "labels.npy"))).batches(0)
    np.testing.assert_array_equal(batch.predictions[:, 1], p)
    np.testing.assert_array_equal(batch.truth, y)
    np.save(tmp_path / "labels.npy", y[:-1])
    with pytest.raises(ValueError, match=r"^labels\.npy: has 9 rows, and probs\.npy more"):
        list(plan([str(tmp_path / "probs.npy")], Choice(labels=str(tmp_path / "labels.npy"))).batches(0))
    with pytest.raises(ValueError, match=r"no column or file 'label\.npy' for --labels"):
        plan([str(tmp_path / "probs.npy")], Choice(labels="label.npy"))


def test_whether_answers_were_right_in_a_file_of_its_own(tmp_path):
    np.save(tmp_path / "conf.npy", np.linspace(0.05, 0.95, N))
    np.save(tmp_path / "right.npy", np.arange(N) % 2 == 0)
    for choice in (
        Choice(correct=str(tmp_path / "right.npy")),
        Choice(confidence="conf", labels=str(tmp_path / "right.npy")),
    ):
        reading = plan([str(tmp_path / "conf.npy")], choice)
        (batch, _), *_ = reading.batches(0)
        assert reading.kind == "confidence" and batch.truth.tolist() == [1.0, 0.0] * 5 and batch.predictions.ndim == 1


def test_names_in_a_file_of_their_own(tmp_path):
    p = np.linspace(0.05, 0.95, N)
    np.savez(tmp_path / "p.npz", prob_cat=1 - p, prob_dog=p)
    (tmp_path / "y.csv").write_text("animal\n" + "Dog\ncat\n" * 5)
    (batch, _), *_ = plan([str(tmp_path / "p.npz")], Choice(labels=str(tmp_path / "y.csv"))).batches(0)
    assert batch.truth.tolist() == [1, 0] * 5
