"""The gate before approval: everything published about a dataset, looked at as one system of equations.

Somebody who reads every table, chart, headline and version may subtract, add and compare. The audit does the same,
with everything at once, and fails when a group of one to four people has a single possible value or is shown to
hold one to four.
"""

from portal.methods.audit.assemble import assemble
from portal.methods.audit.examination import AuditOptions, Examination, Failure, examine
from portal.methods.audit.facts import facts_from_published, join_facts, stated_fact
from portal.methods.audit.hierarchies import hierarchies_in, with_shared_totals
from portal.methods.audit.publication import audit_publication, with_witnesses
from portal.methods.audit.remedy import smallest_remedy
from portal.methods.audit.report import AuditReport, report
from portal.methods.audit.system import PLENTY, AuditError, System, SystemBuilder
from portal.methods.measures import compute_contributions

__all__ = [
    "PLENTY",
    "AuditError",
    "AuditOptions",
    "AuditReport",
    "Examination",
    "Failure",
    "System",
    "SystemBuilder",
    "assemble",
    "audit_publication",
    "compute_contributions",
    "examine",
    "facts_from_published",
    "hierarchies_in",
    "join_facts",
    "report",
    "smallest_remedy",
    "stated_fact",
    "with_shared_totals",
    "with_witnesses",
]
