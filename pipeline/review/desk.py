"""The desk of the review: what is open, what was decided, and how to take it back. Decisions are saved at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.datasets.decisions import Decision, read_decisions, write_decisions
from pipeline.review.suggestions import Group, Suggestion

#: So many places of a group are shown.
MOST_SHOWN = 40
#: So much context stands in the file of decisions.
NOTED = 12

Key = tuple[str, int, int, str]


class StaleError(Exception):
    """The browser shows something else than what is open."""


@dataclass(frozen=True)
class Step:
    """Something that can be undone: what the decisions were before (None: none), and the order."""

    before: tuple[tuple[Key, Decision | None], ...]
    order: tuple[str, ...]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class Desk:
    """The questions of one review, in an order; one at a time."""

    def __init__(self, groups: Sequence[Group], path: str, now: Callable[[], str] = _now) -> None:
        """Raises DecisionsError if the file that is there cannot be used."""
        self.path = path
        self._now = now
        self._lock = threading.Lock()
        self._groups = {g.group_id: g for g in groups}
        self._order = tuple(self._groups)
        self._steps: list[Step] = []
        self._suggestions = {s.key: s for g in groups for s in g.members}
        self._made = self._speaking(read_decisions(path))

    # --- what is there ---

    def state(self) -> dict[str, Any]:
        """All that the page shows."""
        with self._lock:
            return self._state()

    def counts(self) -> dict[str, int]:
        made = [d for d in self._made.values() if d.accepted is not None]
        accepted = sum(d.accepted is True for d in made)
        total = len(self._suggestions)
        return {"total": total, "accepted": accepted, "rejected": len(made) - accepted, "open": total - len(made)}

    def _state(self) -> dict[str, Any]:
        group = self._current()
        return {
            **self.counts(),
            "questions": sum(self._is_open(g) for g in self._groups.values()),
            "can_undo": bool(self._steps),
            "group": self._shown(group) if group else None,
        }

    def _current(self) -> Group | None:
        return next((self._groups[i] for i in self._order if self._is_open(self._groups[i])), None)

    def _is_open(self, group: Group) -> bool:
        return any(s.key not in self._made for s in group.members)

    def _shown(self, group: Group) -> dict[str, Any]:
        undecided = [s for s in group.members if s.key not in self._made]
        return {
            "id": group.group_id,
            "printed": group.printed,
            "meant": group.meant,
            "before": group.before,
            "after": group.after,
            "rule": group.rule,
            "confidence": group.confidence,
            "n_places": len(undecided),
            "places": [_place(s) for s in undecided[:MOST_SHOWN]],
        }

    # --- what a person does ---

    def decide(self, group_id: str, accepted: bool, only: Key | None = None) -> dict[str, Any]:
        """Decides about the open places of the current group, or about one of them, and saves.

        Raises:
            StaleError: that is not what is open.
            OSError, DecisionsError: it could not be saved; nothing is decided then.
        """
        with self._lock:
            group = self._open_group(group_id)
            chosen = [s for s in group.members if s.key not in self._made and only in (None, s.key)]
            if not chosen:
                raise StaleError("this place is decided already")
            when = self._now()
            before = self._write({s.key: _decision(s, accepted, when) for s in chosen})
            self._steps.append(Step(before, self._order))
            return self._state()

    def skip(self, group_id: str) -> dict[str, Any]:
        """Puts the current group last."""
        with self._lock:
            self._open_group(group_id)
            self._steps.append(Step((), self._order))
            self._order = (*(i for i in self._order if i != group_id), group_id)
            return self._state()

    def undo(self) -> dict[str, Any]:
        """Takes back the last decision or skip of this review, and saves."""
        with self._lock:
            if not self._steps:
                raise StaleError("there is nothing to undo")
            step = self._steps[-1]
            if step.before:
                self._write(dict(step.before))
            self._steps.pop()
            self._order = step.order
            return self._state()

    def _open_group(self, group_id: str) -> Group:
        current = self._current()
        if current is None or current.group_id != group_id:
            raise StaleError("this question is no longer the open one")
        return current

    # --- the file ---

    def _speaking(self, rows: Iterable[Decision]) -> dict[Key, Decision]:
        """The decisions about open suggestions as they are now, whoever wrote them."""
        found = {}
        for d in rows:
            s = self._suggestions.get(d.key)
            if s and d.accepted is not None and d.before == s.before and d.page_sha256 in ("", s.page_sha256):
                found[d.key] = d
        return found

    def _write(self, changes: Mapping[Key, Decision | None]) -> tuple[tuple[Key, Decision | None], ...]:
        """Puts the changes (None: takes out) into the file as it is now, so that nobody's edits are lost; returns
        what was there before."""
        there = {d.key: d for d in read_decisions(self.path)}
        rows: list[Decision] = []
        for key, old in there.items():
            new = changes.get(key, old)
            if new is not None:
                rows.append(replace(new, more=new.more or old.more))
        rows += [d for key, d in changes.items() if d is not None and key not in there]
        write_decisions(self.path, rows)
        self._made = self._speaking(rows)
        return tuple((key, there.get(key)) for key in changes)


def _decision(s: Suggestion, accepted: bool, when: str) -> Decision:
    left, right = s.context.left[-NOTED:], s.context.right[:NOTED]
    return Decision(
        page_id=s.page_id,
        start=s.start,
        end=s.end,
        before=s.before,
        after=s.after,
        accepted=accepted,
        rule=s.rule,
        confidence=s.confidence,
        evidence=s.evidence,
        page_sha256=s.page_sha256,
        context=f"…{left}[{s.context.shown}→{s.after}]{right}…",
        decided=when,
    )


def _place(s: Suggestion) -> dict[str, Any]:
    return {
        "key": list(s.key),
        "headline": s.headline,
        "where": s.where,
        "evidence": s.evidence,
        "confidence": s.confidence,
        "after": s.after,
        **s.context._asdict(),
    }


def file_is_writable(path: str) -> str:
    """Why the decisions cannot be saved there; empty if they can."""
    if "://" in path:
        return ""
    folder = Path(path).parent
    if not folder.is_dir():
        return f"the folder {folder} does not exist"
    try:
        probe = folder / f".{Path(path).name}.probe"
        probe.touch()
        probe.unlink()
    except OSError as error:
        return f"{folder} cannot be written ({error.strerror})"
    return ""
