"""The table that mirrors a picture says so where its rounded numbers do not add up."""

import pytest

pytestmark = pytest.mark.browser

CAPTION = """([rows, total]) => {
  const table = kit.mirror({ columns: ["class", "p"], rows: rows.length - 1, label: "numbers", total });
  document.body.append(table.node);
  table.draw("Title.", rows);
  return [table.node.querySelector("caption").textContent, table.node.querySelector("tfoot th").textContent]; }"""


@pytest.mark.parametrize(
    ("cells", "total", "notes"),
    [
        (["0.250", "0.750", "1.000"], True, False),
        (["0.333", "0.333", "0.333", "1.000"], True, True),
        (["−0.1", "+0.1", "0.0"], True, False),
        (["", "0.5", "1.0"], True, False),  # a covered number: nothing to add
        (["0.333", "0.333", "0.333", "1.000"], "all", False),  # no sum is claimed
    ],
)
def test_a_column_that_does_not_add_up_is_explained(kit, cells, total, notes) -> None:
    rows = [[f"class {i}", cell] for i, cell in enumerate(cells)]
    caption, last = kit("table", "mirror").evaluate(CAPTION, [rows, total])
    assert caption.startswith("Title.") and ("rounded by itself" in caption) == notes
    assert last == ("sum" if total is True else total)
