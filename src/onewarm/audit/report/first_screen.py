"""What people see first: the verdict, one picture that shows it, one action; on the page and in a notebook."""

from __future__ import annotations

from typing import Any

from onewarm.audit.audit import Audit
from onewarm.audit.findings import Action
from onewarm.report import reliability
from onewarm.report.markup import prose, text
from onewarm.report.page import asset, tokens

_MOST_NAMES = 3


def first_screen(audit: Audit) -> str:
    """The first screen as an HTML fragment with its own style and no script, as a notebook shows it.

    Its colours follow the host's ``color-scheme``; no rule of its style applies outside the fragment.
    """
    style = f"{tokens('.ow-audit')}{asset('first.css')}{asset('marks.css')}"
    return (
        f'<div class="ow-audit"><style>{style}</style><p class="ow-about">{about(audit)}</p>'
        f'<p class="ow-headline">{text(audit.verdict.headline)}</p>{picture_and_action(audit, heading="p")}</div>'
    )


def picture_and_action(audit: Audit, *, heading: str = "h2") -> str:
    """The picture with its caption beside the action."""
    return (
        f'<div class="ow-first">{reliability.captioned(picture(audit))}{_action(audit.verdict.action, heading)}</div>'
    )


def about(audit: Audit) -> str:
    """One line of HTML: the files, how many rows and classes, the kind of truth."""
    names = ", ".join(f["name"] for f in audit.files[:_MOST_NAMES])
    if len(audit.files) > _MOST_NAMES:
        names += f" and {len(audit.files) - _MOST_NAMES} more files"
    classes = f"{audit.num_classes:,} classes" if audit.kind != "confidence" else "confidence and correct"
    return f"Calibration audit of <code>{text(names)}</code> · {audit.rows:,} rows · {classes} · truth: " + text(
        audit.truth["kind"]
    )


def shown_diagrams(audit: Audit) -> tuple[dict[str, Any], ...]:
    """The diagrams as they are shown: nothing is marked where the audit found nothing wrong."""
    if audit.verdict.kind in ("calibrated", "too few rows"):
        return tuple(reliability.plain(d) for d in audit.diagrams)
    return audit.diagrams


def picture_at(audit: Audit, of: str | None = None) -> int:
    """The place of a diagram among ``Audit.diagrams``; by default of the one that shows the headline."""
    wanted = audit.verdict.picture if of is None else of
    return next((i for i, d in enumerate(audit.diagrams) if d["of"] == wanted), 0)


def picture(audit: Audit, of: str | None = None) -> dict[str, Any]:
    """A diagram as it is shown; by default the one that shows the headline."""
    return shown_diagrams(audit)[picture_at(audit, of)]


def _action(action: Action, heading: str) -> str:
    parts = [f'<{heading} class="ow-do">What to do</{heading}><p class="ow-lead">{prose(action.sentence)}</p>']
    parts += [f"<p>{prose(s)}</p>" for s in action.why]
    for title, lines in (("On the command line", action.command), ("In Python", action.code)):
        if lines:
            parts.append(
                f'<p class="ow-label">{title}</p><pre tabindex="0" aria-label="{title}"><code>'
                + "\n".join(text(line) for line in lines.splitlines())
                + "</code></pre>"
            )
    return f'<div class="ow-action">{"".join(parts)}</div>'
