"""Guidance for those who work with the data."""

from __future__ import annotations

from portal.home.starting_pages.parts import StartingPage, code, heading, points, table, warning, words

DATA_USE = (
    StartingPage(
        slug="how-to-use-the-data",
        title="How to use the data",
        summary="Find a dataset, choose a version, download it, check it and cite it.",
        body=(
            heading("Find a dataset"),
            words(
                'The <a href="/datasets/">catalogue of datasets</a> lists every series. Each dataset has a short '
                "identifier that never changes, such as ohw-headcount, and numbered versions.",
            ),
            heading("Versions"),
            words(
                "A version is a snapshot that never changes: its files keep their bytes and their address. When "
                "figures are added, revised or corrected there is a new version, and the older one stays where it "
                "is with the reason why it was superseded.",
            ),
            table(
                "How to read a version number, such as 2.1.0",
                ("Part", "Goes up when"),
                ("First", "Something that was there is gone or means something else; your code may have to change"),
                ("Second", "A period, breakdown or label was added, or values were revised together with it"),
                ("Third", "A mistake was corrected in the same period"),
            ),
            words(
                "For work that must be repeatable, use the address of one version. For the newest figures, use the "
                "address with “latest”, which sends you on to the current version.",
            ),
            heading("Files"),
            words(
                points(
                    "CSV: one row for each observation, with codes and labels. Opens everywhere.",
                    "Parquet: the same rows, small and fast, for R, Python and DuckDB.",
                    "ODS and XLSX: spreadsheets with notes, laid out for screen readers.",
                    "manifest.json: size and SHA-256 of every file, and what the version was made from.",
                ),
                "Numbers stay numbers. Where a value is hidden the value is empty, and the column beside it, "
                "status, says why: “c” means hidden to protect people. Never read an empty value as zero.",
            ),
            heading("Check what you downloaded"),
            code("Terminal", "sha256sum ohw-headcount-1.0.0.csv"),
            words("Compare the result with the manifest. If it is the same, so is the file, to the last byte."),
            heading("Columns"),
            words(
                "Every file has time_period, geography_level and geography_code, perspective, role_level and "
                "role_code, measure, value and status. The page of a version lists all codes with their labels."
            ),
            warning("Do not add headcounts of several roles or places. People who are in both would count twice."),
            heading("Cite it"),
            words(
                "Give the title, the version, the date of publication and the address of the version. The page of "
                "each version has a citation ready to copy."
            ),
        ),
        fields={"audience": "researchers"},
    ),
    StartingPage(
        slug="how-to-use-the-api",
        title="How to use the API",
        summary="Lists, details and observations of everything published, as JSON, without a key.",
        body=(
            words(
                "The data API needs no key and gives only what is published. Its address is /api/v1/ and its "
                'description, with every parameter, is in the <a href="/api/v1/docs/">API documentation</a>.'
            ),
            heading("Find a dataset and its versions"),
            code("curl", "curl {base}/api/v1/datasets/\ncurl {base}/api/v1/datasets/ohw-headcount/"),
            heading("Ask for observations"),
            code(
                "Python",
                """
import json
from urllib.request import urlopen

address = "{base}/api/v1/datasets/ohw-headcount/versions/latest/observations/"
with urlopen(address + "?measure=headcount&geography_level=region") as answer:
    for row in json.load(answer)["results"]:
        print(row)
""",
            ),
            code(
                "R",
                """
library(jsonlite)
address <- "{base}/api/v1/datasets/ohw-headcount/versions/latest/observations/"
answer <- fromJSON(paste0(address, "?measure=headcount&geography_level=region"))
answer$results
""",
            ),
            words(
                "Every answer names the version that it comes from. Ask for one version, such as 1.0.0, when your "
                "work must give the same result next year.",
            ),
            heading("Read a whole version at once"),
            words("For more than a few thousand rows, take the Parquet file instead of many pages:"),
            code(
                "DuckDB",
                "SELECT role_code, value\n"
                "FROM '{base}/datasets/ohw-headcount/v/1.0.0/files/ohw-headcount-1.0.0.parquet'\n"
                "WHERE measure = 'headcount' AND geography_level = 'country';",
            ),
            heading("Errors"),
            words(
                "An error is a problem document (application/problem+json) that says what was wrong and where. A "
                "hidden value is not an error: it comes with an empty value and a status."
            ),
        ),
        fields={"audience": "researchers"},
    ),
)
