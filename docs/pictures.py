"""Makes the pictures of these pages: the report over invented newspaper pages, in a headless Chromium.

python docs/pictures.py          (needs the extra `dev`, Chromium and a Chinese font)
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from pipeline.run import run
from pipeline.settings import Settings

HERE = Path(__file__).resolve().parent
PAGES = HERE.parent / "tests" / "pages"
IMAGES = HERE / "images"
#: Which invented pages make up the paper that is shown.
SHOWN = {
    "2025-03-03": ("synthetic/s01_far_joins", "synthetic/s03_misprints", "in_the_wild/w02_evening_city"),
    "2025-03-04": ("synthetic/s02_duplicates", "in_the_wild/w05_trade_port"),
    "2025-03-05": ("in_the_wild/w01_national_no_byline", "in_the_wild/w12_sports_evening"),
}


def main() -> None:
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with tempfile.TemporaryDirectory() as folder:
        report = cleaned(Path(folder))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            tab = browser.new_page(viewport={"width": 1280, "height": 760}, device_scale_factor=1.25)
            whole_page(tab, report)
            note(tab, report)
            first_page(tab, report)
            browser.close()
    for name in ("understood", "edit", "report"):
        small(IMAGES / f"{name}.png")


def small(image: Path) -> None:
    """Few colours are enough for text on paper."""
    Image.open(image).convert("RGB").quantize(96).save(image, optimize=True)


def cleaned(folder: Path) -> Path:
    """The report over the paper."""
    for day, names in SHOWN.items():
        issue = folder / "in" / "江海日报" / day
        issue.mkdir(parents=True)
        for number, name in enumerate(names, 1):
            shutil.copy(PAGES / f"{name}.txt", issue / f"{number:02d}.txt")
    summary = run(Settings(str(folder / "in"), str(folder / "out")))
    if summary.exit_code:
        sys.exit("\n".join([*summary.failures, *summary.withheld]))
    return folder / "out" / "report"


def whole_page(tab: Page, report: Path) -> None:
    tab.goto((report / "pages" / "江海日报__2025-03-03" / "01.html").as_uri())
    tab.wait_for_timeout(300)
    tab.screenshot(path=IMAGES / "understood.png")


def note(tab: Page, report: Path) -> None:
    """A correction that is pointed at, with what stands around it."""
    for page in sorted((report / "pages").glob("*/0*.html")):
        tab.goto(page.as_uri())
        correction = tab.locator("#read-side mark.correct").first
        if correction.count():
            break
    correction.focus()
    tab.keyboard.press("W")
    tab.keyboard.press("w")
    tab.wait_for_timeout(900)
    box = tab.locator("#why").bounding_box()
    assert box
    left, top = max(0, box["x"] - 300), max(0, box["y"] - 130)
    clip = {"x": left, "y": top, "width": min(720, 1280 - left), "height": min(400, 760 - top)}
    tab.screenshot(path=IMAGES / "edit.png", clip=clip)  # type: ignore[arg-type]


def first_page(tab: Page, report: Path) -> None:
    tab.goto((report / "index.html").as_uri())
    tab.keyboard.press("/")
    tab.keyboard.type("江海日报")
    tab.wait_for_timeout(600)
    tab.screenshot(path=IMAGES / "report.png")


if __name__ == "__main__":
    main()
