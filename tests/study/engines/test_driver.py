import json
import runpy
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from onewarm.errors import InputError
from onewarm.study.engines import groups as engine
from onewarm.study.engines.driver import Progress, check_engine, train_missing
from onewarm.study.store.claims import Claims
from onewarm.study.store.store import Store, StoreError
from onewarm.study.study import run

KILLS = Path(__file__).with_name("kills.py")
kills = SimpleNamespace(**runpy.run_path(str(KILLS)))
TWO_ARMS, NearestMean, train = kills.ARMS, kills.NearestMean, kills.train
ARMS = "hard,smooth:0.1,teacher:2"


@pytest.fixture(autouse=True)
def small_groups(monkeypatch):
    monkeypatch.setattr(engine, "GROUP", 6)


def rows(url):
    with sqlite3.connect(url.removeprefix("sqlite:///")) as db:
        found = db.execute("SELECT arm, seed FROM results").fetchall()
    db.close()
    return found


CHILD = """
import sys, time
sys.path.insert(0, sys.argv[2])
from conftest import make_tiny
from onewarm.study.engines import groups as engine
from onewarm.study.models.training import Training
from onewarm.study.study import run
engine.GROUP = 6
training = Training(hidden=32, batch=25, steps=60, learning_rate=3e-3, check_every=5)

def report(p):
    print(p.saved, flush=True)
    time.sleep(0.3 if p.saved >= 8 else 0)  # so that the kill comes in time on a busy machine

run(make_tiny(), arms="hard,smooth:0.1,teacher:2", seeds=6, store=sys.argv[1], training=training, progress=report)
"""


@pytest.mark.long
def test_kill_9_loses_and_repeats_nothing(tiny, short, sqlite_url):
    url = sqlite_url
    command = [sys.executable, "-c", CHILD, url, str(Path(__file__).parent.parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        saved = 0
        for line in child.stdout:
            saved = int(line)
            if saved >= 8:  # in the middle of a group, or between the commits of one
                child.send_signal(signal.SIGKILL)
                break
    kept = rows(url)
    assert child.returncode == -signal.SIGKILL and 8 <= saved <= len(kept) < 24
    report = run(tiny, arms=ARMS, seeds=6, store=url, training=short)
    assert report.trained == 24 - len(kept)
    assert len(set(rows(url))) == len(rows(url)) == 24 and set(kept) <= set(rows(url))
    assert report.to_dict() == run(tiny, arms=ARMS, seeds=6, store=url + "2", training=short).to_dict()


def trained_by(log):
    """Of each run, the processes that trained it, one after another; they must not have done so at the same time."""
    found = {}
    for process, _, runs in map(json.loads, log.read_text().splitlines()):
        for arm, seed in runs:
            of_run = found.setdefault((arm, seed), [])
            if not of_run or of_run[-1] != process:
                of_run.append(process)
    return found


def kill(tiny, url, log, kills, engine, seeds):
    """What `kills.py` left, each run and the report, compared with the same study undisturbed."""
    command = [sys.executable, str(KILLS), url, str(log), str(kills), engine, str(seeds)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=480)
    assert done.returncode == 0, done.stderr[-3000:]
    *_, last = done.stdout.splitlines()  # a worker whose parent is killed while it starts prints joblib's traceback
    assert json.loads(last) == {"killed": kills}
    trainings = trained_by(log)
    assert all(len(processes) == len(set(processes)) for processes in trainings.values())
    assert len(trainings) == seeds * len(TWO_ARMS)
    quick = NearestMean(log, 0)
    *found, trained = train(tiny, url, seeds, quick, 1)
    assert trained == 0 and found == list(train(tiny, "sqlite://", seeds, quick, 1)[:2])
    return trainings


@pytest.mark.long
def test_two_processes_of_which_one_is_killed_at_20_moments(tiny, url, tmp_path):
    trainings = kill(tiny, url, tmp_path / "log", 20, "inline", 60)
    assert sum(map(len, trainings.values())) > len(trainings)  # some were lost with the one that trained them


@pytest.mark.long
def test_worker_processes_of_one_that_is_killed_do_not_train_on(tiny, sqlite_url, tmp_path):
    """An orphan's lines would be among those of the process that took its runs over."""
    kill(tiny, sqlite_url, tmp_path / "log", 6, "processes", 60)


def test_two_at_once_train_each_run_once(tiny, url, tmp_path):
    """Two commands on one store trained everything twice."""
    log, results = tmp_path / "log", []
    both = [
        threading.Thread(target=lambda: results.append(train(tiny, url, 12, NearestMean(log, 0.01), 1)))
        for _ in range(2)
    ]
    [t.start() for t in both]
    [t.join() for t in both]
    assert results[0][:2] == results[1][:2] and sum(trained for *_, trained in results) == 24
    assert min(trained for *_, trained in results) > 0
    first = [line for line in map(json.loads, log.read_text().splitlines()) if line[1] == 0]
    assert sum(len(runs) for _, _, runs in first) == 24


def test_runs_of_another_are_waited_for_and_taken_over(tiny, sqlite_url, tmp_path):
    store, model, seen = Store(sqlite_url), NearestMean(tmp_path / "log", 0), []
    study = store.study("key", {})
    with Claims(store, study) as other:
        other.claim([("hard", 0), ("hard", 1)])

        def progress(p):
            seen.append(p)
            if p.saved == 2 and p.elsewhere == 2 and len([q for q in seen if q == p]) == 3:  # nothing else to do
                other.release()

        trained = train_missing(tiny, TWO_ARMS, [0, 1], model, store, study, workers=1, progress=progress)
    assert trained == 4 and seen[-1] == Progress(4, 4, 4, 0)
    assert [p.done for p in seen] == sorted(p.done for p in seen) and max(p.elsewhere for p in seen) == 2
    store.close()


def test_claims_that_could_not_be_given_back_do_not_hold_up_the_same_process(tiny, sqlite_url, tmp_path):
    """They were waited for until they expired: the process that made them still runs."""
    store, study = Store(sqlite_url), 1
    assert store.study("key", {}) == study
    with Claims(store, study) as other:
        other.claim([("hard", 0)])
        other.release = lambda: None
    assert train_missing(tiny, TWO_ARMS, [0], NearestMean(tmp_path / "log", 0), store, study, workers=1) == 2
    store.close()


def test_an_interrupt_gives_the_claims_back(tiny, sqlite_url, tmp_path):
    store = Store(sqlite_url)
    study = store.study("key", {})

    def interrupt(p):
        if p.done > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_missing(
            tiny, TWO_ARMS, [0, 1], NearestMean(tmp_path / "log", 0), store, study, workers=1, progress=interrupt
        )
    with Claims(store, study) as claims:
        assert claims.of_others() == set() and len(claims.claim([("hard", 0), ("hard", 1)])) == 2
    store.close()


def test_a_server_that_stops_ends_the_study_in_words_and_keeps_what_was_finished(tiny, postgresql, tmp_path):
    store = Store(postgresql.url())
    study = store.study("key", {})

    def stop(p):
        if p.saved == 4:
            postgresql.stop()

    try:
        with pytest.raises(StoreError, match=r"start it and run again \(what was finished before is kept"):
            train_missing(
                tiny, TWO_ARMS, range(8), NearestMean(tmp_path / "log", 0), store, study, workers=1, progress=stop
            )
    finally:
        postgresql.start()
    assert len(store.finished(study)) == 4
    again = train_missing(tiny, TWO_ARMS, range(8), NearestMean(tmp_path / "log", 0), store, study, workers=1)
    assert again == 12
    store.close()


@pytest.mark.parametrize(
    ("engine", "workers", "error"),
    [
        ("loky", None, "engine is 'loky': choose one of local, ray"),
        ("local", 0, "workers is 0: expected how many are trained at a time, at least 1"),
        ("local", True, "workers is True: expected"),
        ("ray", 1.5, "workers is 1.5: expected"),
    ],
)
def test_engines_that_do_not_exist(engine, workers, error):
    with pytest.raises(InputError, match=f"^{error}"):
        check_engine(engine, workers)
