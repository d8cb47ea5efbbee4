"""Data in a page: whatever it is, it comes out of the HTML as it went in, and never as markup."""

import json
import math
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onewarm.notebook.text.data_block import data_block

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["</script>", "<!--", "<script>", "]]>", "&lt;", "\u2028\u2029"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=10,
)


class Elements(HTMLParser):
    """Tags of a page, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        self.tags.append("/" + tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(json_values)
def test_it_comes_out_of_the_html_as_it_went_in(value: Any) -> None:
    block = data_block(value)
    page = Elements(f'<script type="application/json">{block}</script>')
    assert page.tags == ["script", "/script"]
    assert json.loads(page.text) == value
    assert not set("<>&\u2028\u2029") & set(block)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_json_does_not_have_is_an_error(number: float) -> None:
    with pytest.raises(ValueError, match=r"not JSON compliant"):
        data_block({"a": [number]})
