"""The learning map is what the edges say: who comes before whom, and which way a reader without them should go."""

import itertools
import random
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from onewarm.notebook.concept.folders import our_concepts
from onewarm.notebook.concept.load import Concept, load_concept, load_concepts
from onewarm.notebook.page.learning_map import Node, draw, neighbourhood, path_to


@pytest.fixture
def site(folder: Any, tmp_path: Path) -> dict[str, Concept]:
    """Concepts by the names of those they ask for: d asks for b and c, which ask for a; e is planned."""
    asks = {"a": "", "b": "a", "c": "ae", "d": "bc"}
    found = {}
    for name, needs in asks.items():
        edges = [{"key": f"concept:x/{need}", "title": need.upper(), "reason": ".", "planned": True} for need in needs]
        folder.yaml |= {"key": f"concept:x/{name}", "title": name.upper()}
        folder.yaml["edges"] = {"prerequisites": edges, "contrast": []}
        concept = load_concept(folder.write(tmp_path / name))
        found[concept.key] = concept
    return found


def test_the_path_has_everything_once_and_each_after_what_it_needs(site: dict[str, Concept]) -> None:
    path = [key[-1] for key, _ in path_to(site["concept:x/d"], site)]
    assert sorted(path) == ["a", "b", "c", "e"]
    assert path.index("a") < path.index("b") and path.index("a") < path.index("c") > path.index("e")
    assert path_to(site["concept:x/a"], site) == ()


def test_a_circle_of_prerequisites_ends(folder: Any, tmp_path: Path) -> None:
    found = {}
    for name, need in (("a", "b"), ("b", "a")):
        folder.yaml |= {"key": f"concept:x/{name}", "title": name}
        folder.yaml["edges"] = {"prerequisites": [{"key": f"concept:x/{need}", "title": need, "reason": "."}]}
        concept = load_concept(folder.write(tmp_path / name))
        found[concept.key] = concept
    assert path_to(found["concept:x/a"], found) == (("concept:x/b", "b"),)
    assert len(neighbourhood(found["concept:x/a"], found)) == 2


@pytest.mark.parametrize("upright", [False, True])
def test_the_picture_has_every_node_apart_and_every_edge_once(upright: bool) -> None:
    concepts = {concept.key: concept for concept in load_concepts(our_concepts())}
    for concept in concepts.values():
        nodes = neighbourhood(concept, concepts)
        drawn = ElementTree.fromstring(str(draw(nodes, {}, upright=upright)))
        boxes = {g.get("data-node"): g.find("rect") for g in drawn.iter("g")}
        assert set(boxes) == {node.key for node in nodes}
        corners = [(float(b.get("x") or 0), float(b.get("y") or 0)) for b in boxes.values() if b is not None]
        for i, (x, y) in enumerate(corners):
            for other_x, other_y in corners[i + 1 :]:
                assert abs(x - other_x) >= 168 or abs(y - other_y) >= 58
        kinds = [path.get("class") for path in drawn.iter("path")]
        assert kinds.count("contrast") == len(concept.edges.contrast)
        named = {key for key, _ in path_to(concept, concepts)} | {concept.key}
        before = [e for key in named if key in concepts for e in concepts[key].edges.prerequisites]
        assert kinds.count("edge") == len(before) + len(concept.edges.next)
        assert len(drawn.findall(".//a")) == 0
        assert crossings(drawn) == []


def crossings(drawn: ElementTree.Element) -> list[str]:
    """Lines that run through a box; one may touch the two that it joins."""
    boxes = [tuple(float(rect.get(name) or 0) for name in ("x", "y", "width", "height")) for rect in drawn.iter("rect")]
    found = []
    for path in drawn.iter("path"):
        if path.get("class") == "arrow":
            continue
        numbers = [float(n) for n in re.findall(r"-?[\d.]+(?:e-?\d+)?", path.get("d") or "")]
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        for (x1, y1), (x2, y2) in itertools.pairwise(points):
            for step in range(101):
                x, y = x1 + (x2 - x1) * step / 100, y1 + (y2 - y1) * step / 100
                if any(bx + 1 < x < bx + w - 1 and by + 1 < y < by + h - 1 for bx, by, w, h in boxes):
                    found.append(str(path.get("d")))
                    break
    return found


@pytest.mark.parametrize("upright", [False, True])
def test_no_line_runs_through_a_box_however_concepts_depend_on_each_other(upright: bool) -> None:
    """Arrows that skip concepts, several concepts in a column, contrasts beside them."""
    drawn = random.Random(7)
    for _ in range(60):
        way = [Node(f"n{i}", f"N {i}", "before", 0, ()) for i in range(drawn.randint(1, 7))]
        for i, node in enumerate(way):
            needs = tuple(sorted(drawn.sample([n.key for n in way[:i]], min(i, drawn.randint(0, 3)))))
            rank = 1 + max((n.rank for n in way[:i] if n.key in needs), default=-1)
            way[i] = Node(node.key, node.title, "before", rank, needs)
        here = Node("here", "Here", "here", 1 + max(n.rank for n in way), tuple(n.key for n in way[::2]))
        after = [Node(f"a{i}", "After", "after", here.rank + 1, ("here",)) for i in range(drawn.randint(0, 3))]
        beside = [Node(f"c{i}", "Beside", "contrast", here.rank, ("here",)) for i in range(drawn.randint(0, 3))]
        picture = ElementTree.fromstring(str(draw((*way, here, *after, *beside), {}, upright=upright)))
        assert crossings(picture) == []


def test_every_link_of_the_picture_is_in_the_text_too(our_folder: Path) -> None:
    text = (our_folder / "concept/optimization/label-smoothing/index.html").read_text(encoding="utf-8")
    picture = re.search(r'<svg class="map-picture map-lying".*?</svg>', text, re.DOTALL)
    assert picture
    links = set(re.findall(r'<a href="([^"]*)" tabindex="-1">', picture[0]))
    assert links
    for link in links:
        assert f'<a href="{link}">' in text


def test_a_hostile_title_is_inert_in_the_picture(folder: Any, tmp_path: Path) -> None:
    folder.yaml["title"] = "</title><script>alert(1)</script> " + "w" * 300
    concept = load_concept(folder.write(tmp_path / "coin"))
    drawn = str(draw(neighbourhood(concept, {concept.key: concept}), {}))
    assert "<script" not in drawn
    assert max(len(line) for line in re.findall(r"<text[^>]*>([^<]*)</text>", drawn)) < 60
