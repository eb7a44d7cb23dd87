"""The methods by example. Tests run every case, and the methodology shows the same tables."""

from portal.methods.specification_cases.audit import PAGE as AUDIT
from portal.methods.specification_cases.case import Case, Page
from portal.methods.specification_cases.crosswalks import PAGE as CROSSWALKS
from portal.methods.specification_cases.definitions import PAGE as DEFINITIONS
from portal.methods.specification_cases.draws import PAGE as DRAWS
from portal.methods.specification_cases.equity import PAGE as EQUITY
from portal.methods.specification_cases.estimation import PAGE as ESTIMATION
from portal.methods.specification_cases.measures import PAGE as MEASURES
from portal.methods.specification_cases.perspectives import PAGE as PERSPECTIVES
from portal.methods.specification_cases.protection import PAGE as PROTECTION
from portal.methods.specification_cases.rates import PAGE as RATES

PAGES = (
    PERSPECTIVES, MEASURES, RATES, ESTIMATION, PROTECTION, AUDIT, CROSSWALKS, DEFINITIONS, EQUITY, DRAWS,
)  # fmt: skip

__all__ = ["PAGES", "Case", "Page"]
