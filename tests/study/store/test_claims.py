import os
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
import sqlalchemy as sa

from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.study.scoring import Scores
from onewarm.study.store import claims as module
from onewarm.study.store.claims import GRACE, LEASE, Claims
from onewarm.study.store.processes import this_host
from onewarm.study.store.store import Store, StoredRun
from onewarm.study.store.tables import claims as table

A, B, C = ("hard", 0), ("hard", 1), ("smooth:0.1", 0)


@pytest.fixture
def store(url):
    store = Store(url)
    yield store
    store.close()


@pytest.fixture
def study(store):
    return store.study("key", {})


def finish(store, study, arm, seed):
    summary = CalibrationSummary().update(np.array([[0.8, 0.2], [0.4, 0.6]]), np.array([0, 0]))
    return store.save(study, StoredRun(arm, seed, Scores({}, summary, None), 0.1, {}))


def rows(store):
    with store.begin() as db:
        return db.execute(sa.select(table).order_by(table.c.arm, table.c.seed)).all()


def change(store, **values):
    with store.begin() as db:
        db.execute(table.update().values(**values))


def test_a_run_is_claimed_by_one(store, study):
    with Claims(store, study) as one, Claims(store, study) as two:
        assert one.claim([B, A]) == {A, B}
        assert two.claim([A, B, C]) == {C} and two.claim([A]) == set() == two.claim([])
        assert one.of_others() == {C} and two.of_others() == {A, B}
    assert rows(store) == []


def test_claims_of_another_study_are_apart(store, study):
    with Claims(store, study) as one, Claims(store, store.study("other", {})) as two:
        assert one.claim([A]) == {A} == two.claim([A]) and two.of_others() == set()


def test_a_finished_run_is_not_claimed_and_its_claim_is_dropped(store, study):
    with Claims(store, study) as one:
        assert one.claim([A, B]) == {A, B} and finish(store, study, *A)
        assert [(r.arm, r.seed) for r in rows(store)] == [B]
        assert one.claim([A, B, C]) == {C}  # B is claimed already
        assert [(r.arm, r.seed) for r in rows(store)] == [B, C]


def test_who_claims_is_written_down(store, study):
    with Claims(store, study) as one:
        one.claim([A])
        (row,) = rows(store)
        assert (row.owner, row.host, row.process) == (one.owner, this_host(), os.getpid())
        with store.begin() as db:
            left = row.expires - db.execute(sa.select(store.now())).scalar_one()
        assert LEASE - 20 < left <= LEASE


def test_the_database_has_the_time(store):
    with store.begin() as db:
        assert db.execute(sa.select(store.now())).scalar_one() == pytest.approx(time.time(), abs=5)


def test_an_expired_claim_of_another_host_is_taken_over(store, study):
    with Claims(store, study) as gone, Claims(store, study) as heir:
        gone.claim([A])
        change(store, host="elsewhere", process=1, started="never")
        assert heir.of_others() == {A} and heir.claim([A]) == set()
        change(store, expires=1.0)
        assert heir.of_others() == set() and heir.claim([A]) == {A}
        assert gone.of_others() == {A} and gone.claim([A]) == set()


def test_a_renewed_claim_does_not_expire(store, study, monkeypatch):
    monkeypatch.setattr(module, "RENEWAL", 0.01)
    with Claims(store, study) as one, Claims(store, study) as two:
        one.claim([A])
        change(store, expires=1.0)
        while two.of_others() != {A}:
            time.sleep(0.01)
        assert two.claim([A]) == set()


def test_claims_of_a_process_that_died_are_free_at_once(store, study):
    """Not after `LEASE`: when the study is started again after kill -9, nothing waits."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with Claims(store, study) as dead, Claims(store, study) as heir:
        dead.claim([A, B])
        change(store, process=child.pid, started=module.process_start(child.pid))
        assert heir.of_others() == {A, B}
        child.kill()
        child.communicate()
        assert heir.of_others() == {A, B} and heir.claim([A]) == set()  # its worker processes end in this time
        time.sleep(GRACE)
        assert heir.of_others() == set() and heir.claim([A, B]) == {A, B}


def test_a_process_of_the_same_number_is_another(store, study):
    with Claims(store, study) as dead, Claims(store, study) as heir:
        dead.claim([A])
        change(store, started="1")
        heir.of_others()
        time.sleep(GRACE)
        assert heir.claim([A]) == {A}


def test_of_many_who_want_an_expired_claim_one_gets_it(url, store, study):
    keys = [("hard", seed) for seed in range(10)]
    with Claims(store, study) as gone:
        gone.claim(keys)
        change(store, expires=1.0)
        won, errors = [], []

        def work(order):
            try:
                mine = Store(url)
                with Claims(mine, study) as claims:
                    for key in keys[::order]:
                        won.extend(claims.claim([key]))
                    everyone_tried.wait(60)
                mine.close()
            except Exception as error:
                errors.append(error)

        everyone_tried = threading.Barrier(4)
        threads = [threading.Thread(target=work, args=(order,)) for order in (1, -1, 1, -1)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        assert not errors and sorted(won) == keys
