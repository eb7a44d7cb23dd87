"""Guidance for everyone who reads the figures."""

from __future__ import annotations

from portal.home.starting_pages.parts import StartingPage, heading, inset, perspective, points, table, words

FIGURES = (
    StartingPage(
        slug="how-we-count-people",
        title="How we count people",
        summary="What headcount, full-time equivalent and posts mean here, and why the parts do not always add up.",
        body=(
            words(
                "Three measures describe the size of the workforce. They answer different questions, so check which "
                "one a figure uses before you quote it."
            ),
            table(
                "The measures",
                ("Measure", "What it counts", "Use it for"),
                ("Headcount", "Distinct people. A person with two jobs counts once.", "How many people work here?"),
                (
                    "Full-time equivalent (FTE)",
                    (
                        "Working time. 37.5 hours a week is 1.0. Contracted services count here, "
                        "though they name no person."
                    ),
                    "How much work can be done?",
                ),
                ("Posts", "Jobs held. A person with two jobs counts twice.", "How many jobs are there?"),
            ),
            heading("One person is counted once"),
            words(
                "Many people in occupational health work for more than one employer: a general practitioner may hold "
                "a session a week for a factory and another for a hospital trust. We link the records of one person "
                "by a coded form of their registration number, so that the person is counted once in every total.",
                "That is why you must not add headcounts. Someone who holds two roles is in both roles, and once in "
                "the total of the two.",
            ),
            heading("Why totals differ from the sum of their parts"),
            words(
                points(
                    "A person can be in more than one part.",
                    "Counts are rounded to the nearest 5, and each total is rounded on its own.",
                    "Groups of fewer than 10 people are hidden, shown as [c], but they are in the total.",
                ),
            ),
            heading("What a figure covers"),
            words(
                "Beside each release you find its coverage: from how many of the organisations that we asked we "
                "had a return. A figure made from 300 of 500 organisations is not a figure for all 500. “As "
                "returned” means what those who answered told us; where we also publish estimates for everybody, "
                "they are labelled as estimates.",
            ),
            heading("Dates"),
            words(
                "A figure describes one day, the reference date of its collection, and not a year. Changes are "
                "differences between two such days. Where a definition changed in between, the release says how much "
                "of the change is due to the definition."
            ),
        ),
        fields={"audience": "everyone"},
    ),
    StartingPage(
        slug="perspectives",
        title="Perspectives: it depends who you count",
        summary="Occupational health has no single boundary. We publish each figure under several stated ones.",
        body=(
            words(
                "People disagree, for good reasons, about who belongs to the occupational health workforce. Some "
                "count the doctors and nurses only. Others include physiotherapists, psychologists, hygienists and "
                "technicians, or everyone whose work is about work and health.",
                "Instead of choosing one answer, we publish several. Each is called a perspective: a written rule "
                "that decides from role, registration, qualification, function and share of time whether a person "
                "is counted.",
            ),
            heading("The four perspectives"),
            table(
                "Perspectives and who tends to use them",
                ("Perspective", "Who is counted", "Useful for"),
                ("Clinical core (D1)", "Doctors and nurses who do occupational health work", "Clinical supply"),
                (
                    "Multidisciplinary team (D2)",
                    (
                        "The clinical core, and technicians, allied health professionals, psychologists, hygienists and "
                        "ergonomists"
                    ),
                    "The capacity of services",
                ),
                (
                    "Wider work and health (D3)",
                    (
                        "The multidisciplinary team, and safety, vocational rehabilitation, case management, wellbeing "
                        "and management"
                    ),
                    "The sector as a whole",
                ),
                (
                    "Registered and OH-qualified (D4)",
                    "Those with an occupational health qualification or register entry that can be verified",
                    "Training and regulation",
                ),
            ),
            words("The published rules, in sentences and with their history:"),
            perspective("D1"),
            perspective("D2"),
            perspective("D3"),
            perspective("D4"),
            heading("Switching perspective"),
            words(
                "On a release page, choose a perspective under “Counted as”. All figures, charts and tables "
                "of the page follow. The choice is part of the address, so that you can send the page to somebody "
                "and they see the same figures.",
            ),
            heading("When a rule changes"),
            words(
                "A perspective has numbered versions. A published version never changes; a new rule is a new "
                "version, with the reason. Every figure names the version that it was made with, and older figures "
                "keep theirs.",
                'Compare versions and read the rules in the <a href="/definitions/">definitions</a>.',
            ),
            inset(
                "When you quote a figure, name the perspective and its version: “multidisciplinary team, "
                "version 1”. Without it nobody can tell who was counted."
            ),
        ),
        fields={"audience": "everyone"},
    ),
    StartingPage(
        slug="how-we-protect-people",
        title="How we protect people",
        summary="Small groups are hidden and counts are rounded, so that nobody can be recognised in a figure.",
        body=(
            words(
                "Occupational health is a small profession. In many places one or two people do a job, and anyone "
                "who knows them could recognise them in an exact table. So we never publish exact counts."
            ),
            heading("What we do to counts"),
            words(
                points(
                    "Groups of fewer than 10 people are not shown. You see [c] instead.",
                    "All other counts are rounded to the nearest 5.",
                    "Each total is rounded on its own, so rounded parts may not add up to it.",
                    "A zero is shown only where nobody can exist, not where we found nobody.",
                ),
            ),
            heading("What we do to full-time equivalents"),
            words(
                "A full-time equivalent is hidden wherever its headcount is, and rounded to the nearest 5. It is "
                "also hidden where fewer than 3 organisations contribute, or where one organisation could work out "
                "another’s share closely."
            ),
            heading("Why several definitions need more care"),
            words(
                "Publishing under several perspectives could give people away by subtraction: the difference of two "
                "large figures may be a small group. Rounding and the threshold weaken this. Before a release can be "
                "approved, all that is published of its data is checked together: tables, perspectives, headlines, "
                "charts and every earlier version. What would give away a group of one to four people is hidden too."
            ),
            inset(
                "Two equal figures under two perspectives suggest that few people, or none, are in between, and do not "
                "prove it. Rounding makes this weaker; nothing removes it."
            ),
            heading("What never leaves"),
            words(
                "Names, registration numbers and dates of birth are not part of the data that statistics are made "
                "from. Organisations are not shown one by one without their written consent."
            ),
            heading("The symbols"),
            table(
                "Symbols in tables and files",
                ("Symbol", "Meaning"),
                ("[c]", "Hidden to protect people"),
                ("[x]", "Not available"),
                ("[z]", "Does not apply"),
                ("[low]", "Rounds to zero but is not zero"),
                ("[u]", "Low reliability"),
                ("[e]", "Estimated"),
                ("[b]", "Break in the series"),
                ("[p]", "Provisional"),
                ("[r]", "Revised"),
            ),
        ),
        fields={"audience": "everyone"},
    ),
    StartingPage(
        slug="why-counts-differ",
        title="Why our counts differ from others",
        summary="Other sources count occupational health by job code, by register or by survey. None is the same.",
        body=(
            words(
                "You may find other figures for the occupational health workforce that look quite different from "
                "ours. Usually both are right, and count different people."
            ),
            heading("Job codes split one job"),
            words(
                "The national classification of jobs (SOC) gives occupational health nursing no code of its own. "
                "In the index of SOC 2010, “Nurse, health, occupational” has code 2231, “Adviser, "
                "occupational health and wellbeing” has 2219 and “Hygienist, occupational” has 3567. "
                "A count by one code misses most of the profession; a count by all of them includes many others."
            ),
            heading("A title is not a register entry"),
            words(
                "“Registered nurse” is a protected title. “Occupational health nurse” is not: any "
                "registered nurse may use it. A register counts those with an entry, wherever they work and whether "
                "they work or not. We count those who are in post."
            ),
            heading("“Occupational” means two things"),
            words(
                "Occupational therapists help people with the activities of daily life. Most of them do not work in "
                "occupational health. We never match the two by the word."
            ),
            heading("Who was asked"),
            words(
                "A survey of providers, a staff system of the health service and a membership list each miss "
                "somebody: sole practitioners, contracted services, people who belong to no society. Read the "
                "coverage beside each of our figures, and the same of the other source."
            ),
        ),
        fields={"audience": "everyone"},
    ),
)
