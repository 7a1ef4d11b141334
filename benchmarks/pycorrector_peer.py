"""pycorrector's n-gram corrector, fed our language model, on a few pages of clean text.

    python pycorrector_peer.py MODEL.arpa TEXT.txt

Run by `benchmarks.speed` with a Python that has pycorrector and kenlm (`BANMIAN_BENCH_PYCORRECTOR`, else this one);
prints what it took as one line of JSON. pycorrector is no dependency of the project.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

HIGHEST = 3
BACKOFF = -0.4  # log10: Brants and others (2007), "stupid backoff"
SAMPLE = 3_000  # characters: it reads some hundreds a second


def interpreter() -> str | None:
    """The Python that has pycorrector, if any."""
    named = os.environ.get("BANMIAN_BENCH_PYCORRECTOR")
    return named or (sys.executable if find_spec("pycorrector") and find_spec("kenlm") else None)


def beside(model: object, text: str, folder: Path) -> tuple[int, float, int] | None:
    """(characters, CPU seconds, edits) of pycorrector over the beginning of `text`; None where it is not installed."""
    python = interpreter()
    if python is None:
        return None
    arpa, sample = folder / "model.arpa", folder / "sample.txt"
    write_arpa(model, arpa)
    sample.write_text(text[:SAMPLE], encoding="utf-8")
    done = subprocess.run([python, __file__, str(arpa), str(sample)], capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return found["characters"], found["seconds"], found["edits"]


def write_arpa(model: object, path: Path) -> None:
    """Our counts as an ARPA file of characters, orders 1 to 3: relative frequencies and a constant backoff."""
    from pipeline.language.alphabet import SIZE, alphabet
    from pipeline.language.ngrams import NgramModel

    assert isinstance(model, NgramModel)
    signs = alphabet()
    blocks: list[list[str]] = []
    for n in range(1, HIGHEST + 1):
        keys, counts = model.grams.keys[n - 1], model.grams.counts[n - 1]
        digits = np.stack([(keys // np.uint64(SIZE**back)) % np.uint64(SIZE) for back in range(n - 1, -1, -1)])
        kept = (digits >= 3).all(axis=0) & (counts >= (1 if n == 1 else 2))
        context = keys // np.uint64(SIZE)
        if n == 1:
            total = np.full(len(keys), counts.sum())
        else:
            at = np.searchsorted(model.grams.keys[n - 2], context)
            total = np.maximum(model.followers[n - 2][at], 1)
        logs = np.log10(counts / total)[kept]
        rows = digits[:, kept].T.astype(int).tolist()
        end = f"\t{BACKOFF}" if n < HIGHEST else ""
        words = [[signs[d] for d in row] for row in rows]
        blocks.append([f"{p:.4f}\t{' '.join(w)}{end}" for p, w in zip(logs, words, strict=True) if " " not in w])
    blocks[0] = ["-7\t<unk>\t0", "-99\t<s>\t0", "-2\t</s>", *blocks[0]]
    with path.open("w", encoding="utf-8") as out:
        out.write("\\data\\\n" + "".join(f"ngram {n}={len(b)}\n" for n, b in enumerate(blocks, 1)))
        for n, block in enumerate(blocks, 1):
            out.write(f"\n\\{n}-grams:\n" + "\n".join(block) + "\n")
        out.write("\n\\end\\\n")


def corrector_class() -> Any:
    """Its n-gram corrector, without the neural ones that the package's own `__init__` imports, and with them torch."""
    package = ModuleType("pycorrector")
    package.__path__ = list(find_spec("pycorrector").submodule_search_locations)  # type: ignore[union-attr, arg-type]
    sys.modules["pycorrector"] = package
    return import_module("pycorrector.corrector").Corrector


def main() -> None:
    corrector = corrector_class()(language_model_path=sys.argv[1])
    lines = Path(sys.argv[2]).read_text(encoding="utf-8").splitlines()
    corrector.correct("今天天气很好。")  # loads everything
    began = time.process_time()
    edits = sum(len(corrector.correct(line)["errors"]) for line in lines)
    took = time.process_time() - began
    print(json.dumps({"characters": sum(map(len, lines)), "seconds": took, "edits": edits}))


if __name__ == "__main__":
    main()
