"""Policies that the team is held to."""

from __future__ import annotations

import datetime as dt

from portal.home.starting_pages.parts import StartingPage, heading, points, table, words

FROM = {"applies_from": dt.date(2026, 11, 1), "review_due": dt.date(2027, 11, 1)}

POLICIES = (
    StartingPage(
        slug="revisions-and-corrections-policy",
        title="Revisions and corrections policy",
        summary="When and how published figures change, and how you can see that they did.",
        body=(
            words("Published figures are never changed silently, and nothing that was published is deleted."),
            heading("Two kinds of change"),
            table(
                "Revision and correction",
                ("Kind", "Why", "When"),
                ("Revision", "Better data came in, or the method or a definition improved", "Announced, on schedule"),
                ("Correction", "We made a mistake", "As soon as we have checked it"),
            ),
            heading("What we do in both cases"),
            words(
                points(
                    "The new figures are a new version of the dataset and of the release, with a number of its own.",
                    "The page says what changed and why, and how large the largest change is.",
                    "The older version stays at its address with its own figures, charts and files.",
                    "The list of changed values can be downloaded.",
                )
            ),
            heading("Corrections"),
            words(
                "A correction carries a notice at the top of the release: what was wrong, since when, and what it "
                "means for readers. Once published, the notice cannot be reworded. If the notice itself is wrong, "
                "there is another notice.",
                'If you find a mistake, <a href="/feedback/">tell us</a>. We look at every report and answer in '
                "the notice if there is one.",
            ),
            heading("Definitions"),
            words(
                "When the definition of a role or a perspective changes in meaning, figures made with it get a new "
                "first version number, and the release splits the change into “definition” and "
                "“real change” where it can be computed."
            ),
            heading("Withdrawal"),
            words(
                "If a figure could harm somebody, for example because a person might be recognised, we withdraw the "
                "data at once. The page stays, with the reason."
            ),
        ),
        fields=FROM,
    ),
    StartingPage(
        slug="release-practices-policy",
        title="Release practices policy",
        summary="How figures are prepared, who decides on their release, and when everybody gets them.",
        body=(
            heading("Announced in advance"),
            words(
                'The <a href="/publications/calendar/">release calendar</a> shows what is coming. A date is first '
                "provisional, as a month, and then confirmed, as a day. A confirmed date is changed only with a "
                "public reason."
            ),
            heading("Same moment for everyone"),
            words(
                "Releases are published at 9:30 in the morning, United Kingdom time. Pages, files and the API "
                "change together: nobody sees a part of a release before the rest."
            ),
            heading("Two people"),
            words(
                "Nobody approves their own work. Whoever edited a release or made its data cannot approve it. This "
                "is enforced by the software, for pages, data and definitions."
            ),
            heading("From the data, not typed"),
            words(
                "A figure on a page is read from the published dataset. The software that computes the figures, the "
                "definitions and the inputs are recorded with each version, so that the same inputs give the same "
                "bytes again."
            ),
            heading("Early access"),
            words(
                "Early access is given only where it is needed, to named people, for at most 24 hours before "
                "publication. Where it was given, the release says to whom."
            ),
            heading("Words"),
            words(
                "Commentary is neutral: it says what the figures show and how sure we are, and takes no side. It is "
                "written apart from any statement by ministers."
            ),
        ),
        fields=FROM,
    ),
)
