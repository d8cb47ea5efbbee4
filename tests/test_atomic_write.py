import errno
import os
import socket
import stat

import pytest

from onewarm.atomic_write import atomic_write


def test_text_and_bytes_arrive_whole_and_nothing_is_left_beside(tmp_path):
    atomic_write(tmp_path / "a" / "b" / "text", "naïve\n")
    atomic_write(str(tmp_path / "a" / "b" / "bytes"), b"\x00\xff")
    assert (tmp_path / "a" / "b" / "text").read_bytes() == "naïve\n".encode()
    assert (tmp_path / "a" / "b" / "bytes").read_bytes() == b"\x00\xff"
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == ["bytes", "text"]


@pytest.mark.parametrize("fault", [OSError("disk full"), KeyboardInterrupt()])
@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_an_interruption_leaves_the_old_file_and_no_part(tmp_path, monkeypatch, fault, step):
    path = tmp_path / "report.html"
    path.write_text("old")

    def stop(*arguments):
        raise fault

    monkeypatch.setattr(os, step, stop)
    with pytest.raises(type(fault)):
        atomic_write(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_permissions_follow_the_umask_or_the_file_that_is_replaced(tmp_path):
    before = os.umask(0o027)
    try:
        atomic_write(tmp_path / "new", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640
    (tmp_path / "new").chmod(0o604)
    atomic_write(tmp_path / "new", "y")
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o604


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    atomic_write(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_text() == "new"


def test_what_is_not_a_regular_file_is_refused_and_stays(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match=r"^.* is a folder: name a file to write$"):
        atomic_write(tmp_path, "x")
    os.mkfifo("pipe")
    with pytest.raises(ValueError, match=r"^pipe is not a regular file: name a file to write$"):
        atomic_write("pipe", "x")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        with pytest.raises(ValueError, match=r"^socket is not a regular file: name a file to write$"):
            atomic_write("socket", "x")
    assert stat.S_ISFIFO(os.stat("pipe").st_mode) and stat.S_ISSOCK(os.stat("socket").st_mode)


def test_a_full_disk_is_said_of_the_file(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*report\.html'$"):
        atomic_write(tmp_path / "report.html", "x")
