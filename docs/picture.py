"""Takes the README's picture of the page, from the site that `onewarm open` built: `make picture`."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

from onewarm.notebook.server import running
from onewarm.study.home import home

OUT = Path(__file__).with_name("page.png")


def main() -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("no chromium: install Debian's package of that name")
    site = home() / "site"
    if not site.is_dir():
        sys.exit(f"no site in {site}: run `make open` first")
    with running(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-background-networking", "--disable-gpu"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 2600}, color_scheme="light", reduced_motion="reduce")
        page.goto(f"{address}concept/optimization/label-smoothing/")
        demo = page.locator(".demo").first
        demo.scroll_into_view_if_needed()
        page.wait_for_timeout(1000)  # it draws when it comes into view
        box = demo.bounding_box()
        assert box is not None
        margin = 24
        clip = {"x": box["x"] - margin, "y": box["y"] - margin}
        page.screenshot(path=OUT, clip={**clip, "width": box["width"] + 2 * margin, "height": box["height"] + margin})
        browser.close()
    print(f"wrote {OUT}")


if __name__ == "__main__":
    main()
