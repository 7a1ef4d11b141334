"""Pages that once broke something: refused with a reason, or sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.datasets.invariants import check_page
from pipeline.text.decode import Undecodable, decode, encode
from pipeline.text.document import Page
from pipeline.text.models import Models
from pipeline.text.page import clean_page
from pipeline.text.profile import CleaningProfile

KEPT = sorted((Path(__file__).parents[1] / "kept").glob("*.txt"))
#: Each line is right in one encoding and nonsense in another.
MIXED = {"a_line_of_utf8_in_gb18030", "gb18030_after_big5"}


@pytest.mark.parametrize("path", KEPT, ids=lambda p: p.stem)
def test_what_broke_once_is_sound(path: Path, models: Models, profile: CleaningProfile) -> None:
    data = path.read_bytes()
    try:
        decoded = decode(data)
    except Undecodable as refused:
        assert refused.detail
        text = data.decode("utf-8", "replace")
    else:
        assert path.stem not in MIXED
        assert encode(decoded.text, decoded.encoding) == data
        text = decoded.text
    assert check_page(clean_page(Page("kept/p", text), models, profile)) == []
