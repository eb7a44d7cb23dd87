"""Writes of the collection service. Keyword-only, ``by=``, atomic, each with an audit event."""

from portal.submissions.actions.acceptance import accept_return, accept_returns
from portal.submissions.actions.batches import BatchReport, load_return_records
from portal.submissions.actions.collections import close_collection, open_collection, seal_collection
from portal.submissions.actions.drafts import (
    carry_forward,
    remove_record,
    save_details,
    save_record,
    save_totals,
    start_test_return,
)
from portal.submissions.actions.imports import ImportReport, import_returns
from portal.submissions.actions.queries import answer_query, ask_team, raise_query, reply_to_query, resolve_query
from portal.submissions.actions.submitting import (
    choose_nil,
    decide_removals,
    give_reasons,
    readiness,
    reopen_return,
    submit_return,
)
from portal.submissions.actions.uploads import choose_reading, discard_upload, keep_upload, receive_upload
from portal.submissions.flows import FlowValues

__all__ = [
    "BatchReport",
    "FlowValues",
    "ImportReport",
    "accept_return",
    "accept_returns",
    "answer_query",
    "ask_team",
    "carry_forward",
    "choose_nil",
    "choose_reading",
    "close_collection",
    "decide_removals",
    "discard_upload",
    "give_reasons",
    "import_returns",
    "keep_upload",
    "load_return_records",
    "open_collection",
    "raise_query",
    "readiness",
    "receive_upload",
    "remove_record",
    "reopen_return",
    "reply_to_query",
    "resolve_query",
    "save_details",
    "save_record",
    "save_totals",
    "seal_collection",
    "start_test_return",
    "submit_return",
]
