import io
import json
import sqlite3
import threading

import numpy as np
import pandas as pd
import pytest
import torch
from rich.console import Console
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from onewarm.errors import InputError
from onewarm.study.engines import groups as engine
from onewarm.study.engines.keys import study_key
from onewarm.study.models.training import Perceptrons
from onewarm.study.store.store import Store, StoreError
from onewarm.study.study import Study, run

ARMS = "hard,smooth:0.1,teacher:2"


@pytest.fixture(autouse=True)
def small_groups(monkeypatch):
    monkeypatch.setattr(engine, "GROUP", 6)


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 's.db'}"


def rows(url):
    with sqlite3.connect(url.removeprefix("sqlite:///")) as db:
        found = db.execute("SELECT arm, seed FROM results").fetchall()
    db.close()
    return found


def test_end_to_end(tiny, short, url):
    seen = []
    report = run(tiny, arms=ARMS, seeds=4, store=url, training=short, progress=seen.append)
    assert report.trained == 16 and len(rows(url)) == 16
    as_dict = report.to_dict()
    assert as_dict["arms"] == ["hard", "smooth:0.1", "teacher:2", "logistic"] and as_dict["seeds"] == [0, 1, 2, 3]
    assert as_dict["dataset"]["key"] == "tiny" and as_dict["model"]["steps"] == 60 and as_dict["baseline"] == "hard"
    assert as_dict["versions"]["torch"] == torch.__version__
    json.dumps(as_dict, allow_nan=False)
    done = [p.done for p in seen]
    assert done == sorted(done) and seen[0] == (0, 0, 16, 0) and seen[-1] == (16, 16, 16, 0)


def test_further_pairs_are_compared(tiny, short, url):
    report = run(tiny, arms=ARMS, seeds=2, store=url, training=short, pairs=[("teacher:2", "smooth:0.1")])
    assert {r["baseline"] for r in report.comparisons()} == {"hard", "smooth:0.1"}
    assert run(tiny, arms=ARMS, seeds=2, store=url, training=short, pairs=[("teacher:2.0", "smooth:.1")]).pairs == (
        ("teacher:2", "smooth:0.1"),
    )
    with pytest.raises(InputError, match=r"pairs has 'smooth:0.1': expected a list of \(arm, the arm it is"):
        run(tiny, arms=ARMS, seeds=2, store=url, training=short, pairs=("smooth:0.1", "hard"))
    error = "pairs name the arm 'teacher:3', which is not among the arms hard, smooth:0.1, teacher:2, logistic"
    with pytest.raises(InputError, match=error):
        run(tiny, arms=ARMS, seeds=2, store=url, training=short, pairs=[("teacher:2", "teacher:3")])


def test_the_same_command_trains_nothing_and_gives_the_same_report(tiny, short, url):
    first = run(tiny, arms=ARMS, seeds=3, store=url, training=short)
    again = run(tiny, arms=ARMS, seeds=3, store=url, training=short)
    assert again.trained == 0 and again.to_dict() == first.to_dict()


def test_more_arms_or_seeds_train_only_those(tiny, short, url):
    run(tiny, arms="hard,smooth:0.1", seeds=2, store=url, training=short)
    grown = run(tiny, arms=ARMS, seeds=3, store=url, training=short)
    assert grown.trained == 12 - 6
    fresh = run(tiny, arms=ARMS, seeds=3, store=url + "2", training=short)
    assert grown.to_dict() == fresh.to_dict()  # however the runs were grouped


def test_other_data_or_model_is_another_study(tiny, short, url):
    run(tiny, arms="hard", seeds=2, store=url, training=short)
    other = type(short)(**{**vars(short), "steps": 40})
    assert run(tiny, arms="hard", seeds=2, store=url, training=other).trained == 4
    assert study_key(tiny, Perceptrons(short)) != study_key(tiny, Perceptrons(other))


def test_baseline_is_hard_or_the_first(tiny, short, url):
    assert run(tiny, arms="smooth:0.1,hard", seeds=2, store=url, training=short).baseline == "hard"
    assert run(tiny, arms="smooth:0.1,prior:0.1", seeds=2, store=url, training=short).baseline == "smooth:0.1"


@pytest.mark.parametrize("when", [0.0, 0.3, 3.5])
def test_an_interrupt_keeps_what_was_finished(tiny, short, url, when):
    threads = torch.get_num_threads()

    def stop(p):
        if p.done >= when:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tiny, arms=ARMS, seeds=6, store=url, training=short, progress=stop)
    kept = len(rows(url))
    assert kept < 24 and torch.get_num_threads() == threads
    assert not [t for t in threading.enumerate() if t.name.startswith("onewarm-study")]
    report = run(tiny, arms=ARMS, seeds=6, store=url, training=short)
    assert report.trained == 24 - kept and len(set(rows(url))) == len(rows(url)) == 24


def test_two_processes_may_share_a_study(tiny, short, url):
    reports = []
    both = [
        threading.Thread(target=lambda: reports.append(run(tiny, arms=ARMS, seeds=4, store=url, training=short)))
        for _ in range(2)
    ]
    [t.start() for t in both]
    [t.join() for t in both]
    assert reports[0].to_dict() == reports[1].to_dict()
    assert sum(r.trained for r in reports) == 16 == len(rows(url))


def test_an_open_store_stays_open(tiny, short, url):
    store = Store(url)
    run(tiny, arms="hard", seeds=2, store=store, training=short)
    assert run(tiny, arms="hard", seeds=2, store=store, training=short).trained == 0
    store.close()


def test_bad_input_before_any_work(tiny, url, tmp_path):
    for bad, error in (
        ({"arms": "hrd"}, "no arm 'hrd'"),
        ({"seeds": 0}, "seeds is 0"),
        ({"data": "digts"}, "no data set 'digts'"),
    ):
        with pytest.raises(InputError, match=error):
            run(**{"data": tiny, "arms": "hard", "seeds": 1, "store": url} | bad)
    assert not (tmp_path / "s.db").exists()
    with pytest.raises(StoreError, match="is not a database URL"):
        run(tiny, arms="hard", seeds=1, store="s.db")


def test_a_file_from_end_to_end(tmp_path, short, url):
    path = tmp_path / "pets.csv"
    path.write_text(
        "w,h,label\n" + "".join(f"{i % 7},{i % 3 + 4 * (i % 2)},{['cat', 'dog'][i % 2]}\n" for i in range(60))
    )
    report = run(str(path), arms="hard,prior:0.1", seeds=2, store=url, training=short).to_dict()
    assert report["dataset"]["classes"] == ["cat", "dog"] and report["dataset"]["train"] == 36
    assert report["metrics"]["hard"]["accuracy"]["mean"] > 0.8


def test_a_report_comes_from_the_store_alone(tiny, short, url):
    study = Study(tiny, arms="hard,smooth:0.1", seeds=2, store=url, training=short)
    with pytest.raises(
        InputError, match=r"no seed of this study with all arms \(it has none of its runs\): call run\(\)"
    ):
        study.report()
    ran = study.run()
    assert ran.trained == 6 and study.report().to_dict() == ran.to_dict() and study.report().trained == 0
    more = Study(tiny, arms="hard,smooth:0.1", seeds=5, store=url, training=short)
    assert more.report().seeds == [0, 1]


@pytest.mark.parametrize(("arms", "seeds"), [("hard", 1), ("hard", 3), ("hard,smooth:0.1", 1), ("smooth:0.1", 2)])
def test_a_study_of_one_arm_or_one_seed(tiny, short, url, arms, seeds):
    """One arm or one seed ended in an IndexError: there was no row to correct, and no interval of one value."""
    report = run(tiny, arms=arms, seeds=seeds, store=url, training=short)
    console = Console(file=io.StringIO(), width=100)
    report.print(console)
    assert arms.split(",")[0] in console.file.getvalue()
    json.dumps(report.to_dict(), allow_nan=False)


def test_an_estimator_is_studied_and_found_again(tiny, url):
    model = LogisticRegression()
    report = run(tiny, model=model, arms="hard,smooth:0.1,teacher:2", seeds=3, store=url, workers=1)
    assert report.trained == 12 and report.to_dict()["model"]["network"] == "LogisticRegression"
    assert run(tiny, model=LogisticRegression(), arms="hard,smooth:0.1,teacher:2", seeds=3, store=url).trained == 0
    assert run(tiny, model=LogisticRegression(C=2), arms="hard", seeds=3, store=url).trained == 6


def test_an_arm_that_the_model_cannot_be_trained_with_is_refused_before_any_work(tiny, url, tmp_path):
    with pytest.raises(InputError, match=r"^LogisticRegression cannot be trained with the arm focal:2, which is not"):
        run(tiny, model=LogisticRegression(), arms="hard,focal:2", seeds=3, store=url)
    assert not (tmp_path / "s.db").exists()


def test_arrays_frames_and_their_options(url, short):
    rng = np.random.default_rng(0)
    y = np.array(["cat", "dog"])[np.arange(90) % 2]
    x = rng.standard_normal((90, 3)) + (y == "dog")[:, None]
    frame = pd.DataFrame(x, columns=["a", "b", "c"]).assign(pet=y, owner=np.arange(90) // 3)
    options = {"arms": "hard,smooth:0.1", "seeds": 2, "training": short, "store": url}
    arrays = run(x, y, **options)
    assert arrays.dataset["classes"] == ["cat", "dog"] and arrays.trained == 6
    assert run(frame, label="pet", group="owner", **options).dataset["label"] == "pet"
    assert run(frame.drop(columns="owner"), "pet", **options).trained == 6
    uneven = frame.assign(owner=rng.integers(0, 25, 90))  # so that each seed has other numbers of rows
    assert run(uneven, label="pet", group="owner", **options | {"seeds": 5}).trained == 15
    with pytest.raises(InputError, match=r"^the arm votes needs annotators' votes: pass votes=, or leave the arm out$"):
        run(x, y, **options | {"arms": "hard,votes"})


def test_the_reference_is_in_every_study_last_and_once(tiny, short, url):
    """A linear model beat every arm in five of seven tables, and no study showed it."""
    report = run(tiny, arms="logistic,hard", seeds=3, store=url, training=short)
    assert report.arms == ["hard", "logistic"] and report.baseline == "hard"
    split = tiny.split(1)
    c = report.runs["logistic", 1].options["C"]
    plain = make_pipeline(StandardScaler(), LogisticRegression(C=c, max_iter=1000)).fit(split.train.x, split.train.y)
    expected = log_loss(split.test.y, plain.predict_proba(split.test.x))
    assert report.values("logistic", "nll")[1] == pytest.approx(expected, abs=1e-3)
    with pytest.raises(
        InputError, match=r"^arms has only the reference, logistic, which every study has: name another"
    ):
        run(tiny, arms="logistic", seeds=3, store=url)


def test_logistic_regression_as_the_model_takes_soft_targets(tiny, url):
    report = run(tiny, model="logistic", arms="hard,smooth:0.3", seeds=2, store=url, workers=1)
    hard, smooth, reference = (report.values(arm, "nll") for arm in report.arms)
    assert hard == pytest.approx(reference, abs=1e-3) and smooth != pytest.approx(hard, abs=1e-3)
    assert report.runs["hard", 0].options["logisticregression__C"] == report.runs["logistic", 0].options["C"]
