"""Characters as numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def code_points(text: str) -> npt.NDArray[np.uint32]:
    """The code point of each character (a lone surrogate has one, too)."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
