"""Learns a language model and times it, in a process of its own, so that its memory can be told.

    python -m benchmarks.language FOLDER [REFERENCE …]

Saves the model in FOLDER, and there `timing.json`. Without REFERENCE it learns from the invented pages, repeated.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from material.load import invented_pages

from pipeline.datasets.reference import reference_texts
from pipeline.language.ngrams import NgramModel, train

REPEATS = 20  # of the invented pages, where there is no corpus
PIECE = 8_000  # characters scored at once: about a page
SCORED = 1_000_000


def invented_text() -> list[str]:
    """The invented pages, many times, each time varied."""
    return [p.varied(seed).raw for p in invented_pages() for seed in range(REPEATS)]


def scoring_speed(model: NgramModel, texts: Sequence[str]) -> float:
    """Characters a second, a page at a time."""
    text = "\n".join(texts)[:SCORED]
    pieces = [model.encode(text[i : i + PIECE]) for i in range(0, len(text), PIECE)]
    model.logprobs(pieces[0])
    began = time.process_time()
    for ids in pieces:
        model.logprobs(ids)
    return len(text) / (time.process_time() - began)


def timing(folder: Path, texts: list[str]) -> dict[str, float]:
    """Learns, saves, and scores."""
    began = time.process_time()
    model = train(texts)
    learned = time.process_time() - began
    model.save(folder)
    model = NgramModel.load(folder)  # mapped into memory, as a worker has it
    return {
        "bytes": sum(len(t.encode()) for t in texts),
        "n_chars": model.n_chars,
        "train_seconds": learned,
        "model_mb": sum(f.stat().st_size for f in folder.glob("*.npy")) / 1e6,
        "scored_per_second": scoring_speed(model, texts),
    }


def main() -> None:
    folder = Path(sys.argv[1])
    texts = [text for place in sys.argv[2:] for text in reference_texts(place)] or invented_text()
    found = timing(folder, texts)
    (folder / "timing.json").write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
