from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pipeline.language.glyphs import TABLE, load_glyphs
from pipeline.language.render_glyphs import FONTS, draw, gb2312_hanzi, nearest


def test_the_table_is_small() -> None:
    assert TABLE.stat().st_size <= 2_000_000


@pytest.mark.parametrize(("a", "b", "rank"), [("进", "迸", 1), ("书", "韦", 3), ("溢", "滏", 100), ("己", "已", 2)])
def test_look_alikes_are_neighbours(a: str, b: str, rank: int) -> None:
    assert b in [c for c, _ in load_glyphs().neighbours(a)][:rank]


def test_similarity_is_symmetric_and_bounded() -> None:
    glyphs = load_glyphs()
    assert glyphs.similarity("进", "迸") == glyphs.similarity("迸", "进") > 0.9
    assert glyphs.similarity("进", "进") == 1
    assert glyphs.similarity("一", "鬻") == 0
    assert glyphs.similarity("A", "进") == 0
    assert glyphs.neighbours("A") == ()


def test_neighbours_come_nearest_first() -> None:
    sims = [s for _, s in load_glyphs().neighbours("未")]
    assert len(sims) == 100
    assert sims == sorted(sims, reverse=True)


def test_nearest_keeps_ties_in_order() -> None:
    rows = np.array([[1, 0], [0, 1], [0, 1]], np.float32)
    ids, sims = nearest([rows, rows], 2)
    assert ids.tolist() == [[1, 2], [2, 0], [1, 0]]
    assert sims.tolist() == [[0, 0], [255, 0], [255, 0]]


@pytest.mark.skipif(not all(Path(font).exists() for font, _ in FONTS), reason="needs fonts-noto-cjk")
def test_drawn_rows_have_mean_zero_and_length_one() -> None:
    pytest.importorskip("PIL")
    rows = draw(["进", "迸", "一"], *FONTS[0], 0.8)
    assert np.allclose(rows.mean(axis=1), 0, atol=1e-4)
    assert np.allclose((rows**2).sum(axis=1), 1, atol=1e-3)
    assert rows[0] @ rows[1] > rows[0] @ rows[2]
    assert len(gb2312_hanzi()) == 6763
