"""The code location: one Definitions object, nothing else. Settings come from BANMIAN_INPUT and its like."""

from pipeline.orchestration.graph import build_definitions
from pipeline.run import places_of
from pipeline.settings import of_this_instance

defs = build_definitions(places_of(of_this_instance()))
