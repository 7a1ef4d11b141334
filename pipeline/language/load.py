"""Everything the steps look up, gathered."""

from __future__ import annotations

from pipeline.language.alphabet import learn_variants
from pipeline.language.confusables import load_confusables
from pipeline.language.gazetteer import load_gazetteer
from pipeline.language.glyphs import load_glyphs
from pipeline.language.names import load_names
from pipeline.language.ngrams import NgramModel, empty_model
from pipeline.language.script import load_script
from pipeline.language.weights import load_weights
from pipeline.language.words import load_words
from pipeline.text.models import Models
from pipeline.text.reader import LEAST_TEXT


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
        weights=load_weights("small" if language.n_chars < LEAST_TEXT else "large"),
    )
