"""Speed and quality, as tables: `python -m benchmarks`. See README.md beside this file.

The gold pages and their scorer are the tests' (`tests/material`), so they are put on the path as pytest does it.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if str(ROOT / "tests") not in sys.path:
    sys.path.insert(0, str(ROOT / "tests"))
