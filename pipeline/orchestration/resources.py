"""What the assets are given: where things are, and how to clean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import dagster as dg
from pydantic import Field, create_model

from pipeline.datasets.decisions import Decision, by_issue
from pipeline.datasets.lock import shared
from pipeline.engines import Engine, shared_engine
from pipeline.knowledge import shelve_lexicon, user_decisions
from pipeline.language.reranker import backend_from_environment
from pipeline.steps import IssueTask
from pipeline.text.profile import CleaningProfile, describe_profile
from pipeline.version import software_version


class Places(dg.ConfigurableResource):  # type: ignore[type-arg]
    """Input, output, and the engine that does the work."""

    input: str = Field(description="Folder of .txt or .jsonl pages: a path or an fsspec URL.")
    output: str = Field(description="Folder the tables are written to: a path or an fsspec URL.")
    reference: str | None = Field(default=None, description="Extra clean text for the language model, if any.")
    lexicon: str | None = Field(default=None, description="Folder of the user's own terms, names, places and pairs.")
    decisions: str | None = Field(
        default=None, description="CSV of the review's decisions; without one <output>.decisions.csv, if it is there."
    )
    engine: str = Field(default="local", description="local (this machine) or dask (a cluster).")
    workers: int = Field(default=1, description="Worker processes; 1 works in the run's own process.")
    address: str | None = Field(default=None, description="Address of the Dask scheduler; none starts a local cluster.")
    batch: str | None = Field(default=None, description="hash:N groups issues by a hash of their path.")

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator[Places]:
        """A run of Dagster holds the output folder against `banmian run`, for which it waits; sensors hold nothing."""
        if context.run is None:
            yield self
            return
        say = context.log.info if context.log else print
        with shared(self.output, say=say):
            yield self

    def workforce(self) -> Engine:
        """The engine; its workers outlive the run, so that models are loaded once."""
        return shared_engine(self.engine, self.workers, self.address)

    def reviewed(self) -> tuple[Decision, ...]:
        """The user's decisions, as they are now."""
        return user_decisions(self.output, self.decisions)

    def tasks(self, issue_ids: Iterable[str], profile: CleaningProfile) -> list[IssueTask]:
        """A task for each issue, with what the user knows and decided as it is now."""
        lexicon, decided = shelve_lexicon(self.output, self.lexicon), by_issue(self.reviewed())
        version, backend = software_version(), backend_from_environment(self.output)
        return [
            IssueTask(self.input, self.output, i, profile, version, self.batch, lexicon, decided.get(i, ()), backend)
            for i in issue_ids
        ]


class KnobsOfProfile(dg.ConfigurableResource):  # type: ignore[type-arg]
    """How pages are cleaned. Every knob has a default; a change gives tables another data version."""

    def profile(self) -> CleaningProfile:
        return CleaningProfile(**{name: getattr(self, name) for name in describe_profile()})


def _fields() -> dict[str, Any]:
    defaults = CleaningProfile()
    return {
        name: (type(getattr(defaults, name)), Field(default=getattr(defaults, name), description=text))
        for name, text in describe_profile().items()
    }


if TYPE_CHECKING:
    ProfileResource = KnobsOfProfile
else:  #: The knobs of `CleaningProfile` as they appear in the launchpad.
    ProfileResource = create_model("ProfileResource", __base__=KnobsOfProfile, __module__=__name__, **_fields())
