"""`CleaningProfile`: every knob of the cleaning, immutable, documented field by field."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, fields
from typing import Any


def knob(default: float | int | bool | str, description: str, *, tells: bool = False) -> Any:
    """A profile field with its description (the launchpad and the docs are made from it). One that only `tells` when
    to warn changes no text, and so no `profile_id`."""
    return field(default=default, metadata={"description": description, "tells": tells})


@dataclass(frozen=True)
class CleaningProfile:
    """How a page is cleaned. The defaults suit simplified Chinese newspapers; a change gives a new `profile_id`."""

    normalise_marks: bool = knob(True, "Widen half-width punctuation among hanzi, unify dots and dashes.")
    narrow_latin: bool = knob(True, "Full-width digits and Latin letters become half-width.")
    simplify: bool = knob(True, "Leaked traditional characters in simplified text become simplified.")
    simplify_traditional_text: bool = knob(
        False, "Convert paragraphs that really are traditional, phrase by phrase; off keeps them as printed."
    )
    traditional_share: float = knob(
        0.05, "A paragraph is traditional when at least this share of its hanzi is traditional-only."
    )
    repeat_min_chars: int = knob(40, "Body text shorter than this is never taken out as a repeat …")
    repeat_min_chars_near: int = knob(24, "… but from this length on when the copies stand within 3 lines.")
    repeat_similarity: float = knob(0.82, "Two paragraphs at least this similar are near copies.")
    join_threshold: float = knob(0.45, "Lines that follow each other are put together from this confidence on.")
    far_join_threshold: float = knob(0.75, "Fragments with other text between them, from this confidence on.")
    low_confidence: float = knob(0.6, "Decisions below this confidence are counted as low in `quality`.")
    correct: bool = knob(True, "Propose corrections of wrong characters at all.")
    apply_threshold: float = knob(0.86, "A correction is applied from this confidence on …")
    suggest_threshold: float = knob(0.35, "… and suggested from this one on; below it, it is dropped.")
    corrections_per_sentence: int = knob(
        2, "More corrections than this in one sentence: all but the nearly certain become suggestions."
    )
    warn_orphan_share: float = knob(
        0.15, "Warn when a larger share of an issue's text than this belongs to no article.", tells=True
    )
    warn_headless_share: float = knob(
        0.4, "Warn when a larger share of an issue's articles than this has no headline.", tells=True
    )
    warn_suggestion_rate: float = knob(
        20.0, "Warn when an issue has more open suggestions than this in 10,000 characters.", tells=True
    )
    warn_perplexity_factor: float = knob(
        1.8, "Warn when an issue is so many times as surprising to the language model as usual.", tells=True
    )
    warn_length_factor: float = knob(
        6.0, "Warn when a page is so many times as long as usual, or as short.", tells=True
    )

    @property
    def profile_id(self) -> str:
        """Twelve hex digits that change when any knob does that has a say in the text."""
        deciding = {f.name: getattr(self, f.name) for f in fields(self) if not f.metadata["tells"]}
        return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()[:12]


def settings_id(profile: CleaningProfile, knowledge_id: str = "", verdicts_id: str = "", backend_id: str = "") -> str:
    """What a page was cleaned with, besides code and language model: the profile, what the user knows (lexicon,
    learned confusions), what was decided on this very page, and the back-end that gave second opinions.

    >>> settings_id(CleaningProfile(), "0123abcd").removeprefix(CleaningProfile().profile_id)
    '+k0123abcd'
    """
    return (
        profile.profile_id
        + (f"+k{knowledge_id}" if knowledge_id else "")
        + (f"+d{verdicts_id}" if verdicts_id else "")
        + (f"+m{backend_id}" if backend_id else "")
    )


def describe_profile() -> dict[str, str]:
    """Field name -> description."""
    return {f.name: f.metadata["description"] for f in fields(CleaningProfile)}
