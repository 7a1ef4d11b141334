"""Weights of the log-linear models: feature → weight, and the same by the part of a name before a dot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import mul
from typing import NamedTuple

Features = dict[str, float]
Names = tuple[str, ...]
Values = tuple[float, ...]


class Criteria(NamedTuple):
    """Features that are always weighed together: where their weights stand, their names and their weights."""

    path: str
    names: Names
    weights: Values

    def weigh(self, values: Values) -> float:
        """The sum of the products; `values` in the order of the names."""
        total: float = sum(map(mul, self.weights, values))
        return total

    def features(self, values: Values) -> Features:
        """Those that are not zero, by their full names."""
        named = zip(self.names, values, strict=True)
        return {f"{self.path}.{name}".rstrip("."): value for name, value in named if value}


class Weights(Mapping[str, float]):
    """Immutable. A name is a path (`place.body.here.similarity`); `group(path)` holds what lies below it."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights = dict(weights)
        self._groups: dict[str, dict[str, float]] = {}
        self._criteria: dict[tuple[str, Names], Criteria] = {}
        for name, weight in self._weights.items():
            self._groups.setdefault(name, {})[""] = weight
            at = name.find(".")
            while at >= 0:
                self._groups.setdefault(name[:at], {})[name[at + 1 :]] = weight
                at = name.find(".", at + 1)

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> Weights:
        """The same weights, grouped."""
        return weights if isinstance(weights, Weights) else cls(weights)

    def group(self, path: str) -> Mapping[str, float]:
        """Weights by the rest of the name; the path's own weight is under the empty name.

        >>> Weights({"join.here": 1.0, "join.here.seam": 2.0}).group("join.here")
        {'': 1.0, 'seam': 2.0}
        """
        return self._groups.get(path, {})

    def criteria(self, path: str, names: Names) -> Criteria:
        """Some names of a group with their weights; a feature without a weight counts nothing.

        >>> Weights({"join.here": 1.0, "join.here.seam": 2.0}).criteria("join.here", ("", "seam", "new")).weights
        (1.0, 2.0, 0.0)
        """
        found = self._criteria.get((path, names))
        if found is None:
            group = self.group(path)
            found = Criteria(path, names, tuple([group.get(name, 0.0) for name in names]))
            self._criteria[path, names] = found
        return found

    def __getitem__(self, name: str) -> float:
        return self._weights[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._weights)

    def __len__(self) -> int:
        return len(self._weights)


def dot(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Sum of the products; a feature without a weight counts nothing."""
    total = 0.0
    for name, value in features.items():
        if name in weights:
            total += weights[name] * value
    return total
