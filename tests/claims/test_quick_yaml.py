"""The quick loader gives what PyYAML's safe loader gives, and refuses what that refuses."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from onewarm.claims.ledger import HERE
from onewarm.claims.quick_yaml import QuickLoader

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_any_value_comes_back(value: object) -> None:
    text = yaml.safe_dump(value)
    assert yaml.load(text, Loader=QuickLoader) == value == yaml.load(text, Loader=yaml.SafeLoader)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a: 1\n<<: {b: 2}\n",
        "- &x {k: [1, .5, 1e3, 0x1F, 0o17, 017, 1_000]}\n- *x\n",
        "yes: on\nno: off\nempty:\ntilde: ~\n",
        "when: 2026-11-28\nthen: 2026-11-28T05:00:00Z\n",
        "folded: >\n  one\n  two\n\n  three\nkept: |\n  one\n   two\n",
        "quoted: \"\\u00e9\\n\"\nsingle: 'it''s'\n",
        "? 1\n: pair\n",
        "!!set {a, b}\n",
        "# only a comment\n",
    ],
)
def test_values_as_the_safe_loader(text: str) -> None:
    assert yaml.load(text, Loader=QuickLoader) == yaml.load(text, Loader=yaml.SafeLoader)


def shape(node: yaml.Node) -> object:
    """Tags, values and the places of a node."""
    place = (node.tag, node.start_mark.line, node.start_mark.column)
    if isinstance(node, yaml.ScalarNode):
        return (*place, node.value)
    if isinstance(node, yaml.SequenceNode):
        return (*place, [shape(child) for child in node.value])
    return (*place, [(shape(key), shape(value)) for key, value in node.value])


@pytest.mark.parametrize("path", sorted(HERE.glob("*/*/*.yaml"))[::6], ids=lambda p: p.stem)
def test_nodes_and_lines_of_the_ledger_as_the_safe_loader(path: object) -> None:
    text = path.read_text(encoding="utf-8")  # type: ignore[attr-defined]
    assert shape(yaml.compose(text, Loader=QuickLoader)) == shape(yaml.compose(text, Loader=yaml.SafeLoader))


@pytest.mark.parametrize(
    "text", ["a: [1}", "ä: ü: ö", "a: b: c", "\ta: 1", "*nowhere", "a: 'x", "- 1\nb: 2", "!!python/object:os.x {}"]
)
def test_refused_at_the_line_where_the_safe_loader_refuses(text: str) -> None:
    found = []
    for loader in (QuickLoader, yaml.SafeLoader):
        with pytest.raises(yaml.MarkedYAMLError) as caught:
            yaml.load(text, Loader=loader)
        assert caught.value.problem_mark is not None
        found.append(caught.value.problem_mark.line)
    assert found[0] == found[1]


def test_a_deeply_nested_file_is_an_error_and_not_the_end_of_the_process() -> None:
    with pytest.raises(RecursionError):
        yaml.load("[" * 50_000 + "]" * 50_000, Loader=QuickLoader)
