import os
import re
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from onewarm.calibration.summary.summary import CalibrationSummary
from onewarm.study.scoring import Scores
from onewarm.study.store.store import Store, StoredRun, StoreError, default_url, metadata
from onewarm.study.store.tables import FORMAT, stamp


def run(arm="hard", seed=0, after=True):
    summary = CalibrationSummary().update(np.array([[0.8, 0.2], [0.4, 0.6]]), np.array([0, 0]))
    scores = Scores(
        {"accuracy": 0.5, "temperature": None}, summary, summary if after else None, None if after else "why"
    )
    return StoredRun(arm, seed, scores, 0.25, {"torch": "2.13.0"})


def test_what_was_saved_is_loaded(url):
    store = Store(url)
    study = store.study("key", {"dataset": {}})
    assert store.save(study, run()) and store.save(study, run("smooth:0.1", 2**62, after=False))
    store.close()
    again = Store(url)
    assert again.study("key", {}) == study != again.study("other", {})
    assert again.finished(study) == {("hard", 0), ("smooth:0.1", 2**62)}
    loaded = again.load(study, ["hard", "smooth:0.1"], [0, 2**62])
    first, second = loaded["hard", 0], loaded["smooth:0.1", 2**62]
    assert first.stopped.metrics == {"accuracy": 0.5, "temperature": None}
    assert first.stopped.before.to_bytes() == first.stopped.after.to_bytes() == run().stopped.before.to_bytes()
    assert (second.stopped.after, second.stopped.note) == (None, "why")
    assert (first.seconds, first.versions) == (0.25, {"torch": "2.13.0"})
    assert list(again.load(study, ["hard"], [0, 1])) == [("hard", 0)]
    again.close()


def test_a_run_is_stored_once(url):
    store = Store(url)
    study, other = store.study("a", {}), store.study("b", {})
    assert store.save(study, run()) and not store.save(study, run()) and store.save(other, run())
    assert store.finished(study) == {("hard", 0)}
    store.close()


def test_many_writers_at_once(url):
    won, errors = [], []

    def work():
        try:
            store = Store(url)
            study = store.study("key", {})
            won.extend(seed for seed in range(12) if store.save(study, run(seed=seed)))
            store.close()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert not errors and sorted(won) == list(range(12))
    store = Store(url)
    assert len(store.finished(store.study("key", {}))) == 12
    store.close()


def test_another_process_makes_a_table_at_the_same_moment(sqlite_url, monkeypatch):
    """Each of the two finds that a table is missing, and the other is the first to make it."""
    create, tries = metadata.create_all, []

    def late(db):
        tries.append(len(tries))
        if len(tries) == 1:  # the other has made the first table and not yet the second
            raise sa.exc.OperationalError("CREATE TABLE", {}, Exception("table studies already exists"))
        create(db)

    monkeypatch.setattr(metadata, "create_all", late)
    Store(sqlite_url).close()
    assert len(tries) == 2
    monkeypatch.undo()
    store = Store(sqlite_url)
    store.save(store.study("a", {}), run())
    store.close()


def test_default_place(home, monkeypatch):
    assert default_url() == f"sqlite:///{home / 'studies.db'}"
    assert default_url(home / "other") == f"sqlite:///{home / 'other' / 'studies.db'}"
    Store().close()
    assert (home / "studies.db").is_file()


@pytest.mark.parametrize("name", ["a b", "c#d", "e?mode=ro", "g%20h", "ü&'\""])
def test_a_folder_of_any_name_is_the_stores(tmp_path, name):
    """What follows a question mark in the folder's name was read as options, and the store was made elsewhere."""
    Store(default_url(tmp_path / name)).close()
    assert [path.relative_to(tmp_path) for path in tmp_path.rglob("*.*")] == [Path(name) / "studies.db"]


REMEDY = "; restore it from a copy, or move it away and run again: its runs are then trained again"


def filled(path):
    store = Store(f"sqlite:///{path}")
    study = store.study("key", {})
    for seed in range(40):
        store.save(study, run(seed=seed))
    store.close()
    return study


def test_not_a_database(tmp_path):
    path = tmp_path / "s.db"
    path.write_text("seeds, arms, and so on: this is a letter and no database at all" * 20)
    with pytest.raises(StoreError, match="^" + re.escape(f"store {path} is damaged (file is not a database){REMEDY}")):
        Store(f"sqlite:///{path}")


@pytest.mark.parametrize("harm", ["cut", "overwrite"])
def test_damaged_pages(tmp_path, harm):
    path = tmp_path / "s.db"
    filled(path)
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] if harm == "cut" else whole[:middle] + b"\xa5" * 4096 + whole[middle + 4096 :])
    with pytest.raises(StoreError, match=rf"^store {re.escape(str(path))} is damaged \(.*{re.escape(REMEDY)}$"):
        Store(f"sqlite:///{path}")


@pytest.mark.parametrize(
    ("column", "value"), [("stopped", b"nonsense"), ("details", "{"), ("versions", "x"), ("stopped", b"")]
)
def test_damaged_values(tmp_path, column, value):
    path = tmp_path / "s.db"
    study = filled(path)
    with sqlite3.connect(path) as db:
        db.execute(f"UPDATE results SET {column} = ? WHERE seed = 3", (value,))
    db.close()
    store = Store(f"sqlite:///{path}")
    with pytest.raises(StoreError, match=re.escape(f"store {path} is damaged (")):
        store.load(study, ["hard"], list(range(40)))
    store.close()


def test_a_database_of_something_else(tmp_path):
    path = tmp_path / "s.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE results (id INTEGER PRIMARY KEY, distance REAL)")
    db.close()
    error = f"store {path}: its table 'results' has no column 'study_id', so it is not a store of "
    with pytest.raises(StoreError, match="^" + re.escape(error)):
        Store(f"sqlite:///{path}")


def test_reading_a_store_loads_no_pytorch():
    code = "import sys, onewarm.study.store.store; print('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("/tmp/studies.db", "store '/tmp/studies.db' is not a database URL: "),
        ("nosql://x", "store 'nosql://x' is not a database URL: "),
        ("sqlite:////proc/none/s.db", "store /proc/none/s.db: its folder '/proc/none' cannot be made: No such file"),
    ],
)
def test_urls_that_lead_nowhere(url, error):
    with pytest.raises(StoreError, match="^" + re.escape(error)):
        Store(url)


def test_a_busy_store_says_so(sqlite_url, monkeypatch):
    store = Store(sqlite_url)
    study = store.study("key", {})
    store.close()
    path = sqlite_url.removeprefix("sqlite:///")
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    try:
        hasty = Store(sqlite_url + "?timeout=0.1")
        with pytest.raises(StoreError, match=re.escape(f"store {path} is busy: another process holds a lock on it")):
            hasty.save(study, run())
        hasty.close()
    finally:
        holder.execute("ROLLBACK")
        holder.close()


GOES_ON = "what was finished before is kept: the same command goes on from there"


def test_a_full_disk_is_said_and_what_was_saved_is_kept(sqlite_url):
    store = Store(sqlite_url)
    study = store.study("key", {})
    path = sqlite_url.removeprefix("sqlite:///")

    @sa.event.listens_for(store.engine, "checkout")
    def limit(connection, record, proxy):
        connection.execute("PRAGMA max_page_count = 20")

    saved = set()

    def fill():
        for seed in range(1000):
            store.save(study, run(seed=seed))
            saved.add(("hard", seed))

    with pytest.raises(StoreError, match=re.escape(f"store {path} is full, or its disk is; make room and run again (")):
        fill()
    assert len(saved) > 3 and store.finished(study) == saved
    store.close()


def test_a_store_that_may_only_be_read_reports_and_takes_nothing(sqlite_url):
    path = sqlite_url.removeprefix("sqlite:///")
    filled(path)
    only_read = Store(f"sqlite:///file:{path}?mode=ro&uri=true")
    study = only_read.study("key", {})
    assert len(only_read.finished(study)) == 40 and len(only_read.load(study, ["hard"], [0, 1])) == 2
    with pytest.raises(StoreError, match=r"cannot be written; allow it, or name another with --store$"):
        only_read.save(study, run(seed=99))
    only_read.close()


@pytest.mark.parametrize("how", ["removed", "replaced"])
def test_a_store_that_vanishes_while_it_is_used(sqlite_url, how):
    """What was saved after that went to a file without a name, and was lost without a word."""
    path = sqlite_url.removeprefix("sqlite:///")
    store = Store(sqlite_url)
    study = store.study("key", {})
    store.save(study, run())
    os.rename(path, path + ".away")
    if how == "replaced":
        Store(sqlite_url).close()
    error = (
        f"store {path} was removed or replaced while it was in use; put it back, or run again: what it held is then "
    )
    for work in (lambda: store.save(study, run(seed=1)), lambda: store.load(study, ["hard"], [0])):
        with pytest.raises(StoreError, match="^" + re.escape(error + "trained again") + "$"):
            work()
    os.rename(path + ".away", path)
    assert store.save(study, run(seed=1))
    store.close()


def test_a_server_that_stops_is_said_and_what_was_saved_is_kept(postgresql):
    url = postgresql.url()
    store = Store(url)
    study = store.study("key", {})
    store.save(study, run())
    name = url.replace("postgresql:", "postgresql+psycopg:")
    postgresql.stop()
    try:
        error = f"store {name} does not answer: no server listens there; start it and run again ({GOES_ON})"
        with pytest.raises(StoreError, match="^" + re.escape(error) + "$"):
            store.save(study, run(seed=1))
        with pytest.raises(StoreError, match="^" + re.escape(error) + "$"):
            Store(url)
    finally:
        postgresql.start()
    assert store.save(study, run(seed=1)) and store.finished(study) == {("hard", 0), ("hard", 1)}
    store.close()


def test_a_server_that_stops_in_a_transaction(postgresql):
    store = Store(postgresql.url())

    def work():
        with store.begin() as db:
            db.execute(sa.text("SELECT 1"))
            postgresql.stop()
            db.execute(sa.text("SELECT 1"))

    try:
        with pytest.raises(
            StoreError, match=re.escape(f"has been shut down; start it and run again ({GOES_ON})") + "$"
        ):
            work()
    finally:
        postgresql.start()
    store.close()


def test_a_server_that_refuses(postgresql):
    url = postgresql.url()
    with pytest.raises(StoreError, match=r'cannot be used: .*FATAL: database "nowhere" does not exist$'):
        Store(url.rpartition("/")[0] + "/nowhere")
    with pytest.raises(StoreError, match=r"cannot be used: \[Errno|cannot be used: failed to resolve"):
        Store(url.replace("127.0.0.1", "host.invalid"))
    admin = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with admin.begin() as db:
        db.execute(sa.text("CREATE ROLE guest LOGIN"))
    admin.dispose()
    with pytest.raises(StoreError, match=r"cannot be used: permission denied for schema public"):
        Store(url.replace("onewarm@", "guest@"))
    with pytest.raises(StoreError, match=r"^store 'mysql://x' is not a database URL: 'mysql' is neither sqlite nor "):
        Store("mysql://x")


def test_a_store_of_another_version_is_refused_in_words_and_an_older_one_works(url):
    store = Store(url)
    study = store.study("key", {})
    store.save(study, run())
    with store.begin() as db:
        assert db.execute(sa.select(stamp.c.format)).scalars().all() == [FORMAT]
        db.execute(stamp.update().values(format=FORMAT + 1))
    store.close()
    with pytest.raises(StoreError) as raised:
        Store(url)
    name = sa.make_url(store.url).render_as_string() if "postgresql" in url else url.removeprefix("sqlite:///")
    assert str(raised.value) == (
        f"store {name} was written by another version of onewarm (its format is {FORMAT + 1}, and this version knows "
        f"{FORMAT}): use that version, or name another with --store"
    )
    with store.begin() as db:  # as stores were before they had a stamp
        stamp.drop(db)
    old = Store(url)
    assert old.finished(old.study("key", {})) == {("hard", 0)} and old.save(study, run(seed=1))
    assert not sa.inspect(old.engine).has_table(stamp.name)  # an older onewarm may go on with it
    old.close()
    store.close()
