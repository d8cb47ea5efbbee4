"""Where onewarm keeps what it made."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path


def home() -> Path:
    """Where onewarm keeps studies and evidence: $ONEWARM_HOME, or the user's data directory."""
    given = os.environ.get("ONEWARM_HOME")
    return Path(given) if given else user_data_path("onewarm", appauthor=False)
