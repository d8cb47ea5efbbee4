import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from onewarm.study.engines import groups as engine
from onewarm.study.study import run

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

run(make_tiny(), arms="hard,smooth:0.1,teacher:2", seeds=30, store=sys.argv[1], training=training, progress=report)
"""


def test_kill_9_loses_and_repeats_nothing(tiny, short, url):
    command = [sys.executable, "-c", CHILD, url, str(Path(__file__).parent.parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        saved = 0
        for line in child.stdout:
            saved = int(line)
            if saved >= 8:  # in the middle of a group, or between the commits of one
                child.send_signal(signal.SIGKILL)
                break
    kept = rows(url)
    assert child.returncode == -signal.SIGKILL and 8 <= saved <= len(kept) < 90
    report = run(tiny, arms=ARMS, seeds=30, store=url, training=short)
    assert report.trained == 90 - len(kept)
    assert len(set(rows(url))) == len(rows(url)) == 90 and set(kept) <= set(rows(url))
    assert report.to_dict() == run(tiny, arms=ARMS, seeds=30, store=url + "2", training=short).to_dict()
