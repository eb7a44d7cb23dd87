"""Checks of records and returns. Each has a code and one message of its own that names the value."""

from portal.submissions.checks.catalogue import CHECKS
from portal.submissions.checks.returns import ReturnFacts, check_return
from portal.submissions.checks.rows import CheckedRow, RowChecker

__all__ = ["CHECKS", "CheckedRow", "ReturnFacts", "RowChecker", "check_return"]
