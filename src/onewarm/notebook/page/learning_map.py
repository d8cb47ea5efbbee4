"""The learning map: the edges of the site's concepts as a picture, and the reading path to a concept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from onewarm.notebook.concept.load import Concept

__all__ = ["Node", "draw", "neighbourhood", "path_to"]

BOX, HEIGHT, GAP, ROW = 168, 58, 44, 20  # width and height of a node, space between columns and between rows
LETTERS, LINES = 20, 2  # characters a line, and lines, of a title in a node


@dataclass(frozen=True)
class Node:
    """One concept on the map: `kind` is before, here, after or contrast; `rank` is its column."""

    key: str
    title: str
    kind: str
    rank: int
    needs: tuple[str, ...] = field(default=())
    """Keys of the nodes with an arrow to this one."""


def path_to(concept: Concept, site: Mapping[str, Concept]) -> tuple[tuple[str, str], ...]:
    """Key and title of all prerequisites of the concept, direct and indirect, each after its own prerequisites.

    ``site`` are the concepts that have a page, by key. A cycle of prerequisites ends where it closes.
    """
    path: dict[str, str] = {}
    open_: set[str] = set()

    def visit(key: str, title: str) -> None:
        if key in path or key in open_:
            return
        open_.add(key)
        other = site.get(key)
        for edge in other.edges.prerequisites if other else ():
            visit(edge.key, edge.title)
        path[key] = other.title if other else title

    open_.add(concept.key)
    for edge in concept.edges.prerequisites:
        visit(edge.key, edge.title)
    return tuple(path.items())


def neighbourhood(concept: Concept, site: Mapping[str, Concept]) -> tuple[Node, ...]:
    """The nodes of a concept's map: the concept, all its prerequisites, what follows it, and its contrasts."""
    before = path_to(concept, site)
    keys = {key for key, _ in before}
    needs = {
        key: tuple(e.key for e in site[key].edges.prerequisites if e.key in keys) if key in site else ()
        for key, _ in before
    }
    ranks: dict[str, int] = {}
    for key, _ in before:  # each in a column after those of its prerequisites
        ranks[key] = 1 + max((ranks.get(need, -1) for need in needs[key]), default=-1)
    here = 1 + max(ranks.values(), default=-1)
    nodes = [Node(key, title, "before", ranks[key], needs[key]) for key, title in before]
    nodes.append(Node(concept.key, concept.title, "here", here, tuple(e.key for e in concept.edges.prerequisites)))
    for kind, edges in (("after", concept.edges.next), ("contrast", concept.edges.contrast)):
        rank = here + (kind == "after")
        nodes += [Node(e.key, e.title, kind, rank, (concept.key,)) for e in edges]
    return tuple(nodes)


def draw(nodes: tuple[Node, ...], links: Mapping[str, str], *, upright: bool = False) -> Markup:
    """The map as SVG, from left to right, or from top to bottom (``upright``) for narrow screens.

    ``links`` maps keys to addresses. The panel has the same edges as text and links, so the picture is hidden from
    assistive technology and left out of the tab order.
    """
    places = _upright(nodes) if upright else _lying(nodes)
    width = max(x for x, _ in places.values()) + BOX + 2
    height = max(y for _, y in places.values()) + HEIGHT + 2
    arcs = [_edge(node, need, nodes, places, upright) for node in nodes for need in node.needs if need in places]
    top = min([0.0, *(a[1] for a in arcs)])
    shapes = [arc for arc, _ in arcs]
    shapes += [_box(node, *places[node.key], links.get(node.key, "")) for node in nodes]
    name = "upright" if upright else "lying"
    return Markup(
        '<svg class="map-picture map-{0}" viewBox="-1 {1:g} {2} {3:g}" width="{2}" height="{3:g}" aria-hidden="true" '
        'focusable="false"><defs><marker id="map-arrow-{0}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6" '
        'markerHeight="6" orient="auto"><path class="arrow" d="M0 0 8 4 0 8z"/></marker></defs>{4}</svg>'
    ).format(name, top - 1, width, height - top + 1, Markup("").join(shapes))


def _lying(nodes: tuple[Node, ...]) -> dict[str, tuple[float, float]]:
    columns: dict[int, list[Node]] = {}
    for node in nodes:
        if node.kind != "contrast":
            columns.setdefault(node.rank, []).append(node)
    tall = max(len(column) for column in columns.values())
    places: dict[str, tuple[float, float]] = {}
    for rank, column in columns.items():
        first = (tall - len(column)) * (HEIGHT + ROW) / 2
        for i, node in enumerate(column):
            places[node.key] = (rank * (BOX + GAP), first + i * (HEIGHT + ROW))
    contrasts = [node for node in nodes if node.kind == "contrast"]
    here = next(node.rank for node in nodes if node.kind == "here")
    start = max(0.0, here - (len(contrasts) - 1) / 2)
    for i, node in enumerate(contrasts):
        places[node.key] = ((start + i) * (BOX + GAP), tall * (HEIGHT + ROW) + 34)
    return places


def _upright(nodes: tuple[Node, ...]) -> dict[str, tuple[float, float]]:
    rows: dict[tuple[int, int], list[Node]] = {}
    for node in nodes:
        rows.setdefault((node.rank, node.kind == "contrast"), []).append(node)
    places: dict[str, tuple[float, float]] = {}
    y = 0.0
    for _, row in sorted(rows.items()):
        for i, node in enumerate(row):
            alone = len(row) == 1 or (i == len(row) - 1 and i % 2 == 0)
            x = (BOX + ROW) / 2 if alone else (i % 2) * (BOX + ROW)
            places[node.key] = (x, y + (i // 2) * (HEIGHT + ROW))
        y += (len(row) + 1) // 2 * (HEIGHT + ROW) + 22
    return places


def _edge(
    node: Node, need: str, nodes: tuple[Node, ...], places: Mapping[str, tuple[float, float]], upright: bool
) -> tuple[Markup, float]:
    """The line of an edge, and the smallest y that it reaches."""
    (x, y), (to_x, to_y) = places[need], places[node.key]
    rank = next(n.rank for n in nodes if n.key == need)
    if node.kind == "contrast":
        d, arrow = f"M{x + BOX / 2:g} {y + HEIGHT:g}L{to_x + BOX / 2:g} {to_y:g}", ""
        return Markup('<path class="contrast" d="{}"/>').format(d), 0.0
    arrow = "map-arrow-upright" if upright else "map-arrow-lying"
    reach = 0.0
    if upright:
        side = node.rank - rank > 1
        bend = f"C{x - 40:g} {y + HEIGHT:g} {to_x - 40:g} {to_y:g}" if side else f"C{x + BOX / 2:g} {y + HEIGHT + 22:g}"
        if side:
            d = f"M{x:g} {y + HEIGHT / 2:g}{bend} {to_x:g} {to_y + HEIGHT / 2:g}"
        else:
            d = f"M{x + BOX / 2:g} {y + HEIGHT:g}{bend} {to_x + BOX / 2:g} {to_y - 22:g} {to_x + BOX / 2:g} {to_y:g}"
    elif node.rank - rank > 1:  # in an arc above the columns between
        reach = min(y, to_y) - 30
        d = f"M{x + BOX / 2:g} {y:g}C{x + BOX / 2:g} {reach:g} {to_x + BOX / 2:g} {reach:g} {to_x + BOX / 2:g} {to_y:g}"
    else:
        middle = (x + BOX + to_x) / 2
        d = f"M{x + BOX:g} {y + HEIGHT / 2:g}C{middle:g} {y + HEIGHT / 2:g} {middle:g} {to_y + HEIGHT / 2:g} "
        d += f"{to_x:g} {to_y + HEIGHT / 2:g}"
    return Markup('<path class="edge" d="{}" marker-end="url(#{})"/>').format(d, arrow), reach


def _box(node: Node, x: float, y: float, link: str) -> Markup:
    lines = _lines(node.title)
    first = y + HEIGHT / 2 - (len(lines) - 1) * 9.5 + 5
    text = Markup("").join(
        Markup('<text x="{:g}" y="{:g}" text-anchor="middle">{}</text>').format(x + BOX / 2, first + 19 * i, line)
        for i, line in enumerate(lines)
    )
    kind = f"map-node map-node-{node.kind}" + ("" if link or node.kind == "here" else " map-node-planned")
    box = Markup(
        '<g class="{}" data-node="{}"><title>{}</title><rect x="{:g}" y="{:g}" width="{}" height="{}" rx="11"/>{}</g>'
    ).format(kind, node.key, node.title, x, y, BOX, HEIGHT, text)
    return Markup('<a href="{}" tabindex="-1">{}</a>').format(link, box) if link else box


def _lines(title: str) -> list[str]:
    """A title in at most two lines; one that does not fit ends in an ellipsis."""
    lines = [""]
    for word in title.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > LETTERS:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], " ".join(lines[LINES - 1 :])]
    return [line if len(line) <= LETTERS + 1 else line[:LETTERS] + "…" for line in lines]
