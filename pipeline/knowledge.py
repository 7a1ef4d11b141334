"""What is known beside the language model: the user's lexicon, the confusions learned from the review, the names of
the corpus.

A lexicon is kept in the output folder under its content hash, as models are, so that workers anywhere use the same and
it can always be said what a page was cleaned with. What does not belong here: Dagster, and decisions about the text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from pipeline.datasets.decisions import Decision, DecisionsError, decisions_path, read_decisions
from pipeline.datasets.shelf import Shelf
from pipeline.datasets.store import StoreError
from pipeline.language.confusions import (
    Confusions,
    confusions_id,
    count_confusions,
    load_confusions,
    save_confusions,
)
from pipeline.language.lexicon import LexiconError, UserLexicon, read_lexicon
from pipeline.language.load import knowledge_id
from pipeline.language.people import NAMES_FILE

__all__ = ["DecisionsError", "LexiconError", "learn_confusions", "lexicon_of", "shelve_lexicon", "user_decisions"]

#: Under this name an empty lexicon, or no confusions at all, are kept: nothing that the user added.
NONE = "none"


def shelve_lexicon(output: str, folder: str | None) -> str:
    """Reads the lexicon and keeps it in the output folder as the current one; its id, empty without a lexicon.

    Raises:
        LexiconError: it cannot be used.
    """
    lexicon = read_lexicon(folder) if folder else UserLexicon()
    shelf, kept_as = Shelf(output, "lexicon"), lexicon.lexicon_id or NONE
    if (shelf.current() or NONE) != kept_as:
        shelf.put(kept_as, lexicon.save)
    return lexicon.lexicon_id


def had_lexicon(output: str) -> bool:
    """Was a lexicon used for this output folder the last time?"""
    return Shelf(output, "lexicon").current() not in (None, NONE)


def lexicon_of(output: str, lexicon_id: str) -> UserLexicon:
    """The lexicon with that id; an empty one for none."""
    return read_lexicon(str(Shelf(output, "lexicon").folder(lexicon_id))) if lexicon_id else UserLexicon()


def user_decisions(output: str, named: str | None) -> tuple[Decision, ...]:
    """The decisions in the file that was named, or in the one beside the output folder.

    Raises:
        DecisionsError: it cannot be used.
    """
    return read_decisions(decisions_path(output, named))


def learn_confusions(output: str, decisions: Sequence[Decision], retrain: bool = False) -> tuple[str, int, bool]:
    """Counts the confusions and keeps them; those that are there stay, unless told to retrain.

    Returns their id, how many pairs, and whether they were counted now.
    """
    shelf = Shelf(output, "confusions")
    current = shelf.current()
    if current and not retrain:
        return current, len(load_confusions(shelf.folder(current))), False
    counted = count_confusions(d.verdict for d in decisions if d.accepted is not None)
    model_id = confusions_id(counted) or NONE
    shelf.put(model_id, lambda folder: save_confusions(counted, folder))
    return model_id, len(counted), True


def current_confusions(output: str) -> str:
    """The id of the confusions that new pages are cleaned with; empty for none."""
    current = Shelf(output, "confusions").current()
    return "" if current in (None, NONE) else str(current)


@lru_cache(maxsize=4)
def confusions_of(output: str, model_id: str) -> Confusions:
    """The confusions with that id."""
    return load_confusions(Shelf(output, "confusions").folder(model_id)) if model_id else {}


def knowledge_of(output: str, lexicon_id: str) -> str:
    """What `load_models` will name `knowledge_id`, without loading anything."""
    return knowledge_id(lexicon_id, current_confusions(output), current_names(output))


def current_names(output: str) -> str:
    """The id of the name lexicon that new pages are cleaned with; empty when no name in it stands on two pages."""
    current = Shelf(output, "names").current()
    return current if current and names_of(output, current) else ""


@lru_cache(maxsize=4)
def names_of(output: str, names_id: str) -> Mapping[str, int]:
    """On how many pages the names of that lexicon stand, for those on two and more.

    Raises:
        StoreError: the lexicon is damaged.
    """
    if not names_id:
        return {}
    file = Shelf(output, "names").folder(names_id) / NAMES_FILE
    try:
        rows = [line.split(",") for line in file.read_text(encoding="utf-8").splitlines()[1:]]
        return {name: int(pages) for name, _, pages in rows if int(pages) > 1}
    except (OSError, ValueError) as error:
        raise StoreError(
            f"the name lexicon in {file.parent} is damaged ({error}): banmian run --retrain learns it again"
        ) from error
