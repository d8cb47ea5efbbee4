"""The folder in which onewarm keeps studies, evidence and built pages."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_data_path


def home() -> Path:
    """The folder for studies and evidence: $ONEWARM_HOME, or onewarm's place in the user's data directory.

    This function does not create it.
    """
    folder = os.environ.get("ONEWARM_HOME")
    return Path(folder) if folder else user_data_path("onewarm", appauthor=False)
