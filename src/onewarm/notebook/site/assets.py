"""The scripts and styles of the site: one file of each for a page, without the comments of their sources."""

from __future__ import annotations

import re
from importlib.resources import as_file, files

from onewarm.notebook.concept.demo_bundle import bundle_script
from onewarm.report.page import tokens

__all__ = ["site_assets"]

_SCRIPTS = ("page.js", "course.js", "search.js", "from-disk.js")
_LIVE = "reload.js"
_STYLES = {"base.css": ("base.css",), "page.css": ("panels.css", "lesson.css", "map.css", "after.css", "print.css")}
_COMMENT = re.compile(r"/\*.*?\*/\n?", re.DOTALL)


def site_assets(*, live: bool = False) -> dict[str, str]:
    """The files of assets/ by name, with their texts.

    Args:
        live: with the script by which pages listen to the events of `onewarm.notebook.site.live`.
    """
    with as_file(files("onewarm.notebook") / "assets") as folder:
        scripts = {name: bundle_script(folder / name) for name in (*_SCRIPTS, *((_LIVE,) if live else ()))}
        styles = {
            name: "".join((folder / part).read_text(encoding="utf-8") for part in parts)
            for name, parts in _STYLES.items()
        }
        pictures = {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.glob("*.svg"))}
    styles["base.css"] = tokens() + styles["base.css"]
    return {**scripts, **{name: _COMMENT.sub("", text) for name, text in styles.items()}, **pictures}
