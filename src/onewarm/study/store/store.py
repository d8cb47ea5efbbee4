"""The store of finished runs: SQLite by default, or PostgreSQL; each run is one transaction."""

from __future__ import annotations

import datetime
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onewarm.errors import needs
from onewarm.home import home
from onewarm.study.models.model import Curve
from onewarm.study.scoring import Scores
from onewarm.study.store.tables import FORMAT, claims, metadata, runs, stamp, studies

with needs("onewarm.study", "study"):
    import sqlalchemy as sa


def default_url(folder: Path | None = None) -> str:
    """The URL of the store used when none is named: the SQLite file `studies.db` in `folder`, or in `home()`."""
    file = ((folder or home()) / "studies.db").absolute()
    return sa.URL.create("sqlite", database=str(file)).render_as_string()  # ? and % mean something in a URL


CLOCK = {
    "sqlite": "((julianday('now') - 2440587.5) * 86400.0)",
    "postgresql": "extract(epoch from clock_timestamp())::float8",
}
"""Seconds since 1970, in the SQL of each kind of database that can be a store."""

ADVISORY_LOCK = 0x6F6E657761726D
"""The number of PostgreSQL's lock that those who make the tables hold."""

GOES_ON = "what was finished before is kept: the same command goes on from there"
REMEDIES = {
    "locked": "is busy: another process holds a lock on it; try again when that process has ended",
    "is full": f"is full, or its disk is; make room and run again ({GOES_ON})",
    "readonly": "cannot be written; allow it, or name another with --store",
    "unable to open": "cannot be opened; check that it is a file in a folder that may be written",
    "terminating connection": f"has been shut down; start it and run again ({GOES_ON})",
    "server closed the connection": f"has been shut down; start it and run again ({GOES_ON})",
    "the connection is closed": f"has been shut down; start it and run again ({GOES_ON})",
    "Connection refused": f"does not answer: no server listens there; start it and run again ({GOES_ON})",
}
"""By words of the database's reason: what to say of the store."""


class StoreError(OSError):
    """The store cannot be read or written; the message names the store, the reason and the remedy."""


@dataclass(frozen=True)
class StoredRun:
    """A finished run as stored; `seconds` is its share of its group's training time, `stopped` to `curve` as in
    `Trained`, each model in scores instead of logits."""

    arm: str
    seed: int
    stopped: Scores
    seconds: float
    versions: dict[str, str]
    end: Scores | None = None
    steps: int | None = None
    end_steps: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    curve: Curve | None = None


class Store:
    """A store of runs. Several processes may use it concurrently; a process killed at any moment leaves it consistent.

    Args:
        url: `sqlite:///studies.db`, `postgresql://user@host/database` or another SQLAlchemy URL of the two; None is
            `default_url()`, and `sqlite://` a store in memory, of this process alone.

    Raises StoreError where the URL is none, its driver is missing, or the store cannot be opened or is damaged.
    """

    def __init__(self, url: str | None = None) -> None:
        try:
            self.url = _with_driver(sa.make_url(url or default_url()))
            self.dialect = self.url.get_backend_name()
            if self.dialect not in CLOCK:
                raise sa.exc.ArgumentError(f"{self.dialect!r} is neither sqlite nor postgresql")
            file = _file(self.url)
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
            wait = {"timeout": 60}  # seconds to wait while another process commits
            options = {"connect_args": wait} if self.dialect == "sqlite" and "timeout" not in self.url.query else {}
            self.engine = sa.create_engine(self.url, pool_pre_ping=self.dialect != "sqlite", **options)
        except sa.exc.ArgumentError as error:
            raise StoreError(
                f"store {url!r} is not a database URL: {error}; write one such as sqlite:///studies.db"
            ) from None
        except ModuleNotFoundError as error:
            extra = "'onewarm[postgresql]'" if self.dialect == "postgresql" else error.name
            raise StoreError(f"store {self._name()}: its driver is not installed: pip install {extra}") from None
        except OSError as error:
            reason = f"its folder {str(file and file.parent)!r} cannot be made: {error.strerror}"
            raise StoreError(f"store {self._name()}: {reason}; name another with --store") from None
        self.in_memory = self.dialect == "sqlite" and self.url.database in (None, "", ":memory:")
        self._file: tuple[Path, tuple[int, int]] | None = None
        try:
            with self._clear_errors():
                self._create()
                if file is not None:
                    self._file = file, _identity(file)
        except StoreError:
            self.close()
            raise

    def now(self) -> sa.ColumnElement[float]:
        """Seconds since 1970 by the database's clock, which is the same for all who use the store."""
        return sa.literal_column(CLOCK[self.dialect], sa.Float())

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """A transaction. Raises StoreError for all that can go wrong with the store."""
        with self._clear_errors():
            if self._file is not None and _identity(self._file[0]) != self._file[1]:
                raise FileNotFoundError
            with self.engine.begin() as db:
                yield db

    def close(self) -> None:
        """Close the connections to the database."""
        self.engine.dispose()

    def study(self, key: str, description: dict[str, Any]) -> int:
        """The id of the study with this key; a new study is made where there is none."""
        row = sa.select(studies.c.id).where(studies.c.key == key)
        with self.begin() as db:
            if (study_id := db.execute(row).scalar()) is not None:
                return int(study_id)
        with suppress(sa.exc.IntegrityError), self.begin() as db:  # another process may just have made it
            db.execute(studies.insert().values(key=key, description=json.dumps(description)))
        with self.begin() as db:
            return int(db.execute(row).scalar_one())

    def save(self, study_id: int, run: StoredRun) -> bool:
        """Commit a finished run, and drop its claim, in one transaction. False where another has stored it already."""
        details = {
            "steps": run.steps,
            "end_steps": run.end_steps,
            "options": dict(run.options),
            "curve": run.curve and run.curve._asdict(),
        }
        values = {
            "study_id": study_id,
            "arm": run.arm,
            "seed": run.seed,
            "stopped": run.stopped.to_bytes(),
            "end": None if run.end is None else run.end.to_bytes(),
            "details": json.dumps(details),
            "seconds": run.seconds,
            "versions": json.dumps(run.versions),
            "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        }
        claimed = sa.and_(claims.c.study_id == study_id, claims.c.arm == run.arm, claims.c.seed == run.seed)
        try:
            with self.begin() as db:
                db.execute(runs.insert().values(**values))
                db.execute(claims.delete().where(claimed))
        except sa.exc.IntegrityError:
            return False
        return True

    def finished(self, study_id: int) -> set[tuple[str, int]]:
        """The (arm, seed) pairs whose runs are stored."""
        with self.begin() as db:
            rows = db.execute(sa.select(runs.c.arm, runs.c.seed).where(runs.c.study_id == study_id))
            return {(arm, seed) for arm, seed in rows}

    def load(self, study_id: int, arms: list[str], seeds: list[int]) -> dict[tuple[str, int], StoredRun]:
        """The stored runs of these arms and seeds, by (arm, seed)."""
        selected = sa.and_(runs.c.study_id == study_id, runs.c.arm.in_(arms), runs.c.seed.in_(seeds))
        with self.begin() as db:
            return {(r.arm, r.seed): _run(r) for r in db.execute(sa.select(runs).where(selected))}

    def _create(self) -> None:
        if self.url.get_backend_name() == "sqlite":
            with self.engine.begin() as db:
                check = db.execute(sa.text("PRAGMA quick_check(1)")).scalar()
            if check != "ok":
                raise self._damaged(" ".join(str(check).split()))
        made = sa.inspect(self.engine).has_table(studies.name)
        if made:
            self._check_format()
        for _ in range(len(metadata.sorted_tables) + 2):
            try:
                with self.engine.begin() as db:
                    if self.dialect == "postgresql":  # one process at a time makes tables
                        db.execute(sa.select(sa.func.pg_advisory_xact_lock(ADVISORY_LOCK)))
                    metadata.create_all(db)
                    if not made:
                        stamp.create(db, checkfirst=True)
                        if db.execute(sa.select(stamp.c.format)).first() is None:
                            db.execute(stamp.insert().values(format=FORMAT))
                break
            except sa.exc.OperationalError as error:
                if "already exists" not in str(error.orig):
                    raise  # otherwise another process has just made a table: try again with those that are missing
        inspector = sa.inspect(self.engine)
        for table in metadata.sorted_tables:
            existing = {column["name"] for column in inspector.get_columns(table.name)}
            missing = [c.name for c in table.columns if c.name not in existing]
            if missing:
                raise StoreError(
                    f"store {self._name()}: its table {table.name!r} has no column {missing[0]!r}, so it is not a "
                    "store of this version of onewarm; name another with --store"
                )

    def _check_format(self) -> None:
        """Raise StoreError where the store was written in a format that this version does not know."""
        if not sa.inspect(self.engine).has_table(stamp.name):
            return
        with self.engine.begin() as db:
            found = [row[0] for row in db.execute(sa.select(sa.cast(stamp.c.format, sa.Text)))]
        if unknown := [text for text in found if text != str(FORMAT)]:
            raise StoreError(
                f"store {self._name()} was written by another version of onewarm (its format is {unknown[0]}, and this "
                f"version knows {FORMAT}): use that version, or name another with --store"
            )

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        """Raise SQLAlchemy's errors, and those of unreadable contents, as StoreError, but for IntegrityError."""
        try:
            yield
        except sa.exc.IntegrityError:
            raise
        except sa.exc.DatabaseError as error:
            reason = " ".join(str(error.orig).split())
            if self.dialect == "sqlite" and not isinstance(error, sa.exc.OperationalError):
                raise self._damaged(reason) from None
            remedy = next((remedy for words, remedy in REMEDIES.items() if words in reason), None)
            raise StoreError(f"store {self._name()} {remedy or f'cannot be used: {reason}'}") from None
        except FileNotFoundError:
            raise StoreError(
                f"store {self._name()} was removed or replaced while it was in use; put it back, or run again: what it "
                "held is then trained again"
            ) from None
        except (zlib.error, ValueError, KeyError, TypeError) as error:
            raise self._damaged(str(error)) from None

    def _damaged(self, why: str) -> StoreError:
        remedy = "restore it from a copy, or move it away and run again: its runs are then trained again"
        return StoreError(f"store {self._name()} is damaged ({why}); {remedy}")

    def _name(self) -> str:
        if self.url.get_backend_name() == "sqlite":
            return str(self.url.database or ":memory:")
        return self.url.render_as_string(hide_password=True)


def _run(row: Any) -> StoredRun:
    details = json.loads(row.details)
    curve = details.pop("curve")
    return StoredRun(
        arm=row.arm,
        seed=row.seed,
        stopped=Scores.from_bytes(row.stopped),
        seconds=row.seconds,
        versions=json.loads(row.versions),
        end=None if row.end is None else Scores.from_bytes(row.end),
        curve=None if curve is None else Curve(**{name: tuple(values) for name, values in curve.items()}),
        **details,
    )


def _with_driver(url: sa.URL) -> sa.URL:
    """The URL with Psycopg for PostgreSQL, unless it names a driver."""
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url


def _file(url: sa.URL) -> Path | None:
    """The file of an SQLite store; None for one in memory, or given as a URI."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return None
    return None if str(url.database).startswith("file:") else Path(str(url.database))


def _identity(file: Path) -> tuple[int, int]:
    """What distinguishes a file from another that takes its place."""
    found = file.stat()
    return found.st_dev, found.st_ino
