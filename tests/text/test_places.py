"""Place names: one look-alike character from a known place."""

from __future__ import annotations

import pytest
from correction_pages import PROFILE, changes, corrected, models, passages

from pipeline.text.correct import correct


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        ("他从小在滹沦河边长大。", "沦", "沱"),
        ("船队驶过洪译湖入江。", "译", "泽"),
        ("他家就在小浪庄河边。", None, None),
    ],
)
def test_an_unknown_river_is_suggested(text: str, before: str | None, after: str | None) -> None:
    expected = [] if before is None else [("suggested", before, after)]
    assert changes(correct(passages(text), text, models(), PROFILE)) == expected


def test_a_place_printed_elsewhere_on_the_page_is_evidence_enough() -> None:
    text = "滹沱河今年来水偏多。滹沱河沿岸加固堤防。\n他从小在滹沦河边长大。"
    edits = correct(passages(text), text, models(), PROFILE)
    assert corrected(text, edits) == text.replace("滹沦河", "滹沱河")
    assert edits[0].evidence is not None
    assert "滹沱河 2 times on this page" in edits[0].evidence


@pytest.mark.parametrize(
    "text",
    [
        "永定河、大清河、子牙河都从这里入海。",
        "从城市到乡村，这座城市的各个山区都通了车。",
        "打开了市场，对城市治理有益，一市三省共同推进。",
        "村外的小石河不宽，河上有桥。",
        "浙江五省市代表到会。",
    ],
)
def test_known_places_and_common_words_are_left_alone(text: str) -> None:
    assert correct(passages(text), text, models(), PROFILE) == []
