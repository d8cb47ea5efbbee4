"""HTML of a report: nothing from a file is obeyed by a browser or hidden from a reader."""

from onewarm.report.markup import prose, row, table, text


def test_text_is_escaped_and_visible():
    assert text('<b>&"\x1b[31m\u202eevil\n') == "&lt;b&gt;&amp;&quot;\\x1b[31m\\u202eevil\\n"
    assert prose("say `<i>` \x07") == "say <code>&lt;i&gt;</code> \\x07"


def test_a_table_names_its_rows_and_columns_and_scrolls_by_keyboard():
    made = table("N<", ["a", "b"], [row(["x", "1"]), row(["y", "2"], chosen=True)])
    assert made == (
        '<div class="scroll" tabindex="0" role="group" aria-label="N&lt;"><table><thead><tr><th scope="col">a</th>'
        '<th scope="col">b</th></tr></thead><tbody><tr><th scope="row">x</th><td>1</td></tr>'
        '<tr class="chosen"><th scope="row">y</th><td>2</td></tr></tbody></table></div>'
    )
