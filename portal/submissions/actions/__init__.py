"""Writes of the collection service. Keyword-only, ``by=``, atomic, each with an audit event."""

from portal.submissions.actions.acceptance import accept_return, accept_returns
from portal.submissions.actions.collections import close_collection, open_collection, seal_collection
from portal.submissions.actions.imports import ImportReport, import_returns

__all__ = [
    "ImportReport",
    "accept_return",
    "accept_returns",
    "close_collection",
    "import_returns",
    "open_collection",
    "seal_collection",
]
