"""The models: learned over the whole input in runs of their own, never as part of an issue's run."""

import dagster as dg
from pydantic import Field

from pipeline.corpus import learn_language, learn_names
from pipeline.knowledge import DecisionsError, learn_confusions
from pipeline.orchestration.describe import spec
from pipeline.orchestration.resources import Places


class LearnConfig(dg.Config):
    """Whether to learn anew."""

    retrain: bool = Field(
        default=False,
        description="Learn again although there is a model. Without it, a model that is there is kept, so that "
        "materialising everything does not change what earlier issues were cleaned with.",
    )


LANGUAGE = spec("language_model", "models", kinds=("python", "numpy"), layer="model")
NAMES = spec("name_lexicon", "models", kinds=("python", "csv"), layer="model")
CONFUSIONS = spec("learned_confusions", "models", kinds=("python", "csv"), layer="model")


@dg.multi_asset(name="learn_language", specs=[LANGUAGE])
def language_model(context: dg.AssetExecutionContext, config: LearnConfig, places: Places) -> dg.MaterializeResult:  # type: ignore[type-arg]
    learned = learn_language(places.input, places.output, places.reference, places.batch, config.retrain)
    context.log.info(f"language model {learned.model_id}: {'learned' if learned.fresh else 'kept'}")
    return dg.MaterializeResult(
        asset_key="language_model",
        data_version=dg.DataVersion(learned.model_id),
        metadata={
            "model_id": learned.model_id,
            "characters": learned.n_chars,
            "texts": learned.n_texts,
            "learned_in_this_run": learned.fresh,
        },
    )


@dg.multi_asset(name="learn_names", specs=[NAMES])
def name_lexicon(context: dg.AssetExecutionContext, config: LearnConfig, places: Places) -> dg.MaterializeResult:  # type: ignore[type-arg]
    learned = learn_names(places.workforce(), places.input, places.output, places.batch, config.retrain)
    context.log.info(f"name lexicon {learned.model_id}: {'learned' if learned.fresh else 'kept'}")
    return dg.MaterializeResult(
        asset_key="name_lexicon",
        data_version=dg.DataVersion(learned.model_id),
        metadata={
            "model_id": learned.model_id,
            "names": learned.n_texts,
            "mentions": learned.n_chars,
            "learned_in_this_run": learned.fresh,
        },
    )


@dg.multi_asset(name="learn_confusions", specs=[CONFUSIONS])
def learned_confusions(context: dg.AssetExecutionContext, config: LearnConfig, places: Places) -> dg.MaterializeResult:  # type: ignore[type-arg]
    try:
        model_id, n_pairs, fresh = learn_confusions(places.output, places.reviewed(), config.retrain)
    except DecisionsError as error:
        raise dg.Failure(str(error)) from error
    context.log.info(f"confusions {model_id}: {'counted' if fresh else 'kept'}")
    return dg.MaterializeResult(
        asset_key="learned_confusions",
        data_version=dg.DataVersion(model_id),
        metadata={"model_id": model_id, "pairs": n_pairs, "learned_in_this_run": fresh},
    )
