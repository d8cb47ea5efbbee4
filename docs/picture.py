"""Takes the pictures of the documentation from the site that `onewarm open` or `onewarm build` made: `make pictures`.

page.png is the README's; pages/ has of every page, in light, in dark and at 360 px, the opening, two steps of the
lesson, the evidence and the practice.
"""

import io
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import sync_playwright

from onewarm.home import home
from onewarm.notebook.site.server import running

HERE = Path(__file__).parent
HEIGHT = 800
LOOKS = {"light": (1280, "light"), "dark": (1280, "dark"), "narrow": (360, "light")}


def main() -> None:
    site = Path(sys.argv[1]) if len(sys.argv) > 1 else home() / "site"
    if not site.is_dir():
        sys.exit(f"no site in {site}: run `make open` first, or name the folder of one")
    pages = sorted(path.parent.relative_to(site) for path in site.glob("concept/*/*/index.html"))
    for old in (HERE / "pages").glob("*.png"):
        old.unlink()
    with running(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
        )
        for i, page in enumerate(pages):
            for j, (look, (width, scheme)) in enumerate(LOOKS.items()):
                print(f"{i * len(LOOKS) + j + 1} of {len(pages) * len(LOOKS)}: {page.name}, {look}")
                view = browser.new_page(
                    viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, reduced_motion="reduce"
                )
                view.goto(f"{address}{page.as_posix()}/")
                view.wait_for_selector("body.live")
                view.wait_for_timeout(800)
                for name, place in views(view).items():
                    place()
                    view.wait_for_timeout(1200)  # the stage follows the text, and charts are drawn
                    png = view.screenshot()
                    save(png, HERE / "pages" / f"{page.name}-{name}-{look}.png")
                    if (page.name, name, look) == ("label-smoothing", "step-2", "light"):
                        save(png, HERE / "page.png", width=1180)
                view.close()
        browser.close()


def views(page: Any) -> dict[str, Callable[[], None]]:
    """What is pictured of a page, and how one gets there."""
    steps = page.locator(".step")
    count = steps.count()

    def step(i: int) -> Callable[[], None]:
        return lambda: steps.nth(i).evaluate("node => node.scrollIntoView({block: 'center'})")

    def panel(name: str) -> Callable[[], None]:
        return lambda: page.evaluate("name => document.getElementById(name).scrollIntoView()", name)

    return {
        "opening": lambda: page.evaluate("scrollTo(0, 0)"),
        "step-1": step(count // 3),
        "step-2": step(2 * count // 3),
        "evidence": panel("claims"),
        "practice": panel("practice"),
    }


def photograph(reports: list[Path], folder: Path, chosen: str, picture: Path) -> None:
    """Pictures of these reports in each of `LOOKS`, their first screen and whole, in `folder`.

    Args:
        reports: HTML files.
        folder: of the pictures.
        chosen: the stem of the report whose first screen the documentation shows.
        picture: of the documentation.
    """
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
        )
        for report in reports:
            for look, (width, scheme) in LOOKS.items():
                view = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
                view.goto(report.resolve().as_uri())
                view.screenshot(path=folder / f"{report.stem}-{look}.png")
                view.screenshot(path=folder / f"{report.stem}-{look}-full.png", full_page=True)
                if (report.stem, look) == (chosen, "light"):
                    save(view.screenshot(), picture, width=1180)
                view.close()
        browser.close()


def folder_named(usage: str) -> Path:
    """The folder that the command line names, made where it is not there."""
    if len(sys.argv) != 2:
        sys.exit(f"usage: python {usage} DIR, a folder for the reports and their pictures")
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def chromium() -> str:
    """Debian's Chromium."""
    path = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if path is None:
        sys.exit("no chromium: install Debian's package of that name")
    return path


def save(png: bytes, path: Path, *, width: int = 800, height: int | None = None) -> None:
    """The picture, or its upper part of this height, at most so wide, in 256 colours: small and sharp."""
    image: Any = Image.open(io.BytesIO(png)).convert("RGB")
    if height is not None:
        image = image.crop((0, 0, image.width, min(height, image.height)))
    if image.width > width:
        image = image.resize((width, round(image.height * width / image.width)), Image.Resampling.LANCZOS)
    path.parent.mkdir(exist_ok=True)
    image.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main()
