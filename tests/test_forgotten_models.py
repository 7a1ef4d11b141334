"""Corpus steps take no memory for models that only pages need."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path

from material.load import invented_pages

from pipeline.datasets.shelf import Shelf
from pipeline.language.ngrams import train
from pipeline.steps import forget_models, models_of
from pipeline.text.document import Page
from pipeline.text.page import clean_page
from pipeline.text.profile import CleaningProfile


def test_nothing_holds_the_models_once_they_are_forgotten(tmp_path: Path) -> None:
    texts = [p.raw for p in invented_pages()]
    model = train(texts)
    Shelf(str(tmp_path), "language").put(model.model_id, model.save)
    models = models_of(str(tmp_path), model.model_id)
    for text in texts[:3]:
        clean_page(Page("p", text), models, CleaningProfile())
    held = weakref.ref(models.language)
    assert models_of(str(tmp_path), model.model_id) is models
    del models
    gc.collect()
    assert held() is not None, "kept for the next page"
    forget_models()
    gc.collect()
    assert held() is None
