"""What every test starts from: no state of the user's, the same random choices, one Chromium for all that need it."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet
import pytest
from hypothesis import settings
from numpy.typing import NDArray

Model = tuple[NDArray[np.float64], NDArray[np.int64]]

os.environ.setdefault("ONEWARM_KERNEL", "compiled")  # an error where the definition would be taken in its place
os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # a thread that waits leaves its core to the other processes
# Run in a process of its own: its import of torch.testing._internal changes PyTorch's settings.
collect_ignore = ["torch/cross_entropy/pytorch_samples.py"]
settings.register_profile("onewarm", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("onewarm")


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stores, evidence and pages go to a fresh folder, never to the user's."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("ONEWARM_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """Debian's Chromium, headless, kept off the network; tests that ask for it skip where it is not installed."""
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")  # the latter draws its own menus as well
    if path is None:
        pytest.skip("no chromium on this machine: the browser tests need Debian's chromium-headless-shell or chromium")
    from playwright.sync_api import sync_playwright

    quiet = ["background-networking", "component-update", "sync", "default-apps", "gpu", "quic"]
    args = [f"--disable-{what}" for what in quiet] + ["--no-first-run"]
    if os.geteuid() == 0:
        args.append("--no-sandbox")
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        read_what_is_drawn(patch)
        browser = playwright.chromium.launch(executable_path=path, headless=True, args=args)
        yield browser
        browser.close()


def read_what_is_drawn(patch: pytest.MonkeyPatch) -> None:
    """Makes every reading of a page (and every `evaluate`) wait for what was asked of the page before.

    A page draws what an action changed in the next frame, in a task after it, or when an observer has seen a size: on a
    busy machine that is after the action has returned. So before it is read, two frames pass in the page, each with a
    task. The page's queues keep their order, so this holds however slow the machine is. `wait_for_timeout` counts in
    the page for the same reason: when it ends, so has every shorter timer that the page had set. What takes longer (a
    request, training, speech after a rest) is awaited by `expect` or `wait_for_function`.
    """
    from playwright.sync_api import Error, Locator, Page, expect

    expect.set_options(timeout=30_000)  # like everything else that is awaited
    drawn = """wait => matchMedia("(scripting: none)").matches || new Promise((done) => {
      const frame = (then, ms) => requestAnimationFrame(() => setTimeout(then, ms));
      frame(() => frame(done, wait), 0); })"""
    evaluate = Page.evaluate

    def settle(page: Page, wait: float = 0) -> None:
        while True:
            try:
                return evaluate(page, drawn, wait)
            except Error as error:
                if "context was destroyed" not in error.message:  # by a link that was followed: then the next page
                    raise

    def after_drawing(read: Callable[..., Any]) -> Callable[..., Any]:
        def waits(self: Page | Locator, *args: Any, **options: Any) -> Any:
            settle(self if isinstance(self, Page) else self.page)
            return read(self, *args, **options)

        return waits

    reads = "eval.*|all.*|inner_.*|text_content|get_attribute|input_value|count|bounding_box|screenshot|is_(?!closed).*"
    for kind in (Page, Locator):
        for name in filter(re.compile(reads).fullmatch, dir(kind)):
            patch.setattr(kind, name, after_drawing(getattr(kind, name)))
    patch.setattr(Page, "wait_for_timeout", settle)


@pytest.fixture
def write_table() -> Callable[[Path, pa.Table], Path]:
    """Writes a table in the format that the path's suffix names; in NPZ the columns p0, p1, ... become one matrix p."""

    def write(path: Path, table: pa.Table) -> Path:
        if path.suffix == ".csv":
            pyarrow.csv.write_csv(table, path)
        elif path.suffix == ".parquet":
            pyarrow.parquet.write_table(table, path, row_group_size=100)
        elif path.suffix == ".feather":
            pyarrow.feather.write_feather(table, path, compression="uncompressed", chunksize=100)
        elif path.suffix == ".arrow":
            with pyarrow.ipc.new_stream(path, table.schema) as out:
                out.write_table(table, max_chunksize=100)
        else:
            family = [n for n in table.column_names if re.fullmatch(r"p\d", n)]
            others = {n: table.column(n).to_numpy() for n in table.column_names if n not in family}
            others = {n: a.astype(str) if a.dtype == object else a for n, a in others.items()}
            np.savez(path, p=np.column_stack([table.column(n).to_numpy() for n in family]), **others)
        return path

    return write


@pytest.fixture
def draw() -> Callable[..., Model]:
    """Draws ``n`` labels from softmax(z), and gives the logits ``scale`` * z: overconfident by that temperature."""

    def draw_model(n: int = 4000, scale: float = 2.0, seed: int = 0, k: int = 4) -> Model:
        rng = np.random.default_rng(seed)
        z = rng.normal(size=(n, k)) * 1.5
        e = np.exp(z)
        labels = (e.cumsum(axis=1) / e.sum(axis=1, keepdims=True) > rng.random((n, 1))).argmax(axis=1)
        return scale * z, labels

    return draw_model


@pytest.fixture
def save(tmp_path: Path) -> Callable[..., Path]:
    """Writes arrays to an NPZ file."""

    def write(name: str = "model.npz", **arrays: Any) -> Path:
        np.savez(tmp_path / name, **arrays)
        return tmp_path / name

    return write
