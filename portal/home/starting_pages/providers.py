"""Guidance for providers that send returns."""

from __future__ import annotations

from portal.home.starting_pages.parts import StartingPage, heading, points, steps, words

PROVIDERS = (
    StartingPage(
        slug="for-providers",
        title="For providers: sending a return",
        summary="What is asked, of whom and why, what you get back, and how to send it.",
        body=(
            words(
                "We ask everyone who provides occupational health services in England to tell us who works for "
                "them: health service departments, in-house teams, commercial providers of every size, and people "
                "who work on their own."
            ),
            heading("What you need"),
            words(
                "A spreadsheet from your staff or rota system with one row for each job held on the reference date. "
                "For each job we ask for:",
                points(
                    "the job title as you use it, and the role it comes closest to",
                    "the hours or full-time equivalent, and how much of it is occupational health",
                    "registration and occupational health qualifications",
                    "the place of work and the type of contract",
                    "age, sex, ethnic group and disability, where you hold them",
                ),
                "“Not known” is always an answer. Do not guess.",
            ),
            heading("How to send it"),
            steps(
                ("Sign in", "Use the e-mail address that we invited. You need no other program."),
                ("Upload your file", "CSV or Excel. You do not have to rearrange it: you match the columns once."),
                (
                    "Mend what cannot be read",
                    (
                        "You see at once which rows were read, which have a question and which cannot be read, with "
                        "the line, the column and the reason. Good rows are kept while you mend the others."
                    ),
                ),
                ("Submit", "You get a receipt with the number of rows and a checksum of what you sent."),
            ),
            heading("What happens to it"),
            words(
                "Your return is kept apart from everything public: the computer that serves this site cannot read "
                "it. Names and registration numbers are turned into codes before any statistic is made. Nobody "
                'outside the team sees your return. Read <a href="/guidance/how-we-protect-people/">how we protect '
                'people</a> and the <a href="/privacy/">privacy notice</a>.',
            ),
            heading("If something in a published figure looks wrong"),
            words(
                'Tell us through the <a href="/feedback/">feedback form</a>. If it is a mistake we correct it in '
                'public, as the <a href="/guidance/revisions-and-corrections-policy/">revisions and corrections '
                "policy</a> says."
            ),
        ),
        fields={"audience": "providers"},
    ),
)
