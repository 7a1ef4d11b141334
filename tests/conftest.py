"""What all tests share: `tests/` on the path (for `material`), the models without any learned text."""

from __future__ import annotations

import os
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

for name in [n for n in os.environ if n.startswith("BANMIAN_LLM_")]:
    del os.environ[name]  # no test asks a model that the user has set up


@pytest.fixture(scope="session")
def models() -> Models:
    """The lexicons, a language model that has seen nothing, and the weights for such a model."""
    return load_models()


@pytest.fixture(scope="session")
def profile() -> CleaningProfile:
    """The default profile."""
    return CleaningProfile()


@pytest.fixture(scope="session")
def cleaned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a run over five invented pages of two dated newspaper issues, and one that is rejected.

    Read only: whoever changes it copies it first.
    """
    from pipeline.run import run
    from pipeline.settings import Settings

    folder = tmp_path_factory.mktemp("cleaned")
    pages = sorted((Path(__file__).parent / "pages" / "synthetic").glob("*.txt"))
    for number, page in enumerate(pages[:5]):
        issue = folder / "in" / "jianghai-daily" / f"2025-03-0{3 + number // 3}"
        issue.mkdir(parents=True, exist_ok=True)
        (issue / f"{number % 3 + 1:02d}.txt").write_bytes(page.read_bytes())
    (folder / "in" / "picture.txt").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    assert run(Settings(str(folder / "in"), str(folder / "out"))).exit_code == 0
    return folder / "out"
