"""Banmian as a library: one page in, articles out, without Dagster."""

from __future__ import annotations

from dataclasses import fields
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from pipeline.language.lexicon import LexiconError, UserLexicon, read_lexicon
from pipeline.language.load import load_models
from pipeline.text.decode import Undecodable, decode
from pipeline.text.document import CleanPage, Page, Paragraph
from pipeline.text.models import Models
from pipeline.text.page import clean_page
from pipeline.text.profile import CleaningProfile

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CleanedPage", "LexiconError", "Undecodable", "clean_bytes", "clean_text"]


class CleanedPage(CleanPage):
    """A clean page that can show itself as the tables of the contract."""

    @property
    def paragraphs(self) -> tuple[Paragraph, ...]:
        """The paragraphs of all articles, in reading order."""
        return tuple(p for a in self.articles for p in a.paragraphs)

    def to_frames(self) -> dict[str, pd.DataFrame]:
        """Table name → pandas frame: `pages`, `articles`, `paragraphs`, `edits`, `duplicates`, `orphans`, `ledger`,
        `quality`."""
        from pipeline.datasets.tables import frames
        from pipeline.version import software_version

        return frames([self], software_version())


def clean_text(
    text: str, *, page_id: str = "page", profile: CleaningProfile | None = None, lexicon: str | None = None
) -> CleanedPage:
    """Cleans one page. `lexicon`: a folder of the user's own terms, names, places and pairs.

    >>> page = clean_text("天气回暖\\n本报讯 昨日天气回暖,游人如织。\\n")
    >>> [a.headline for a in page.articles]
    ['天气回暖']
    """
    data = text.encode("utf-8", "surrogatepass")
    return _clean(Page(page_id, text, sha256=sha256(data).hexdigest(), n_bytes=len(data)), profile, lexicon)


def clean_bytes(
    data: bytes, *, page_id: str = "page", profile: CleaningProfile | None = None, lexicon: str | None = None
) -> CleanedPage:
    """Cleans one page as it stands in a file, in any of the encodings that Banmian reads.

    Raises:
        Undecodable: it is empty, binary, or in an encoding that cannot be read without loss.
        LexiconError: the lexicon cannot be used.
    """
    decoded = decode(data)
    page = Page(page_id, decoded.text, sha256=sha256(data).hexdigest(), n_bytes=len(data), encoding=decoded.encoding)
    return _clean(page, profile, lexicon)


def _clean(page: Page, profile: CleaningProfile | None, lexicon: str | None) -> CleanedPage:
    models = _models(read_lexicon(lexicon) if lexicon else UserLexicon())
    clean = clean_page(page, models, profile or CleaningProfile())
    return CleanedPage(**{f.name: getattr(clean, f.name) for f in fields(clean)})


@lru_cache(maxsize=2)
def _models(lexicon: UserLexicon) -> Models:
    return load_models(lexicon=lexicon)
