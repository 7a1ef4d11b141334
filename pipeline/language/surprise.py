"""How surprising a page is: the perplexity of its clean text under a language model that forgets the page itself."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from pipeline.text.models import PARAGRAPH, LanguageModel

#: A model that has seen fewer characters of other texts says nothing worth plotting.
LEAST = 20_000
#: Between two texts: so many breaks that none is context of the next.
_APART = np.zeros(5, dtype=np.uint16)


def perplexity(language: LanguageModel, page_text: str, texts: Iterable[str]) -> float | None:
    """Perplexity a character of `texts` (the page's articles), without what `page_text` itself taught the model.

    None where there is nothing to score, or the model has seen too little else. 30 is fluent prose to a good model;
    several hundred are a page of another kind, or a bad scan.
    """
    if language.n_chars - len(page_text) < LEAST:
        return None
    own = language.own_counts(page_text)
    rows = [language.encode(text) for text in texts]
    # All in one: the model's tables are large, and many questions at once find their answers faster than a few.
    scores = language.logprobs(np.concatenate([np.append(ids, _APART) for ids in rows] or [_APART]), own)
    total, n, at = 0.0, 0, 0
    for ids in rows:
        counted = (ids != PARAGRAPH) & (np.arange(len(ids)) > 1)
        total += float(scores[at : at + len(ids)][counted].sum())
        n += int(counted.sum())
        at += len(ids) + len(_APART)
    return round(float(np.exp(-total / n)), 3) if n else None
