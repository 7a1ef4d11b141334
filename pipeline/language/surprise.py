"""How surprising a page is: the perplexity of its clean text under a language model that forgets the page itself."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from pipeline.text.models import PARAGRAPH, LanguageModel

#: A model that has seen fewer characters of other texts says nothing worth plotting.
LEAST = 20_000


def perplexity(language: LanguageModel, page_text: str, texts: Iterable[str]) -> float | None:
    """Perplexity a character of `texts` (the page's articles), without what `page_text` itself taught the model.

    None where there is nothing to score, or the model has seen too little else. 30 is fluent prose to a good model;
    several hundred are a page of another kind, or a bad scan.
    """
    if language.n_chars - len(page_text) < LEAST:
        return None
    own = language.own_counts(page_text)
    total, n = 0.0, 0
    for text in texts:
        ids = language.encode(text)
        counted = (ids != PARAGRAPH) & (np.arange(len(ids)) > 1)
        total += float(language.logprobs(ids, own)[counted].sum())
        n += int(counted.sum())
    return round(float(np.exp(-total / n)), 3) if n else None
