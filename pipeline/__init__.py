"""Banmian (版面): raw text dumps of Chinese newspaper pages → clean articles in Parquet.

>>> from pipeline import clean_text
>>> page = clean_text("天气回暖\\n本报讯 昨日天气回暖,游人如织。\\n")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.library import clean_bytes, clean_text

__all__ = ["clean_bytes", "clean_text"]


def __getattr__(name: str) -> Any:
    """The library is loaded when it is asked for: `import pipeline` stays light."""
    if name in __all__:
        from pipeline import library

        return getattr(library, name)
    raise AttributeError(f"module 'pipeline' has no attribute {name!r}")
