"""The tables of a store."""

from __future__ import annotations

from onewarm.errors import needs

with needs("onewarm.study", "study"):
    import sqlalchemy as sa


metadata = sa.MetaData()

FORMAT = 1
"""Of the tables and of what is in them: raise it when an older onewarm can no longer read what a newer one writes."""

stamp = sa.Table(
    "onewarm_store",
    sa.MetaData(),
    sa.Column("format", sa.Integer, nullable=False),
)
"""One row, written when a store is made. A store without it is of a time before there was one, and of format 1."""

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

claims = sa.Table(
    "claims",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("study_id", sa.ForeignKey("studies.id"), nullable=False),
    sa.Column("arm", sa.String(64), nullable=False),
    sa.Column("seed", sa.BigInteger, nullable=False),
    sa.Column("owner", sa.String(32), nullable=False),  # random, one for each call that trains
    sa.Column("host", sa.String(200), nullable=False),
    sa.Column("process", sa.Integer, nullable=False),
    sa.Column("started", sa.String(64), nullable=False),  # when that process started: its number may be reused
    sa.Column("expires", sa.Float, nullable=False),  # seconds since 1970 by the database's clock
    sa.UniqueConstraint("study_id", "arm", "seed"),
)
