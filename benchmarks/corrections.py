"""Corrections beside the bars of issue 4, with all the reference text, some of it, and none.

    python -m benchmarks corrections

Every row is the whole program, `banmian run`, over pages made of the kit's pairs, of its clean text and of its dev
pages, scored by the kit. The shipped weights have seen the pairs: what holds for others is printed by
`banmian train-corrections`, which judges each pair by weights that have not.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.bench import Bench
from benchmarks.table import Table, Value, skipped
from pipeline.training_corrections import first

if TYPE_CHECKING:
    from pipeline.text.models import Models
    from pipeline.text.spans import Edit

Json = Mapping[str, Any]

#: Reference text in characters: none, 1, 5 and 10 MB, and all there is.
SIZES: Mapping[str, int | None] = {"none": 0, "1 MB": 340_000, "5 MB": 1_700_000, "10 MB": 3_300_000, "all": None}
#: Characters of given names that do not look like each other.
GIVEN = "静洋娟敏波霞磊勇华平军涛丽红涌梅刚超桂韦"
#: What must be reached with all the reference text.
BARS = {
    "PP-OCR P": 0.985,
    "PP-OCR R": 0.50,
    "PP-OCR P, with suggestions": 0.90,
    "PP-OCR R, with suggestions": 0.65,
    "Tesseract P": 0.98,
    "Tesseract R": 0.20,
    "false in 10,000 of clean text": 0.1,
    "names fixed": 0.65,
    "names wrongly changed": 0.0,
    "wrong characters in text fixed": 0.45,
}


def tables(bench: Bench) -> list[Table]:
    title = "corrections: real OCR, clean text, dev pages"
    held = [bench.dev / name for name in ("ocr_pairs", "clean", "pages", "corpus")]
    needed = [bench.kit / "score_corrections.py", *held]
    if missing := [path for path in needed if not path.exists()]:
        return [skipped(title, f"{missing[0].name} of ../shared is not there")]
    pairs, clean = bench.dev / "ocr_pairs" / "dev.jsonl", bench.dev / "clean" / "dev.jsonl"
    folders = {name: made(bench, source) for name, source in (("ocr", pairs), ("clean", clean))}
    columns: dict[str, dict[str, Value]] = {}
    for name, size in SIZES.items():
        reference = some_reference(bench, name, size)
        output = {
            part: bench.cleaned(f"corrections-{part}-{name.replace(' ', '')}", source, reference)
            for part, source in (*folders.items(), ("pages", bench.dev / "pages"))
        }
        columns[name] = {
            **pair_figures(engines(pairs_score(bench, pairs, output["ocr"]))),
            **clean_figures(pairs_score(bench, clean, output["clean"])["all"]),
            **page_figures(page_score(bench, output["pages"])),
        }
    rows: list[tuple[Value, ...]] = [
        (figure, *(column[figure] for column in columns.values()), BARS.get(figure)) for figure in columns["all"]
    ]
    notes = (
        "reference text by size; bar: with all of it, on pairs and texts that are not in ../shared",
        "the weights have seen these pairs; `banmian train-corrections` prints what holds for unseen ones",
    )
    return [Table(title, ("figure", *SIZES, "bar"), rows, notes), name_table(bench)]


def made(bench: Bench, pairs: Path) -> Path:
    """Page files of a JSONL of pairs, all of one newspaper issue."""
    folder = bench.scratch / f"corrections-in-{pairs.parent.name}"
    command = [sys.executable, str(bench.kit / "make_pages.py"), str(pairs), str(folder / "all")]
    subprocess.run(command, capture_output=True, check=True)
    return folder


def some_reference(bench: Bench, name: str, size: int | None) -> Path | None:
    """A file with about so many characters of the reference text; None: all there is is its own folder."""
    if size is None:
        return bench.corpus
    if not size:
        return None
    texts = [
        str(json.loads(line)["text"])
        for file in sorted(bench.corpus.glob("*.jsonl"))
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    random.Random(5).shuffle(texts)
    path = bench.scratch / f"reference-{name.replace(' ', '')}.jsonl"
    lines = (json.dumps({"text": text}, ensure_ascii=False) for text in first(texts, size))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def pairs_score(bench: Bench, pairs: Path, output: Path) -> Json:
    """What the kit's `score_corrections.py` says: group → figures."""
    result = bench.scratch / f"{output.name}-score.json"
    command = [sys.executable, str(bench.kit / "score_corrections.py"), str(pairs), str(output), "--json", str(result)]
    glyphs = bench.dev / "glyph_neighbours.json"
    subprocess.run([*command, *(["--glyphs", str(glyphs)] if glyphs.exists() else [])], capture_output=True, check=True)
    said: Json = json.loads(result.read_text(encoding="utf-8"))
    return said


def page_score(bench: Bench, output: Path) -> Json:
    """What the kit's `score_pages.py` says of all dev pages."""
    result = bench.scratch / f"{output.name}-score.json"
    command = [sys.executable, str(bench.kit / "score_pages.py"), str(bench.dev / "pages"), str(output)]
    subprocess.run([*command, "--json", str(result)], capture_output=True, check=True)
    said: Json = json.loads(result.read_text(encoding="utf-8"))
    return said


def engines(said: Json) -> dict[str, Json]:
    """The kit's groups that are engines."""
    return {name: group for name, group in said.items() if name != "all" and "/" not in name}


def pair_figures(said: Mapping[str, Json]) -> dict[str, Value]:
    """Precision and recall over hanzi read as other hanzi, by engine."""
    found: dict[str, Value] = {}
    for engine, group in said.items():
        name = "Tesseract" if engine.startswith("tess") else "PP-OCR"
        right, wrong = (group["applied"][k] + group["suggested"][k] for k in ("right", "wrong"))
        found |= {
            f"{name} P": group["applied"]["P"],
            f"{name} R": group["applied"]["R"],
            f"{name} P, with suggestions": right / (right + wrong) if right + wrong else None,
            f"{name} R, with suggestions": group["R_applied_or_suggested"],
        }
    return found


def clean_figures(group: Json) -> dict[str, Value]:
    """What is changed in text that is right."""
    return {
        "false in 10,000 of clean text": group["applied"]["false_per_10k"],
        "suggested in 10,000 of clean text": group["suggested"]["false_per_10k"],
    }


def page_figures(said: Json) -> dict[str, Value]:
    """Injected wrong characters of the dev pages."""
    applied = said["edits_applied"]
    return {
        "names fixed": share(applied["names_fixed"]),
        "wrong characters in text fixed": share(applied["text_fixed"]),
        "names or characters suggested only": f"{said['edits_suggested']['names_fixed']}, "
        f"{said['edits_suggested']['text_fixed']}",
        "wrong fixes": applied["wrong_fixes"],
        "false edits": applied["false_edits"],
    }


def name_table(bench: Bench) -> Table:
    """One misprint in a name that an article of the reference text prints three times or more, and pages of eight
    articles as they are; no language model."""
    from pipeline.language.load import load_models

    models, random_ = load_models(), random.Random(4)
    lines = (bench.corpus / "newspaper.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [str(json.loads(line)["text"]) for line in lines]
    outcomes: Counter[tuple[str, str]] = Counter()
    for text in texts:
        for kind, misprint in name_misprints(text, random_, models):
            outcomes[kind, "all"] += 1
            outcomes[kind, outcome(text, misprint, models)] += 1
    merged = 0
    for start in range(0, len(texts), 8):
        page = "\n".join(texts[start : start + 8])
        merged += sum(e.rendered for e in corrected_names(page, models))
    rows = [
        (
            kind,
            outcomes[kind, "all"],
            *(outcomes[kind, o] / max(1, outcomes[kind, "all"]) for o in ("applied", "suggested")),
        )
        for kind in ("look-alike", "another character")
    ]
    notes = (f"wrongly changed names in {sum(map(len, texts)):,} characters of clean pages: {merged}",)
    return Table("corrections: names", ("misprint", "names", "put right", "suggested"), rows, notes)


def name_misprints(text: str, chance: random.Random, models: Models) -> Iterator[tuple[str, tuple[int, str]]]:
    """One mention of one name, misprinted with a look-alike and with any other character of given names."""
    from pipeline.text.person_names import mentions
    from pipeline.training_corrections import passages_of

    passages = passages_of(text)
    found = mentions(passages, models)
    often = Counter(m.name for m in found)
    names = [m for m in found if often[m.name] >= 3 and len(m.name) == 3]
    if not names:
        return
    chosen = chance.choice(names)
    at = passages[chosen.passage].view.starts[chosen.start + chance.choice((1, 2))]
    alike = [c for c, _ in models.glyphs.neighbours(text[at])[:5]]
    for kind, others in (("look-alike", alike), ("another character", list(GIVEN))):
        if others and (wrong := chance.choice(others)) != text[at]:
            yield kind, (at, wrong)


def outcome(text: str, misprint: tuple[int, str], models: Models) -> str:
    """What becomes of a misprint: the status of the edit that would put it right; empty = none."""
    at, wrong = misprint
    found = corrected_names(text[:at] + wrong + text[at + 1 :], models)
    return next((e.status for e in found if e.start == at and e.after == text[at]), "")


def corrected_names(text: str, models: Models) -> list[Edit]:
    """What the rule for names and the arbiter make of a text."""
    from pipeline.text.arbiter import decide
    from pipeline.text.person_names import propose
    from pipeline.text.profile import CleaningProfile
    from pipeline.training_corrections import passages_of

    passages, profile = passages_of(text), CleaningProfile()
    return decide(propose(passages, text, models, profile), passages, models, profile)


def share(text: str) -> float | None:
    """The share that a text like 3/6 means; none of none is no figure.

    >>> share("3/6")
    0.5
    """
    part, whole = map(int, text.split("/"))
    return part / whole if whole else None
