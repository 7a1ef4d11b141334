"""Render the table of look-alike hanzi: `python -m pipeline.language.render_glyphs [TARGET.npz]`.

The 6,763 hanzi of GB2312 are drawn in Noto Serif CJK SC and Noto Sans CJK SC (SIL Open Font License) at 32 pixels,
blurred a little and a little more (as bad print and low resolution blur them), and compared by the cosine of their
mean-free pixels; the four cosines are averaged. Kept are the 100 nearest of each. The fonts are needed here only
(Debian: `fonts-noto-cjk`), and Pillow; the table is committed.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

SIZE = 32
BLURS = (0.8, 1.6)
N_NEIGHBOURS = 100
FOLDER = Path("/usr/share/fonts/opentype/noto")
#: File and face: the collections hold JP, KR, SC, TC, HK in this order.
FONTS = ((FOLDER / "NotoSerifCJK-Regular.ttc", 2), (FOLDER / "NotoSansCJK-Regular.ttc", 2))
TARGET = Path(__file__).parent / "data" / "glyphs.npz"

Pixels = npt.NDArray[np.float32]


def gb2312_hanzi() -> list[str]:
    """The 6,763 hanzi of GB 2312-80, in its order.

    >>> hanzi = gb2312_hanzi(); len(hanzi), hanzi[0], hanzi[-1]
    (6763, '啊', '齄')
    """
    found = []
    for row in range(0xB0, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                found.append(bytes((row, cell)).decode("gb2312"))
            except UnicodeDecodeError:  # five empty cells at the end of row 0xD7
                continue
    return found


def draw(chars: Sequence[str], font: Path, face: int, blur: float) -> Pixels:
    """One row of unit length and mean zero for each character."""
    from PIL import Image, ImageDraw, ImageFilter, ImageFont

    pen = ImageFont.truetype(str(font), SIZE, index=face)
    side = SIZE + 8
    rows = np.zeros((len(chars), side * side), np.float32)
    for i, char in enumerate(chars):
        image = Image.new("L", (side, side))
        ImageDraw.Draw(image).text((side // 2, side // 2), char, font=pen, fill=255, anchor="mm")
        rows[i] = np.asarray(image.filter(ImageFilter.GaussianBlur(blur)), np.float32).ravel()
    rows -= rows.mean(axis=1, keepdims=True)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


def nearest(layers: Sequence[Pixels], n: int) -> tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint8]]:
    """Indices and similarities (255 = the same) of the `n` nearest of each row, nearest first, ties by index."""
    n_rows = len(layers[0])
    ids = np.zeros((n_rows, n), np.uint16)
    sims = np.zeros((n_rows, n), np.uint8)
    for start in range(0, n_rows, 512):
        cosines: Pixels = sum((layer[start : start + 512] @ layer.T for layer in layers), np.zeros((), np.float32))
        block = np.round(cosines / len(layers), 4)  # so that another BLAS gives the same order
        block[np.arange(len(block)), np.arange(start, start + len(block))] = -1
        order = np.argsort(-block, axis=1, kind="stable")[:, :n]
        ids[start : start + len(block)] = order
        near = np.take_along_axis(block, order, axis=1)
        sims[start : start + len(block)] = np.round(np.clip(near, 0, 1) * 255)
    return ids, sims


def main(target: Path = TARGET) -> None:
    """Write the table and say where it comes from."""
    chars = gb2312_hanzi()
    layers = [draw(chars, font, face, blur) for font, face in FONTS for blur in BLURS]
    ids, sims = nearest(layers, N_NEIGHBOURS)
    np.savez_compressed(target, chars=np.array("".join(chars)), ids=ids, sims=sims)
    print(f"{target}: {len(chars)} hanzi of GB2312, {N_NEIGHBOURS} neighbours each, {target.stat().st_size:,} bytes")
    for font, face in FONTS:
        print(f"  drawn in {font.name} face {face} (Noto CJK, SIL Open Font License 1.1)")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)
