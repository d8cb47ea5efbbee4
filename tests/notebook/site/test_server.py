"""The server: this machine only, its folder only, and a clear error when the port is in use."""

import gzip
import http.client
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import brotli
import pytest

from onewarm.notebook.site.server import PortTakenError, application, running, serve


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    folder = tmp_path / "site"
    (folder / "deep").mkdir(parents=True)
    (folder / "index.html").write_text("home" * 1000, encoding="utf-8")
    (folder / "deep/index.html").write_text("deep", encoding="utf-8")
    (folder / ".hidden").write_text("secret", encoding="utf-8")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    with running(site) as found:
        yield found


def get(address: str, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.putrequest("GET", path, skip_host="Host" in headers, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.endheaders()
    answer = connection.getresponse()
    found = (answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
    connection.close()
    return found


def test_it_serves_files_and_index_files(address: str) -> None:
    assert address.startswith("http://127.0.0.1:")
    assert get(address, "/")[2] == b"home" * 1000
    assert get(address, "/deep/")[2] == b"deep"
    assert get(address, "/deep")[0] in (301, 307)


@pytest.mark.parametrize(
    "path",
    ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/deep/../../secret.txt", "/%2e%2e%2fsecret.txt",
     "//secret.txt", "/..\\secret.txt", "/link.txt", "/.hidden", "/%2ehidden", "/nothing", "/%00", "/" + "a" * 3000],
)  # fmt: skip
def test_nothing_outside_the_folder_and_nothing_hidden(address: str, path: str) -> None:
    status, headers, body = get(address, path)
    assert status in (400, 404, 307)
    assert b"secret" not in body
    if status != 400:
        assert "default-src 'none'" in headers["content-security-policy"]


def test_headers(address: str) -> None:
    _, headers, _ = get(address, "/")
    assert "unsafe" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_another_hosts_name_is_refused(address: str) -> None:
    assert get(address, "/", Host="evil.example")[0] == 400
    assert get(address, "/", Host="localhost")[0] == 200


@pytest.mark.parametrize(
    ("accepted", "used"),
    [
        ("gzip", "gzip"),
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0, gzip;q=.5", "gzip"),
        ("identity", None),
        ("", None),
    ],
)
def test_it_compresses(address: str, accepted: str, used: str | None) -> None:
    plain = get(address, "/")[2]
    _, headers, body = get(address, "/", Accept_Encoding=accepted)
    assert headers.get("content-encoding") == used
    assert (len(body) < 400) == (used is not None)
    unpack = {"gzip": gzip.decompress, "br": brotli.decompress, None: bytes}[used]
    assert unpack(body) == plain


def test_only_reading(address: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=10)
    connection.request("PUT", "/index.html", body=b"x")
    assert connection.getresponse().status == 405
    connection.close()


def test_a_port_in_use_is_an_error_with_a_remedy(site: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortTakenError, match=rf"^port {port} is in use by another program .*--port 0"):
            serve(site, port=port, open_browser=False)


def test_a_port_out_of_range(site: Path) -> None:
    with pytest.raises(
        ValueError, match=r"^port 70000 is out of range; choose one from 1 to 65535, or 0 for any free one$"
    ):
        serve(site, port=70000, open_browser=False)


def test_a_folder_without_a_site(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=re.escape("holds no index.html; build the site first: onewarm build")):
        application(tmp_path)


def test_it_stops(site: Path) -> None:
    with running(site) as address:
        host, port = urlsplit(address).netloc.split(":")
    with pytest.raises(ConnectionRefusedError), socket.create_connection((host, int(port)), timeout=2):
        pass


def test_a_file_is_compressed_as_it_is_now(address: str, site: Path) -> None:
    answers = []
    for text in ("home" * 1000, "home" * 1000, "away" * 1000):
        (site / "index.html").write_text(text, encoding="utf-8")
        status, headers, body = get(address, "/", Accept_Encoding="deflate, gzip")
        assert status == 200 and headers["vary"] == "Accept-Encoding"
        assert headers["content-length"] == str(len(body))
        assert headers["content-type"].startswith("text/html")
        assert gzip.decompress(body).decode() == text
        answers.append(headers["etag"])
    assert answers[2] != answers[0]
    assert get(address, "/", Accept_Encoding="gzip", If_None_Match=answers[2])[0] == 304
    assert get(address, "/", If_None_Match=answers[2])[0] == 304


def test_a_range_and_a_short_file_are_sent_as_they_are(address: str) -> None:
    status, headers, body = get(address, "/", Accept_Encoding="gzip", Range="bytes=2-5")
    assert (status, body) == (206, b"meho") and "content-encoding" not in headers
    _, headers, body = get(address, "/deep/", Accept_Encoding="gzip")
    assert body == b"deep" and "content-encoding" not in headers
