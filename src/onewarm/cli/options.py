"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        help="Folder for studies, evidence and the page. Default: $ONEWARM_HOME, else your user data folder.",
        file_okay=False,
        show_default=False,
    ),
]

ConceptsOption = Annotated[
    Path | None,
    typer.Option(
        "--concepts",
        help="Folder of your own concepts, shown next to ours; its witness.py files are run. Create one with: onewarm "
        "concept new.",
        file_okay=False,
        show_default=False,
    ),
]


def home_folder(home: Path | None) -> Path:
    """The given folder, else the default one."""
    from onewarm.home import home as default_home

    return (home or default_home()).absolute()


def store_url(home: Path) -> str:
    """The URL of the database of runs in that folder."""
    from onewarm.study.store.store import default_url

    return default_url(home)
