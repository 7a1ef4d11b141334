"""What all tests share: `tests/` on the path (for `material`), the models without any learned text."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

from pipeline.language.load import load_models
from pipeline.text.models import Models
from pipeline.text.profile import CleaningProfile

# The same examples in every run, and no deadline: the first page of a process loads its word lists.
settings.register_profile("banmian", deadline=None, derandomize=True)
settings.load_profile("banmian")


@pytest.fixture(scope="session")
def models() -> Models:
    """The lexicons, a language model that has seen nothing, and the weights for such a model."""
    return load_models()


@pytest.fixture(scope="session")
def profile() -> CleaningProfile:
    """The default profile."""
    return CleaningProfile()
