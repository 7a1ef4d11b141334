"""What each rule does, in words, for those who read its name in the report."""

from __future__ import annotations

from pipeline.text.normalise_rules import RULES

_WORDS = {
    **{r.name: r.description for r in RULES},
    "leaked_traditional": "A traditional character in simplified text is read as its simplified form.",
    "traditional_text": "Text that really is traditional is read as simplified, where the profile says so.",
    "headline_space": "The parts of a headline printed on several lines are read with a space between them.",
    "latin_space": "Two Latin words at a seam are read with a space between them.",
    "person_name": "A rare form of a name is read as the common one that looks like it.",
    "place_name": "A place no gazetteer knows is read as the known one that looks like it.",
    "confusable_word": "A word is read as one that looks like it and that its surroundings ask for.",
    "look_alike": "A doubtful character is read as one that looks like it and that the words around it ask for.",
    "review": "A person decided so in the review.",
}


def rule_words(rule: str) -> str:
    """What the rule does; nothing for one that is not known here.

    >>> rule_words("narrow")
    'Full-width digits and Latin letters become half-width.'
    """
    return _WORDS.get(rule, "")
