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
from pipeline.language.ngrams import train
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
