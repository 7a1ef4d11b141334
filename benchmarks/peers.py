"""Normalising and simplifying beside what does a part of it: OpenCC called plainly, pandas with regular expressions.

All in one process, in turns; CPU time, the median of several rounds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from statistics import median

import pandas as pd

from benchmarks import corpus
from benchmarks.bench import Bench
from benchmarks.speed import seconds
from benchmarks.table import Table, Value

ROUNDS = 5
N_PAGES = 40
ASKED = 20.0  # MB a CPU second for normalise and t2s together
TIMES_ASKED = 50.0  # as fast as OpenCC on simplified text

#: What a careful user would write with pandas: marks between hanzi, widths, spaces. (It logs no edits.)
_WIDE = str.maketrans({chr(c + 0xFEE0): chr(c) for c in range(0x21, 0x7F) if chr(c).isalnum()})
_RULES = [
    *((re.compile(f"(?<=[\u4e00-\u9fff”）]){re.escape(a)}|{re.escape(a)}(?=[\u4e00-\u9fff“（])"), b)
      for a, b in zip(",:;?!", "，：；？！", strict=True)),
    (re.compile("[\u200b\ufeff\u00ad]"), ""), (re.compile("[\u00a0\u3000]"), " "),
    (re.compile("(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])"), ""), (re.compile(r"\.{3,6}"), "……"),
    (re.compile(r"\((?=[^()]*[\u4e00-\u9fff])"), "（"), (re.compile(r"(?<=[\u4e00-\u9fff])\)"), "）"),
]  # fmt: skip


def tables(bench: Bench) -> list[Table]:
    """Simplified pages with narrow marks and wrapped lines, as the scale corpus has them."""
    from opencc import OpenCC

    from pipeline.language.load import load_models
    from pipeline.text.document import Page
    from pipeline.text.normalise import normalise
    from pipeline.text.page import normalise_page
    from pipeline.text.profile import CleaningProfile
    from pipeline.text.script import simplify

    source = corpus.material(bench.dev if bench.dev.exists() else None)
    texts = list(corpus.pages(source, N_PAGES, corpus.rounds_for(source, N_PAGES), 1))
    models, profile, opencc, frame = load_models(), CleaningProfile(), OpenCC("t2s"), pd.DataFrame({"text": texts})
    tidy = [t.translate(str.maketrans(",:;?!()", "，：；？！（）")) for t in texts]

    def by_pandas() -> object:
        column = frame["text"].str.translate(_WIDE)
        for pattern, after in _RULES:
            column = column.str.replace(pattern, after, regex=True)
        return column

    ways: dict[str, Callable[[], object]] = {
        "normalise_page: rules and script, edits logged": lambda: [
            normalise_page(Page("p", t), models, profile) for t in texts
        ],
        "the same, marks full-width already": lambda: [normalise_page(Page("p", t), models, profile) for t in tidy],
        "normalise alone": lambda: [normalise(t, profile) for t in texts],
        "simplify alone (leaked characters)": lambda: [simplify(t, models.script, profile) for t in texts],
        "our t2s (convert)": lambda: [models.script.convert(t) for t in texts],
        "pandas with regular expressions": by_pandas,
        "opencc-python-reimplemented, t2s": lambda: [opencc.convert(t) for t in texts],
    }
    for work in list(ways.values())[:-1]:
        work()
    mb = sum(len(t.encode()) for t in texts) / 1e6
    times = {name: [seconds(work) for _ in range(ROUNDS if "opencc" not in name else 2)] for name, work in ways.items()}
    slowest = median(times["opencc-python-reimplemented, t2s"])
    rows: list[tuple[Value, ...]] = [
        (name, mb / max(median(t), 1e-9), slowest / max(median(t), 1e-9)) for name, t in times.items()
    ]
    same = all(models.script.convert(t) == opencc.convert(t) for t in texts)
    notes = (
        f"{mb:.1f} MB in {N_PAGES} pages; asked: normalise and t2s {ASKED:.0f} MB a CPU second, t2s {TIMES_ASKED:.0f} "
        "times OpenCC",
        f"our t2s and OpenCC give the {'same' if same else 'NOT THE SAME'} text on all pages "
        "(tests/language/test_script_tables.py compares every entry of its dictionaries)",
    )
    return [Table("peers: normalising and simplifying", ("what", "MB a CPU s", "times OpenCC"), rows, notes)]
