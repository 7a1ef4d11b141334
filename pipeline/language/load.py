"""Everything the steps look up, gathered."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources

from pipeline.language.alphabet import learn_variants
from pipeline.language.confusables import load_confusables
from pipeline.language.gazetteer import load_gazetteer
from pipeline.language.glyphs import load_glyphs
from pipeline.language.names import load_names
from pipeline.language.ngrams import NgramModel, empty_model
from pipeline.language.script import load_script
from pipeline.language.words import load_words
from pipeline.text.models import Models

#: With less text than this the language model says too little: other weights are used.
SMALL_MODEL = 300_000


def load_models(language: NgramModel | None = None) -> Models:
    """The models of this process: the lexicons (loaded once) and the given n-gram model (none = nothing learned)."""
    language = language or empty_model()
    script = load_script()
    learn_variants(dict(script.characters))
    return Models(
        words=load_words(),
        glyphs=load_glyphs(),
        script=script,
        names=load_names(),
        confusables=load_confusables(),
        gazetteer=load_gazetteer(),
        language=language,
        weights=load_weights("small" if language.n_chars < SMALL_MODEL else "large"),
    )


@cache
def load_weights(size: str) -> Mapping[str, float]:
    """The trained weights for a `small` or `large` language model: feature → weight."""
    path = resources.files("pipeline.language") / "data" / f"weights_{size}.csv"
    rows = csv.reader(line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in rows}
