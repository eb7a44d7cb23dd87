"""Privacy classes. Every field of every model in the submissions database has one."""

from enum import StrEnum


class PrivacyClass(StrEnum):
    """How much a field can tell about a person. A test fails on a field without a class.

    A model in the submissions database declares ``privacy = {"field_name": PrivacyClass.…}``.
    """

    DIRECT_IDENTIFIER = "direct identifier"
    QUASI_IDENTIFIER = "quasi-identifier"
    SENSITIVE = "sensitive"
    OPERATIONAL = "operational"
