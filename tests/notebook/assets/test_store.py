"""What is kept in the browser: with storage, without it, and text of the page as Markdown."""

import pytest
from markdown_it import MarkdownIt

pytestmark = pytest.mark.browser


@pytest.fixture
def store(blank):
    blank.evaluate("async () => { window.store = await import('./store.js'); }")
    return blank


def test_a_value_is_kept_under_our_prefix_and_is_there_on_the_next_page(store) -> None:
    assert store.evaluate("store.write('draft:a', { next: 'read' })") is True
    assert store.evaluate("localStorage.getItem('onewarm:draft:a')") == '{"next":"read"}'
    store.reload()
    store.evaluate("async () => { window.store = await import('./store.js'); }")
    assert store.evaluate("store.read('draft:a')") == {"next": "read"}
    store.evaluate("store.remove('draft:a')")
    assert store.evaluate("store.read('draft:a', 'nothing')") == "nothing"


def test_what_another_wrote_there_is_no_value(store) -> None:
    store.evaluate("localStorage.setItem('onewarm:known:a', '{broken')")
    assert store.evaluate("store.read('known:a', 7)") == 7
    assert store.evaluate("store.read('known:b')") is None


FOREIGN = [
    "null",
    "7",
    '"x"',
    "[]",
    "{}",
    "true",
    '[{"a": 1}]',
    '{"answer": 7, "marks": "x", "nudges": -1, "said": 1}',
    "",
]


@pytest.mark.parametrize("kept", FOREIGN)
def test_a_foreign_value_has_the_shape_that_its_key_has_or_is_not_there(store, kept: str) -> None:
    store.evaluate(
        """kept => { for (const kind of ["draft", "practice", "progress", "statement", "known", "object", "answer"])
          localStorage.setItem(`onewarm:${kind}:a`, kept); }""",
        kept,
    )
    assert (
        store.evaluate("['draft', 'practice', 'progress', 'statement'].map(k => store.read(k + ':a', {}))") == [{}] * 4
    )
    assert store.evaluate("typeof (store.read('known:a') ?? true)") == "boolean"
    assert store.evaluate("typeof (store.read('object:a') ?? '')") == "string"
    assert store.evaluate("typeof store.read('answer:a', '')") == "string"


def test_tabs_change_fields_of_one_value_and_hear_of_each_other(store) -> None:
    other = store.context.new_page()
    other.goto(store.url)
    other.evaluate("async () => { window.store = await import('./store.js'); }")
    store.evaluate("() => { window.heard = 0; store.watch('draft:', () => { window.heard += 1; }); }")
    store.evaluate("store.patch('draft:a', { draft: 'mine' })")
    other.evaluate("store.patch('draft:a', { next: 'read' })")
    other.evaluate("store.write('known:a', true)")  # of no interest
    store.wait_for_function("window.heard === 1")
    assert store.evaluate("store.read('draft:a')") == {"draft": "mine", "next": "read"}


def test_without_storage_values_last_until_the_page_is_closed(store) -> None:
    store.evaluate("store.write('note:kept', 1)")
    store.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full'); }; }")
    assert store.evaluate("store.write('note:late', 2)") is False
    assert store.evaluate("[store.read('note:kept'), store.read('note:late')]") == [1, 2]
    assert store.evaluate("store.keys('note:')") == ["note:kept", "note:late"]
    store.evaluate("store.write('note:kept', 3)")
    assert store.evaluate("store.read('note:kept')") == 3  # not the older value that the storage still has
    store.evaluate("store.remove('note:late')")
    assert store.evaluate("store.keys('note:')") == ["note:kept"]


def test_keys_are_those_that_start_so_in_order(store) -> None:
    store.evaluate("['draft:b', 'draft:a', 'known:a'].forEach(key => store.write(key, 1))")
    store.evaluate("localStorage.setItem('draft:other', '1')")  # of another script: without our prefix
    assert store.evaluate("store.keys('draft:')") == ["draft:a", "draft:b"]


@pytest.mark.parametrize("text", ["*so*", "_so_", "`so`", "[a](b)", "<b>so</b>", "\\*", "![x](y)", "a < b"])
def test_text_of_the_page_is_only_text_as_markdown(store, text: str) -> None:
    inline = MarkdownIt("commonmark").parseInline(store.evaluate("text => store.literal(text)", text))[0].children
    assert inline is not None and {token.type for token in inline} <= {"text", "text_special"}
    assert "".join(token.content for token in inline) == text
