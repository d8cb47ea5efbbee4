"""Everything compiled in advance: what is listed, who does it, what goes wrong."""

import subprocess
import sys
from pathlib import Path

import pytest

from onewarm import warm as module
from onewarm.errors import InputError
from onewarm.kernels.jit import object_cache


def test_every_kernel_and_pass_is_a_job(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(module.compiled, "kernel", lambda *name: asked.append(name))
    monkeypatch.setattr(module, "_pass", lambda *name: asked.append(name))
    for job in module.jobs():
        job()
    assert len(set(asked)) == len(asked) == 4 * 10 + 2 * 3
    assert ("pass_general", "float64") in asked and ("uint16", "labels", "none") in asked


def test_passes_are_found_by_name() -> None:
    assert callable(module._pass("pass_binary", "float32"))


WORKER = "import sys; sys.stdout.write('1\\n2\\n')"


def run(monkeypatch: pytest.MonkeyPatch, code: str) -> list[int]:
    """Two workers that run ``code``; what they report."""
    started = subprocess.Popen

    def start(command: list[str], **options: object) -> "subprocess.Popen[str]":
        assert command[1:3] == ["-m", "onewarm.warm"]
        return started([sys.executable, "-c", code], **options)  # type: ignore[call-overload,no-any-return]

    monkeypatch.setattr(module.subprocess, "Popen", start)
    seen: list[int] = []
    assert module.warm(lambda done, total: seen.append(done), processes=2).functions == 46
    return seen


def test_progress_counts_what_all_processes_did(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, WORKER) == [1, 2, 3, 4]


def test_what_ends_a_process_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RuntimeError, match=r"^a function could not be compiled:\nno such instruction$"):
        run(monkeypatch, "import sys; sys.exit('no such instruction')")


def test_without_a_folder_to_write_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(object_cache, "folders", lambda: iter([tmp_path / "file" / "below"]))
    with pytest.raises(InputError, match=r"below: set NUMBA_CACHE_DIR to a folder to write to$"):
        module.warm()


@pytest.mark.long
def test_afterwards_nothing_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    done = module.warm()
    assert done.folder == tmp_path / "onewarm" and len(list(done.folder.iterdir())) == done.functions
    code = (
        "import onewarm.kernels.jit.entry as entry, numpy as np, onewarm as ow; entry._cfunc = None\n"
        "from onewarm.calibration import CalibrationSummary\n"
        "z = np.eye(3, dtype='f4'); ow.cross_entropy(z, np.arange(3))\n"
        "CalibrationSummary().update(z, np.arange(3)); print('ok')"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "ok"
