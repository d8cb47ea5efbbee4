"""Claims: which runs are being trained by whom, so that several processes or machines share a study.

A claim is a row for a run, with its owner and the time when it expires, by the database's clock. Its owner moves that
time on while it lives; a claim that has expired may be taken over by anyone, in one statement, so that one of several
who try gets it. A process that has died on this machine is noticed at once; its claims expire when the processes that
it started have had the time to notice too.
"""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Iterable
from contextlib import suppress
from types import TracebackType
from typing import Any

from onewarm.errors import needs
from onewarm.study.store.processes import process_start, this_host
from onewarm.study.store.store import Store, StoreError
from onewarm.study.store.tables import claims, runs

with needs("onewarm.study", "study"):
    import sqlalchemy as sa
    from sqlalchemy.dialects import postgresql, sqlite

LEASE = 60.0
"""Seconds after which a claim that its owner does not renew may be taken over."""

RENEWAL = 10.0

GRACE = 0.5
"""Seconds that the claims of a process that died still hold: its worker processes end within `engines.local.WATCH`."""

_live: set[str] = set()
"""The owners of this process that are in use."""

RunKey = tuple[str, int]  # arm and seed


class Claims:
    """The claims of one call that trains on the runs of one study; they are renewed until they are released.

    Use it as a context: at the end all that are left are released.
    """

    def __init__(self, store: Store, study: int) -> None:
        self._store, self._study, self.owner = store, study, uuid.uuid4().hex
        self._ended = threading.Event()
        self._renewal = threading.Thread(target=self._renew_until_ended, name="onewarm-claims", daemon=True)

    def __enter__(self) -> Claims:
        _live.add(self.owner)
        if not self._store.in_memory:  # that no other process can see
            self._renewal.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        _live.discard(self.owner)
        if self._renewal.is_alive():
            self._renewal.join()
        with suppress(StoreError):  # they expire
            self.release()

    def claim(self, wanted: Iterable[RunKey]) -> set[RunKey]:
        """Claim those of the wanted runs that are neither finished nor claimed by another; returns them."""
        keys = sorted(wanted)  # in one order, so that two who claim the same runs cannot wait for each other
        if not keys:
            return set()
        mine = {
            "owner": self.owner,
            "host": this_host(),
            "process": os.getpid(),
            "started": process_start(os.getpid()) or "",
            "expires": self._store.now() + LEASE,
        }
        insert = (postgresql if self._store.dialect == "postgresql" else sqlite).insert(claims)
        take = insert.values([{"study_id": self._study, "arm": arm, "seed": seed} | mine for arm, seed in keys])
        take = take.on_conflict_do_update(
            index_elements=[claims.c.study_id, claims.c.arm, claims.c.seed],
            set_=mine,
            where=claims.c.expires <= self._store.now(),
        )
        with self._store.begin() as db:
            taken = {(row.arm, row.seed) for row in db.execute(take.returning(claims.c.arm, claims.c.seed))}
            # Another may have finished a run, and dropped its claim, since the caller looked.
            finished = sa.select(runs.c.arm, runs.c.seed).where(runs.c.study_id == self._study)
            done = taken & {(row.arm, row.seed) for row in db.execute(finished)}
            for arm, seed in done:
                db.execute(claims.delete().where(self._is_mine(), claims.c.arm == arm, claims.c.seed == seed))
        return taken - done

    def of_others(self) -> set[RunKey]:
        """The runs that others have claimed, without those whose claims have expired or whose process has died."""
        others = sa.and_(claims.c.study_id == self._study, claims.c.owner != self.owner)
        with self._store.begin() as db:
            rows = db.execute(sa.select(claims).where(others, claims.c.expires > self._store.now())).all()
        dead = {row.owner for row in rows if row.host == this_host() and not _lives(row)}
        if dead:
            soon = self._store.now() + GRACE
            with self._store.begin() as db:
                db.execute(
                    claims.update()
                    .where(others, claims.c.owner.in_(dead), claims.c.expires > soon)
                    .values(expires=soon)
                )
        return {(row.arm, row.seed) for row in rows}

    def release(self) -> None:
        """Give back what is claimed and not finished."""
        with self._store.begin() as db:
            db.execute(claims.delete().where(self._is_mine()))

    def renew(self) -> None:
        """Move the time at which the claims expire to `LEASE` seconds from now."""
        with self._store.begin() as db:
            db.execute(claims.update().where(self._is_mine()).values(expires=self._store.now() + LEASE))

    def _renew_until_ended(self) -> None:
        while not self._ended.wait(RENEWAL):
            with suppress(StoreError):  # tried again; one that lasts is met where a run is saved
                self.renew()

    def _is_mine(self) -> sa.ColumnElement[Any]:
        return sa.and_(claims.c.study_id == self._study, claims.c.owner == self.owner)


def _lives(row: Any) -> bool:
    """Whether the owner of a claim, on this machine, is in use; a call that could not release it has ended too."""
    if process_start(row.process) != row.started:
        return False
    return row.process != os.getpid() or row.owner in _live
