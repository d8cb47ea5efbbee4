"""Arrow files and streams."""


def test_an_arrow_stream_cut_short(tmp_path, write_table, table, refused):
    path = write_table(tmp_path / "a.arrow", table)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert "a.arrow: not a readable Arrow file, perhaps truncated: after row " in refused(path)
