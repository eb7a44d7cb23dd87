"""Forms of roles and perspectives in the CMS."""

from __future__ import annotations

from typing import Any

from wagtail.admin.panels import FieldPanel, HelpPanel, MultiFieldPanel, ObjectList, TabbedInterface

CHANGE_HELP = (
    "<p>The date of publication and the date in force are different: publish early, apply later. A change of meaning "
    "needs a crosswalk from the version before and makes the next dataset version a major one.</p>"
)


def _change_tab(*more: Any) -> ObjectList:
    return ObjectList(
        [
            HelpPanel(content=CHANGE_HELP),
            FieldPanel("change_class"),
            FieldPanel("change_note"),
            FieldPanel("effective_from"),
            FieldPanel("go_live_at", heading="Publish at", help_text="Empty: as soon as it is approved."),
            *more,
        ],
        heading="This change",
    )


def _naming() -> MultiFieldPanel:
    return MultiFieldPanel([FieldPanel("code"), FieldPanel("family")], heading="Code")


role_form = TabbedInterface(
    [
        ObjectList(
            [
                _naming(),
                FieldPanel("title"),
                FieldPanel("group"),
                FieldPanel("other_titles"),
                FieldPanel("summary"),
                FieldPanel("description"),
                FieldPanel("inclusion"),
                FieldPanel("exclusion"),
            ],
            heading="Role",
        ),
        ObjectList(
            [
                FieldPanel("registers"),
                FieldPanel("qualifications"),
                FieldPanel("classifications"),
                FieldPanel("sources"),
            ],
            heading="Verification and codes",
        ),
        _change_tab(
            FieldPanel("crosswalk"),
            MultiFieldPanel(
                [FieldPanel("counted_before"), FieldPanel("counted_before_basis")],
                heading="People who are new to the role",
            ),
        ),
    ],
)

perspective_form = TabbedInterface(
    [
        ObjectList(
            [_naming(), FieldPanel("title"), FieldPanel("summary"), FieldPanel("used_by"), FieldPanel("rule")],
            heading="Perspective",
        ),
        ObjectList([FieldPanel("decisions"), FieldPanel("sources")], heading="Contested cases"),
        _change_tab(),
    ],
)
