"""Where the records of a series come from. A new source is a module here and a line in ``SOURCES``."""

from portal.pipelines.sources.base import Source
from portal.pipelines.sources.careers import SOURCE as CAREERS
from portal.pipelines.sources.flows import SOURCE as FLOWS
from portal.pipelines.sources.opportunities import SOURCE as OPPORTUNITIES
from portal.pipelines.sources.response import SOURCE as RESPONSE
from portal.pipelines.sources.workforce import SOURCE as WORKFORCE

SOURCES: dict[str, Source] = {source.code: source for source in (WORKFORCE, FLOWS, RESPONSE, CAREERS, OPPORTUNITIES)}

__all__ = ["SOURCES", "Source"]
