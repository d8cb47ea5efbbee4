"""A layout knows every column that must be read from the file of the predictions, each once."""

from onewarm.tables.columns import Layout


def test_every_column_that_is_read_is_named_once():
    layout = Layout(("p",), False, ("y",), False, ("site", "y"), weight="w", group="site", answer="said")
    assert layout.names == ("p", "y", "site", "w", "said")
    assert Layout(("p",), False, ("y",), False, separate_truth=True).names == ("p",)
