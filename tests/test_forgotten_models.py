"""Corpus steps take no memory for models that only pages need."""

from __future__ import annotations

import gc
import subprocess
import sys
import weakref
from pathlib import Path

import pytest
from material.load import ROOT, invented_pages

from pipeline.datasets.shelf import Shelf
from pipeline.language.load import load_models
from pipeline.language.ngrams import train
from pipeline.language.people import passage_of, people_of_page
from pipeline.steps import forget_models, models_of
from pipeline.text.document import Page
from pipeline.text.page import clean_page
from pipeline.text.profile import CleaningProfile


def test_nothing_holds_the_models_once_they_are_forgotten(tmp_path: Path) -> None:
    texts = [p.varied(seed).raw for seed in range(12) for p in invented_pages()]
    model = train(texts)
    Shelf(str(tmp_path), "language").put(model.model_id, model.save)
    models = models_of(str(tmp_path), model.model_id)
    for text in texts[:3]:
        clean_page(Page("p", text), models, CleaningProfile())
    assert models.substitutions.weights, "enough text for the look-alikes, which remember most"
    held = weakref.ref(models.language)
    assert models_of(str(tmp_path), model.model_id) is models
    del models
    gc.collect()
    assert held() is not None, "kept for the next page"
    gc.disable()  # else it might come to the aid by chance
    try:
        forget_models()
    finally:
        gc.enable()
    assert held() is None


def test_a_page_that_is_done_holds_no_models() -> None:
    """No circle that only the garbage collector would find: a page has tens of thousands of objects."""
    texts = [p.varied(seed).raw for seed in range(3) for p in invented_pages()]
    models = load_models(train(texts))
    pages = [clean_page(Page("p", text), models, CleaningProfile()) for text in texts[:2]]
    gc.collect()  # what loading left
    gc.disable()
    try:
        pages += [clean_page(Page("p", texts[2]), models, CleaningProfile())]
        people_of_page([passage_of(texts[0], "body")], models)
        held = weakref.ref(models)
        del models
        assert held() is None
    finally:
        gc.enable()
    assert all(p.articles for p in pages)


PROGRAM = """
import sys
from pathlib import Path
from pipeline.run import run
from pipeline.settings import Settings
run(Settings(input=sys.argv[1], output=sys.argv[2], workers=1))
print(sum(".npy" in line for line in Path("/proc/self/maps").read_text().splitlines()))
"""


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="only Linux tells what is mapped")
def test_a_run_in_one_process_has_let_the_model_go_when_it_ends(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PROGRAM, str(ROOT / "seeds"), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split()[-1] == "0"
