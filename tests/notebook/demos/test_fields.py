"""The state of a demo: what is taken on, what is left out, and rows that follow another row."""

import pytest

pytestmark = pytest.mark.browser

RULES = """() => {
  window.rules = kit.rules({
    z: kit.row([1, 2], undefined, { lo: -10, hi: 10 }),
    w: kit.rowLike("z", (z) => z.map((_, k) => k + 1), "weights", { lo: 0, accept: (w) => w.some((v) => v > 0) }),
    pick: kit.optional(kit.whole(0, 0, (state) => state.z.length - 1)),
  });
}"""


@pytest.fixture
def fields(kit):
    tab = kit("fields", "rules", "row", "rowLike", "optional", "whole", "classNames", "numberFrom")
    tab.evaluate(RULES)
    return tab


def test_a_row_like_another_starts_from_it(fields) -> None:
    assert fields.evaluate("rules.start()") == {"z": [1, 2], "w": [1, 2], "pick": None}


def test_a_row_like_another_has_its_length_or_starts_again(fields) -> None:
    take = "patch => rules.apply(rules.start(), patch, 'host')"
    assert fields.evaluate(take, {"w": [5, 0]})["w"] == [5, 0]
    assert fields.evaluate(take, {"z": [1, 2, 3]})["w"] == [1, 2, 3]  # two numbers no longer fit
    assert fields.evaluate(take, {"z": [1, 2, 3], "w": [0, 0, 7]})["w"] == [0, 0, 7]


@pytest.mark.parametrize("w", [[1], [1, 2, 3], [0, 0], [-1, 2], ["1", 2], "12", None, [1, None]])
def test_what_is_not_accepted_changes_nothing(fields, w) -> None:
    assert fields.evaluate("w => rules.part({w}, rules.start(), 'host')", w) == {}


def test_only_a_host_changes_how_many_numbers_there_are(fields) -> None:
    for by, taken in (("host", True), ("start", True), ("user", False), ("address", False)):
        part = fields.evaluate("by => rules.part({z: [1, 2, 3]}, rules.start(), by)", by)
        assert part == ({"z": [1, 2, 3]} if taken else {}), by


def test_the_address_says_the_state_and_gives_it_back(fields) -> None:
    assert fields.evaluate("rules.format({z: [1, -0.5], w: [0, 2], pick: 1})") == "z=1,-0.5&weights=0,2&pick=1"
    assert fields.evaluate("rules.format({z: [1, -0.5], w: [0, 2], pick: null})") == "z=1,-0.5&weights=0,2"
    assert fields.evaluate("rules.parse('z=1,-0.5&weights=0,2&pick=1', rules.start())") == {
        "z": [1, -0.5],
        "w": [0, 2],
        "pick": 1,
    }
    assert fields.evaluate("rules.parse('z=1,2,3&weights=0,0&pick=2', rules.start())") == {}


def test_names_of_classes(fields) -> None:
    given = ["cat", "", " ", 7, None, "owl"]
    assert fields.evaluate("given => kit.classNames(given, 7)", given) == [
        *("cat", "class 1", "class 2", "class 3", "class 4", "owl", "class 6"),
    ]
    assert fields.evaluate("kit.classNames('abc', 2)") == ["class 0", "class 1"]
    assert fields.evaluate("kit.classNames(undefined, 2)") == ["class 0", "class 1"]
