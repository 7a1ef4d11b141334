"""The jobs that sensor and schedules launch, and that people may."""

from __future__ import annotations

import dagster as dg

from pipeline.orchestration.corpus_assets import names, report, reprints
from pipeline.orchestration.issue_assets import cleaned, lines, normalised, pages
from pipeline.orchestration.model_assets import language_model, learned_confusions, name_lexicon
from pipeline.orchestration.review_assets import review_decisions

ISSUE_ASSETS = (pages, normalised, lines, cleaned)
MODEL_ASSETS = (language_model, name_lexicon, learned_confusions)
CORPUS_ASSETS = (reprints, names, report, review_decisions)
ALL_ASSETS = (*ISSUE_ASSETS, *MODEL_ASSETS, *CORPUS_ASSETS)
#: The tag by which a small machine runs one of the long corpus jobs at a time (dagster.yaml).
CORPUS_TAG = {"banmian/kind": "corpus"}

clean_issues = dg.define_asset_job(
    "clean_issues",
    dg.AssetSelection.assets(*ISSUE_ASSETS),
    description="Cleans newspaper issues: from the raw pages to the published tables.",
)
learn_models = dg.define_asset_job(
    "learn_models",
    dg.AssetSelection.assets(*MODEL_ASSETS),
    tags=CORPUS_TAG,
    description="Learns the models if there are none; with `retrain`, anew.",
)
corpus_tables = dg.define_asset_job(
    "corpus_tables",
    dg.AssetSelection.assets(*CORPUS_ASSETS),
    tags=CORPUS_TAG,
    description="Reprints, names and the report, over all that is published; what became of the review's decisions.",
)
relearn = dg.define_asset_job(
    "relearn",
    dg.AssetSelection.assets(*MODEL_ASSETS, *CORPUS_ASSETS),
    tags=CORPUS_TAG,
    description="Learns the models anew and makes the tables about the whole corpus. Issues keep their model until "
    "they are cleaned again.",
)
JOBS = (clean_issues, learn_models, corpus_tables, relearn)
LEARNERS = ("learn_language", "learn_names", "learn_confusions")
RETRAIN = {"ops": {name: {"config": {"retrain": True}} for name in LEARNERS}}
