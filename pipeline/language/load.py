"""Everything the steps look up, gathered."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from pipeline.language.confusables import load_confusables
from pipeline.language.confusions import Confusions, confusions_id
from pipeline.language.gazetteer import load_gazetteer
from pipeline.language.glyphs import load_glyphs
from pipeline.language.lexicon import UserLexicon
from pipeline.language.names import load_names
from pipeline.language.ngrams import NgramModel, empty_model
from pipeline.language.script import load_script
from pipeline.language.substitution import Substitutions
from pipeline.language.weights import load_weights
from pipeline.language.words import load_words
from pipeline.text.models import ConfusablePair, Models
from pipeline.text.reader import LEAST_TEXT
from pipeline.text.terms import Terms

#: A user's word counts like a word of general text that is neither rare nor common.
OWN_WORD = 500


def load_models(
    language: NgramModel | None = None,
    lexicon: UserLexicon | None = None,
    confusions: Confusions | None = None,
    page_counts: Mapping[str, int] | None = None,
    names_id: str = "",
) -> Models:
    """The models of this process: the lexicons (loaded once), the given n-gram model (none = nothing learned), what
    the user knows (`lexicon`) or decided (`confusions`), and on how many pages names stand, under their id."""
    language, lexicon, confusions = language or empty_model(), lexicon or UserLexicon(), confusions or {}
    script = load_script()
    words = load_words().with_words(_own_words(lexicon))
    return Models(
        words=words,
        glyphs=load_glyphs(),
        script=script,
        names=load_names(),
        confusables=_pairs(load_confusables(), lexicon.confusables),
        gazetteer=load_gazetteer(frozenset(lexicon.places)),
        language=language,
        substitutions=Substitutions(language, load_glyphs(), words),
        weights=load_weights("small" if language.n_chars < LEAST_TEXT else "large"),
        protected=Terms([*lexicon.protected, *lexicon.names, *lexicon.places]),
        known_names=frozenset(lexicon.names),
        confusions=confusions,
        knowledge_id=knowledge_id(lexicon.lexicon_id, confusions_id(confusions), names_id),
        page_counts=page_counts or {},
    )


def knowledge_id(*parts: str) -> str:
    """Eight hex digits for the content hashes of what the user knows; empty if all are."""
    return hashlib.sha256("+".join(parts).encode()).hexdigest()[:8] if any(parts) else ""


def _pairs(shipped: tuple[ConfusablePair, ...], own: tuple[ConfusablePair, ...]) -> tuple[ConfusablePair, ...]:
    """The user's pair stands for a shipped one of the same two words."""
    replaced = {frozenset((p.a, p.b)) for p in own}
    return (*(p for p in shipped if frozenset((p.a, p.b)) not in replaced), *own) if own else shipped


def _own_words(lexicon: UserLexicon) -> dict[str, int]:
    """What the user's pairs say are words; names are none, or they would no longer be read as names."""
    words = [form for p in lexicon.confusables for form in ((p.a, p.b) if p.kind == "word" else (p.a,))]
    return dict.fromkeys(words, OWN_WORD)
