"""The trained weights of seams, stories and heads: text files, one `feature,weight` a line."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

from pipeline.text.weights import Weights


@cache
def load_weights(name: str) -> Weights:
    """Feature → weight. `small` and `large`: for a language model of that size; `prior`: what they are drawn to."""
    path = resources.files("pipeline.language") / "data" / f"weights_{name}.csv"
    rows = csv.reader(line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return Weights({row[0]: float(row[1]) for row in rows})
