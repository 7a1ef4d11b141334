"""Whoever meets a rule's name in the report is told what the rule does."""

from __future__ import annotations

from pipeline.reports.rules import rule_words
from pipeline.text import look_alikes, person_names, places, script, verdicts
from pipeline.text.correct import PROPOSERS
from pipeline.text.normalise_rules import RULES


def test_every_rule_has_its_words() -> None:
    named = {r.name for r in RULES} | {script.LEAKED, script.CONVERTED, verdicts.RULE, "headline_space", "latin_space"}
    for propose in PROPOSERS:
        module = __import__(propose.__module__, fromlist=["RULE"])
        named.add(getattr(module, "RULE", person_names.RULE))
    assert {look_alikes.RULE, places.RULE} <= named
    assert [r for r in sorted(named) if len(rule_words(r)) < 20] == []
    assert rule_words("a rule of tomorrow") == ""
