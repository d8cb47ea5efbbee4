"""The folder in which onewarm keeps studies, evidence and built pages."""

from __future__ import annotations

import os
from pathlib import Path

from onewarm.errors import needs


def home() -> Path:
    """The folder for studies and evidence: $ONEWARM_HOME, or onewarm's place in the user's data directory.

    This function does not create it.
    """
    if folder := os.environ.get("ONEWARM_HOME"):
        return Path(folder)
    with needs("the folder of onewarm's data", "audit"):
        from platformdirs import user_data_path
    return user_data_path("onewarm", appauthor=False)
