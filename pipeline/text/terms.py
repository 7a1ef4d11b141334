"""Terms that stay as printed: what a user says is right (the lexicon's terms, names and places)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from pipeline.text.spans import Edit


class Terms:
    """Finds terms in a text; they may overlap and may stand inside words."""

    def __init__(self, terms: Iterable[str] = ()) -> None:
        self._terms = frozenset(t for t in terms if t)
        by_first: dict[str, list[str]] = defaultdict(list)
        for term in sorted(self._terms):
            by_first[term[0]].append(term)
        self._by_first = dict(by_first)
        self._first = re.compile(f"[{re.escape(''.join(sorted(by_first)))}]") if by_first else None

    def __len__(self) -> int:
        return len(self._terms)

    def __contains__(self, term: object) -> bool:
        return term in self._terms

    def places(self, text: str) -> frozenset[int]:
        """The offsets of all characters that stand in a term.

        >>> sorted(Terms(["乾隆", "隆福寺"]).places("逛乾隆福寺。"))
        [1, 2, 3, 4]
        """
        if self._first is None:
            return frozenset()
        found: set[int] = set()
        for m in self._first.finditer(text):
            start = m.start()
            for term in self._by_first[m.group()]:
                if text.startswith(term, start):
                    found.update(range(start, start + len(term)))
        return frozenset(found)

    def spare(self, edits: Sequence[Edit], text: str) -> list[Edit]:
        """The edits of a raw text that change no term in it."""
        taken = self.places(text)
        return [e for e in edits if taken.isdisjoint(range(e.start, e.end))] if taken else list(edits)


#: Nothing is protected.
NO_TERMS = Terms()
