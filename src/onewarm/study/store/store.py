"""The store of finished runs: SQLite by default, or any SQLAlchemy URL; each run is one transaction."""

from __future__ import annotations

import datetime
import json
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from onewarm.errors import needs
from onewarm.home import home
from onewarm.study.models.model import Curve
from onewarm.study.scoring import Scores

with needs("onewarm.study", "study"):
    import sqlalchemy as sa


def default_url(folder: Path | None = None) -> str:
    """The URL of the store used when none is named: the SQLite file `studies.db` in `folder`, or in `home()`."""
    return f"sqlite:///{((folder or home()) / 'studies.db').absolute()}"


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


metadata = sa.MetaData()

studies = sa.Table(
    "studies",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(64), nullable=False, unique=True),  # SHA-256 of everything that determines a run
    sa.Column("description", sa.Text, nullable=False),  # JSON: data set, model
)

runs = sa.Table(
    "results",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("study_id", sa.ForeignKey("studies.id"), nullable=False),
    sa.Column("arm", sa.String(64), nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("stopped", sa.LargeBinary, nullable=False),  # Scores.to_bytes()
    sa.Column("end", sa.LargeBinary),
    sa.Column("details", sa.Text, nullable=False),  # JSON: steps, end_steps, options, curve
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("versions", sa.Text, nullable=False),  # JSON
    sa.Column("finished", sa.String(32), nullable=False),  # ISO 8601, UTC
    sa.UniqueConstraint("study_id", "arm", "seed"),
)


class Store:
    """A store of runs. Several processes may use it concurrently; a process killed at any moment leaves it consistent.

    Args:
        url: an SQLAlchemy URL (`sqlite:///studies.db`, `postgresql+psycopg://...`), or None for `default_url()`.

    Raises StoreError where the URL is none, its driver is missing, or the store cannot be opened or is damaged.
    """

    def __init__(self, url: str | None = None) -> None:
        try:
            self.url = sa.make_url(url or default_url())
            options: dict[str, Any] = {}
            if self.url.get_backend_name() == "sqlite":
                if self.url.database not in (None, "", ":memory:"):
                    Path(str(self.url.database)).parent.mkdir(parents=True, exist_ok=True)
                if "timeout" not in self.url.query:
                    options["connect_args"] = {"timeout": 60}  # seconds to wait while another process commits
            self.engine = sa.create_engine(self.url, **options)
        except sa.exc.ArgumentError as error:
            raise StoreError(
                f"store {url!r} is not a database URL: {error}; write one such as sqlite:///studies.db"
            ) from None
        except ModuleNotFoundError as error:
            raise StoreError(f"store {self._name()}: its driver is not installed: pip install {error.name}") from None
        except OSError as error:
            raise StoreError(f"store {self._name()}: cannot make its folder: {error}") from None
        with self._clear_errors():
            self._create()

    def close(self) -> None:
        """Close the connections to the database."""
        self.engine.dispose()

    def study(self, key: str, description: dict[str, Any]) -> int:
        """The id of the study with this key; a new study is made where there is none."""
        row = sa.select(studies.c.id).where(studies.c.key == key)
        with self._clear_errors():
            with self.engine.begin() as db:
                if (study_id := db.execute(row).scalar()) is not None:
                    return int(study_id)
            try:
                with self.engine.begin() as db:
                    db.execute(studies.insert().values(key=key, description=json.dumps(description)))
            except sa.exc.IntegrityError:
                pass  # another process has just made it
            with self.engine.begin() as db:
                return int(db.execute(row).scalar_one())

    def save(self, study_id: int, run: StoredRun) -> bool:
        """Commit one finished run, in its own transaction. False where another process has stored it already."""
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
        with self._clear_errors():
            try:
                with self.engine.begin() as db:
                    db.execute(runs.insert().values(**values))
            except sa.exc.IntegrityError:
                return False
        return True

    def finished(self, study_id: int) -> set[tuple[str, int]]:
        """The (arm, seed) pairs whose runs are stored."""
        with self._clear_errors(), self.engine.begin() as db:
            rows = db.execute(sa.select(runs.c.arm, runs.c.seed).where(runs.c.study_id == study_id))
            return {(arm, seed) for arm, seed in rows}

    def load(self, study_id: int, arms: list[str], seeds: list[int]) -> dict[tuple[str, int], StoredRun]:
        """The stored runs of these arms and seeds, by (arm, seed)."""
        selected = sa.and_(runs.c.study_id == study_id, runs.c.arm.in_(arms), runs.c.seed.in_(seeds))
        with self._clear_errors(), self.engine.begin() as db:
            return {(r.arm, r.seed): _run(r) for r in db.execute(sa.select(runs).where(selected))}

    def _create(self) -> None:
        if self.url.get_backend_name() == "sqlite":
            with self.engine.begin() as db:
                check = db.execute(sa.text("PRAGMA quick_check(1)")).scalar()
            if check != "ok":
                raise self._damaged(" ".join(str(check).split()))
        for _ in range(len(metadata.sorted_tables) + 1):
            try:
                metadata.create_all(self.engine)
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

    @contextmanager
    def _clear_errors(self) -> Iterator[None]:
        """Raise SQLAlchemy's errors, and those of unreadable contents, as StoreError."""
        try:
            yield
        except sa.exc.OperationalError as error:
            if "locked" in str(error.orig):
                reason = "is busy: another process holds a lock on it; try again when that process has ended"
                raise StoreError(f"store {self._name()} {reason}") from None
            raise StoreError(f"store {self._name()} cannot be used: {error.orig}") from None
        except sa.exc.DatabaseError as error:
            raise self._damaged(str(error.orig)) from None
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
