"""The learning map: the edges of the site's concepts as a picture, and the reading path to a concept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from onewarm.notebook.concept.load import Concept

__all__ = ["Node", "draw", "neighbourhood", "path_to"]

BOX, HEIGHT, GAP, ROW = 168, 58, 44, 20  # width and height of a node, space between columns and between rows
LANE = 16  # space between lines that pass beside the nodes
LETTERS, LINES = 20, 2  # characters a line, and lines, of a title in a node

Point = tuple[float, float]
Places = dict[str, Point]
"""The left upper corner of each node, by key."""


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
    lines = _lines_of_edges(nodes, places, upright)
    points = [point for _, line in lines for point in line]
    left, top = (min(0.0, *(point[i] for point in [(0.0, 0.0), *points])) for i in (0, 1))
    width = max([x for x, _ in places.values()]) + BOX - left
    height = max([y for _, y in places.values()]) + HEIGHT - top
    name = "upright" if upright else "lying"
    shapes = [_line(kind, line, f"map-arrow-{name}") for kind, line in lines]
    shapes += [_box(node, *places[node.key], links.get(node.key, "")) for node in nodes]
    return Markup(
        '<svg class="map-picture map-{0}" viewBox="{1:g} {2:g} {3:g} {4:g}" width="{3:g}" height="{4:g}" '
        'aria-hidden="true" focusable="false"><defs><marker id="map-arrow-{0}" viewBox="0 0 8 8" refX="7" refY="4" '
        'markerWidth="6" markerHeight="6" orient="auto"><path class="arrow" d="M0 0 8 4 0 8z"/></marker></defs>{5}'
        "</svg>"
    ).format(name, left - 2, top - 2, width + 4, height + 4, Markup("").join(shapes))


def _lying(nodes: tuple[Node, ...]) -> Places:
    """A column for each rank; contrasts in a row below, without an arrow."""
    columns: dict[int, list[Node]] = {}
    for node in nodes:
        if node.kind != "contrast":
            columns.setdefault(node.rank, []).append(node)
    tall = max(len(column) for column in columns.values())
    places: Places = {}
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


def _upright(nodes: tuple[Node, ...]) -> Places:
    """The way of reading in the left column, a row for each concept; contrasts in the right one, from the concept's row
    on: whatever arrow passes them passes in another column."""
    places: Places = {}
    way = sorted((node for node in nodes if node.kind != "contrast"), key=lambda node: node.rank)
    for row, node in enumerate(way):
        places[node.key] = (0.0, row * (HEIGHT + GAP))
    here = next(places[node.key][1] for node in way if node.kind == "here")
    for i, node in enumerate(node for node in nodes if node.kind == "contrast"):
        places[node.key] = (BOX + GAP, here + i * (HEIGHT + ROW))
    return places


def _lines_of_edges(nodes: tuple[Node, ...], places: Places, upright: bool) -> list[tuple[str, list[Point]]]:
    """Kind and corners of every edge. Lines run between boxes: an edge that skips some has a lane beside them."""
    lines: list[tuple[str, list[Point]]] = []
    lanes: list[list[tuple[float, float]]] = []  # what of each lane is taken
    for node in nodes:
        for need in node.needs:
            if need not in places:
                continue
            (x, y), (to_x, to_y) = places[need], places[node.key]
            if node.kind == "contrast":
                lines.append(("contrast", _to_contrast(x, y, to_x, to_y, upright)))
                continue
            at, to = (y, to_y) if upright else (x, to_x)
            if abs(to - at) <= (HEIGHT if upright else BOX) + GAP:
                middle, to_middle = x + BOX / 2, to_x + BOX / 2
                if upright:
                    lines.append(("edge", [(middle, y + HEIGHT), (to_middle, to_y)]))
                else:
                    turn = x + BOX + GAP / 2
                    half, to_half = y + HEIGHT / 2, to_y + HEIGHT / 2
                    corners = [(turn, half), (turn, to_half)] if half != to_half else []
                    lines.append(("edge", [(x + BOX, half), *corners, (to_x, to_half)]))
                continue
            lane = -LANE * (1 + _free_lane(lanes, at, to))
            if upright:
                out, back = y + 0.7 * HEIGHT, to_y + 0.3 * HEIGHT
                lines.append(("edge", [(x, out), (lane, out), (lane, back), (to_x, back)]))
            else:
                out, back = x + BOX + 0.3 * GAP, to_x - 0.45 * GAP
                leave, arrive = y + 0.25 * HEIGHT, to_y + 0.25 * HEIGHT
                lines.append(
                    (
                        "edge",
                        [(x + BOX, leave), (out, leave), (out, lane), (back, lane), (back, arrive), (to_x, arrive)],
                    )
                )
    return lines


def _to_contrast(x: float, y: float, to_x: float, to_y: float, upright: bool) -> list[Point]:
    if upright:
        turn, half, to_half = x + BOX + GAP / 2, y + HEIGHT / 2, to_y + HEIGHT / 2
        return [(x + BOX, half), (turn, half), (turn, to_half), (to_x, to_half)]
    turn = to_y - 17
    return [(x + BOX / 2, y + HEIGHT), (x + BOX / 2, turn), (to_x + BOX / 2, turn), (to_x + BOX / 2, to_y)]


def _free_lane(lanes: list[list[tuple[float, float]]], start: float, end: float) -> int:
    """The first lane in which nothing runs between two places; it is then taken there."""
    for i, taken in enumerate(lanes):
        if all(end <= low or high <= start for low, high in taken):
            taken.append((start, end))
            return i
    lanes.append([(start, end)])
    return len(lanes) - 1


def _line(kind: str, line: list[Point], arrow: str) -> Markup:
    """A line with rounded corners, and with an arrow unless it leads to a contrast."""
    d = f"M{line[0][0]:g} {line[0][1]:g}"
    for before, corner, after in zip(line, line[1:], line[2:], strict=False):
        (x1, y1), (x2, y2) = _towards(corner, before), _towards(corner, after)
        d += f"L{x1:g} {y1:g}Q{corner[0]:g} {corner[1]:g} {x2:g} {y2:g}"
    d += f"L{line[-1][0]:g} {line[-1][1]:g}"
    end = Markup("") if kind == "contrast" else Markup(' marker-end="url(#{})"').format(arrow)
    return Markup('<path class="{}" d="{}"{}/>').format(kind, d, end)


def _towards(corner: Point, other: Point) -> Point:
    """The place on the way from a corner at which its rounding begins."""
    length = max(abs(other[0] - corner[0]), abs(other[1] - corner[1]))
    share = min(7.0, length / 2) / length if length else 0.0
    return corner[0] + share * (other[0] - corner[0]), corner[1] + share * (other[1] - corner[1])


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
