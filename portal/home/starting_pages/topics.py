"""Subjects that readers come with, and the first piece of news."""

from __future__ import annotations

from portal.home.starting_pages.parts import StartingPage, heading, points, words

TOPICS = (
    StartingPage(
        slug="nurses",
        title="Nurses in occupational health",
        summary="How many nurses work in occupational health, in which roles, and how they are told apart.",
        body=(
            words(
                "What a nurse in occupational health is called tells little about what she or he is qualified for: "
                "“registered nurse” is a protected title, “occupational health nurse” is not.",
            ),
            heading("How they are counted"),
            words(
                points(
                    "A nurse is in the role that the provider returned. What each role asks for is written down below.",
                    "A specialist (SCPHN) is marked on part 3 of the register of the Nursing and Midwifery Council.",
                    "Perspectives differ in which of these roles they count, so each figure says which one it uses.",
                ),
            ),
        ),
        fields={"role_codes": "nur-scphn, nur-oh-spec, nur-oh-pract, nur-screen, nur-manager"},
    ),
    StartingPage(
        slug="doctors",
        title="Doctors in occupational health",
        summary="How many doctors work in occupational health, with which qualifications, and who counts as one.",
        body=(
            words(
                "A doctor in occupational health may be a specialist on the General Medical Council’s register, hold a "
                "diploma or an associateship in occupational medicine, or have no qualification in it at all. Some work "
                "a few sessions a week beside general practice: compare headcount with full-time equivalent.",
            ),
            heading("How they are counted"),
            words(
                points(
                    "Each qualification is a role of its own, and so is training to be a specialist.",
                    "A doctor whom the Health and Safety Executive appointed for statutory medical surveillance is in "
                    "the role of Appointed Doctors only when no other doctor’s role was returned.",
                    "Perspectives differ in which of these roles they count, so each figure says which one it uses.",
                ),
            ),
        ),
        fields={
            "role_codes": "doc-specialist, doc-fellow, doc-afom, doc-doccmed, doc-none, doc-trainee, doc-appointed"
        },
    ),
)

NEWS = (
    StartingPage(
        slug="a-new-place-for-these-statistics",
        title="A new place for statistics on the occupational health workforce",
        summary="Figures, definitions and data are now in one place, each figure traceable to what it was made from.",
        body=(
            words(
                "Nobody agrees where the occupational health workforce begins and ends. So these statistics count it in "
                "several ways at once, each a written definition with versions.",
                points(
                    '<a href="/publications/">Publications</a> show the figures, with charts and words.',
                    '<a href="/datasets/">Datasets</a> have numbered versions that never change.',
                    '<a href="/definitions/">Definitions</a> say who is counted, and what changed.',
                ),
                'This is a new service: <a href="/feedback/">tell us</a> what is missing.',
            ),
        ),
    ),
)
