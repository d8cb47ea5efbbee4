"""Ray: the same numbers from a cluster of two workers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from onewarm.errors import MissingExtraError
from onewarm.study.engines.ray import Cluster
from onewarm.study.engines.work import Work
from onewarm.study.models.training import Perceptrons


def test_without_ray_the_extra_is_named(tiny, short, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingExtraError, match=r"^--engine ray needs Ray: pip install 'onewarm\[ray\]'$"):
        Cluster(Work(tiny, Perceptrons(short)), None)


BOTH = """
import ray
from conftest import make_tiny
from onewarm.errors import InputError
from onewarm.study.engines import groups
from onewarm.study.models.training import Perceptrons, Training
from test_local import Priors, train

def refuse(seeds):
    raise InputError("no such seed")

if __name__ == "__main__":
    groups.GROUP = 6
    short = Training(hidden=32, batch=25, steps=60, learning_rate=3e-3)
    here, _ = train(make_tiny(), Perceptrons(short), workers=1)
    there, seen = train(make_tiny(), Perceptrons(short), engine="ray", workers=2)
    print("same" if here == there else "different", seen[-1].saved, int(ray.cluster_resources()["CPU"]))
    try:
        train(make_tiny(), Priors(refuse), engine="ray")
    except InputError as error:
        print(error)
    ray.shutdown()
"""


@pytest.mark.long
def test_two_workers_give_the_same_bytes():
    """On a local cluster of two processors, which the engine starts, in a process of its own."""
    pytest.importorskip("ray")
    here = Path(__file__).parent
    places = os.pathsep.join([str(here), str(here.parent), *sys.path])  # the workers find what they import there
    environment = {name: value for name, value in os.environ.items() if name != "RAY_ADDRESS"}
    for _ in range(3):  # Ray gives up where its own processes do not start within half a minute
        done = subprocess.run(
            [sys.executable, "-c", BOTH],
            env=environment | {"PYTHONPATH": places},
            capture_output=True,
            text=True,
            timeout=300,
        )
        if "Ray does not start" not in done.stderr:
            break
    assert done.stdout.split("\n")[:2] == ["same 12 2", "no such seed"], done.stderr[-3000:]
