"""One page as one file: styles, scripts, font and demo within it, so that it works from disk."""

from __future__ import annotations

import base64
import hashlib
import re
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from markupsafe import escape

from onewarm.atomic_write import atomic_write
from onewarm.errors import InputError
from onewarm.notebook.concept.folders import our_concepts
from onewarm.notebook.concept.keys import route
from onewarm.notebook.concept.yaml import nearest, read_yaml
from onewarm.notebook.site.build import build
from onewarm.notebook.site.math_font import LICENCE_NAME
from onewarm.notebook.site.render import CONTENT_POLICY

__all__ = ["build_single_file"]

_KINDS = {".woff2": "font/woff2", ".svg": "image/svg+xml", ".js": "text/javascript"}
_STYLE = re.compile(r'<link rel="stylesheet" href="([^"]+)">\n?')
_SCRIPT = re.compile(r'<script(?: type="module"(?: async)?| defer)? src="([^"]+)"></script>\n?')
_LEFT_OUT = re.compile(
    r'<link rel="(?:modulepreload|preload)"[^>]*>\n?|<meta (?:property|name)="(?:og|twitter):image[^>]*>\n?'
)
_LINK = re.compile(r'<a ([^>]*?)href="(?!#|https?:)([^"]*)"([^>]*)>(.*?)</a>', re.DOTALL)


def build_single_file(
    out: Path | str, concept: str, *, concepts: Iterable[Path | str] | None = None, address: str = "", **options: Any
) -> Path:
    """Write the page of one concept as one HTML file, and return its absolute path.

    Links to other pages lead to the site at ``address``; without one they are text.

    Args:
        out: the file to write.
        concept: key of the concept, or its end: "concept:optimization/label-smoothing", "label-smoothing".
        concepts: concept folders; None: those that come with onewarm.
        address: the URL of the whole site, if it is published.
        options: further arguments of `build`.

    Raises:
        InputError: there is no such concept, or ``out`` is a folder.
        ConceptError: a concept has faults.
    """
    out = Path(out).absolute()
    if out.is_dir():
        raise InputError(f"{out} is a folder; name the file to write, such as {out / 'page.html'}")
    folders = our_concepts() if concepts is None else tuple(concepts)
    keys = [str(read_yaml(Path(folder) / "concept.yaml").value.get("key")) for folder in folders]
    found = [key for key in keys if concept in (key, key.partition(":")[2], key.rpartition("/")[2])]
    if len(found) != 1:
        problem = f"no concept {concept!r}" if not found else f"{concept!r} is the name of {len(found)} concepts"
        raise InputError(f"{problem}. {nearest(concept, [_shortest(key, keys) for key in found or keys])}")
    with tempfile.TemporaryDirectory() as folder:
        site = build(Path(folder) / "site", concepts=folders, address=address, **options)
        page = site / route(found[0]) / "index.html"
        atomic_write(out, _inlined(page, site, f"{address.rstrip('/')}/" if address else ""))
    return out


def _shortest(key: str, keys: Sequence[str]) -> str:
    """The shortest end of a key that names no other."""
    ends = [other.rpartition("/")[2] for other in keys]
    end = key.rpartition("/")[2]
    return end if ends.count(end) == 1 else key.partition(":")[2]


def _inlined(page: Path, site: Path, address: str) -> str:
    html = _LEFT_OUT.sub("", page.read_text(encoding="utf-8"))
    styles = "\n".join(_style(page.parent / href) for href in _STYLE.findall(html))
    script = re.sub(r"</(?=script)", r"<\\/", (site / "assets" / "page.js").read_text(encoding="utf-8"))
    html = _STYLE.sub("", _SCRIPT.sub("", html))
    html = re.sub(r'((?:src|href)=")([^"]*favicon\.svg)"', lambda m: f'{m[1]}{_data(page.parent / m[2])}"', html)
    html = html.replace('data-demo="demo.js"', f'data-demo="{_data(page.parent / "demo.js")}"')
    html = _LINK.sub(lambda match: _link(match, page, site, address), html)
    html = html.replace(str(escape(CONTENT_POLICY)), str(escape(_policy(styles, script))), 1)
    html = html.replace("</head>", f"<style>{styles}</style>\n</head>", 1)
    return html.replace("</body>", f'<script type="module">{script}</script>\n</body>', 1)


def _style(file: Path) -> str:
    text = file.read_text(encoding="utf-8")
    return re.sub(r'url\("([^":]+)"\)', lambda match: f'url("{_data(file.parent / match[1])}")', text)


def _link(match: re.Match[str], page: Path, site: Path, address: str) -> str:
    before, href, after, inner = match.groups()
    if PurePosixPath(href).name == LICENCE_NAME:
        licence = escape((page.parent / href).resolve().read_text(encoding="utf-8"))
        return f"{inner}</p><details><summary>{inner}</summary><pre>{licence}</pre></details><p>"
    path, _, anchor = href.partition("#")
    if not address:
        return f"<span>{inner}</span>"
    target = (page.parent / path.partition("?")[0]).resolve().relative_to(site.resolve()).as_posix()
    return f'<a {before}href="{address}{target}{"#" + anchor if anchor else ""}"{after}>{inner}</a>'


def _data(file: Path) -> str:
    return f"data:{_KINDS[file.suffix]};base64,{base64.b64encode(file.read_bytes()).decode()}"


def _policy(style: str, script: str) -> str:
    """What the file may load: its own style and script, by their hashes, and what stands in it as data."""
    return (
        f"default-src 'none'; script-src {_hash(script)} data:; style-src {_hash(style)}; "
        "font-src data:; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
