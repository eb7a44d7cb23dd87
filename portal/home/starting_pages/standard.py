"""Accessibility, privacy, cookies and contact."""

from __future__ import annotations

from portal.home.starting_pages.parts import StartingPage, heading, points, table, words

STANDARD = (
    StartingPage(
        slug="accessibility",
        title="Accessibility statement",
        summary="How this site is made to work for everyone, and what we know does not.",
        body=(
            words(
                "We want as many people as possible to be able to use this site. You should be able to:",
                points(
                    "zoom in to 400% without losing text or scrolling in two directions, wide tables apart",
                    "use everything with a keyboard alone",
                    "use the site with a screen reader",
                    "use every page without JavaScript",
                    "read every chart as text and as a table",
                ),
            ),
            heading("How accessible it is"),
            words(
                "The site is designed to meet the Web Content Accessibility Guidelines version 2.2, level AA. Every "
                "public page type is checked by software whenever the site changes. It has not yet been audited by "
                "people outside the team, so we do not claim that it meets the guidelines in full.",
            ),
            heading("What we know"),
            words(
                points(
                    "Wide tables scroll sideways on a narrow screen. The keyboard reaches them.",
                    "Parquet files cannot be read without a program made for them. The CSV file has the same rows.",
                    "The interface is partly translated into Welsh. Content is in English.",
                )
            ),
            heading("Tell us"),
            words(
                'If something does not work for you, <a href="/feedback/">tell us</a>, with the address of the page. '
                "Say so if you need a figure in another format."
            ),
            heading("Enforcement"),
            words(
                "The Equality and Human Rights Commission enforces the accessibility regulations of 2018. If you "
                "are not happy with our answer, contact the "
                '<a href="https://www.equalityadvisoryservice.com/">Equality Advisory and Support Service</a>.'
            ),
        ),
    ),
    StartingPage(
        slug="privacy",
        title="Privacy",
        summary="What we hold about readers, about those who send returns and about the people in them.",
        body=(
            heading("If you read this site"),
            words(
                "We do not ask who you are and do not follow you. There are no advertisements, no analytics by "
                "others and no cookies unless you send a form or choose a language. The server keeps a log of "
                "requests, with time, address and network address, to keep the service safe and working.",
                "The feedback form asks for no name and no address. Please do not write about yourself or others "
                "in it.",
            ),
            heading("If you send a return"),
            words(
                "We hold your name, e-mail address and organisation, and a record of what you did, so that a return "
                "can be traced to its sender."
            ),
            heading("If you are in a return"),
            words(
                "Your employer tells us about your job: role, hours, registration and qualifications, place of work, "
                "and, where they hold it, age, sex, ethnic group and disability. The purpose is statistics. No "
                "decision about you is made from it.",
                points(
                    "Records are kept in a separate database that the public part of this site cannot read.",
                    "Your registration number is turned into a code before statistics are made.",
                    "Figures about small groups are not published: see "
                    '<a href="/guidance/how-we-protect-people/">how we protect people</a>.',
                ),
            ),
            heading("Your rights"),
            words(
                "You may ask what is held about you, and to have mistakes mended. Ask your employer first, who sent "
                'the data; or <a href="/contact/">ask us</a>. You may complain to the '
                '<a href="https://ico.org.uk/">Information Commissioner’s Office</a>.'
            ),
        ),
    ),
    StartingPage(
        slug="cookies",
        title="Cookies",
        summary="Readers get no cookies. Those who sign in or send a form get the few that are needed.",
        body=(
            words("Nothing here measures or follows you, so there is no banner to click away."),
            table(
                "The cookies of this site",
                ("Name", "What for", "How long"),
                (
                    "csrftoken",
                    "Protects a form against being sent by another site. Set when you open a form.",
                    "1 year",
                ),
                ("sessionid", "Keeps you signed in. Set when you sign in.", "8 hours"),
                (
                    "messages",
                    "Carries a note such as “saved” to the next page. Set after you send a form.",
                    "Until the next page",
                ),
                ("django_language", "Remembers the language. Set when you choose one.", "1 year"),
            ),
        ),
    ),
    StartingPage(
        slug="contact",
        title="Contact",
        summary="How to reach the team that makes these statistics.",
        body=(
            words(
                'Use the <a href="/feedback/">feedback form</a> to report a mistake, ask for a figure or tell us '
                "what you could not find. It asks for no name and no address.",
                "Providers reach the team by the messages beside their return: "
                '<a href="/guidance/for-providers/">how to send a return</a>.',
            ),
            heading("Where else to look"),
            words(
                points(
                    '<a href="/guidance/">Guidance</a> on the figures, the data and the returns',
                    '<a href="/publications/calendar/">Release calendar</a> for what is coming',
                    '<a href="/definitions/">Definitions</a> of roles and perspectives',
                )
            ),
        ),
    ),
)
