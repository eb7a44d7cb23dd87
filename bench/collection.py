"""100,000 rows × 30 columns: checked and stored in the draft, beside `frictionless validate` on the same file.

A number sets the rows. `--alone` leaves the peer out. The portal runs with embedded servers of its own in a folder
that is removed; the peer runs by `uv tool run` with the same types, allowed values and limits as its schema.

What is timed of the portal: from the file on disk, received, encrypted and put aside, read, checked, its findings and
records written, until the last record is committed in PostgreSQL; the worker is running, as it is when a file comes.
Three providers send it, one after another; the one in the middle counts. What is timed of the peer: its whole command,
from the file on disk to the report, as somebody runs it; nothing is stored. Its own report, which begins when it is
loaded and ends with the last row checked, is printed and compared beside.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

MAX_SECONDS = 20
MAX_BYTES = 1 << 30
TIMES_AS_FAST = 10
#: How often the portal is timed.
TIMES = 3
TITLES = ("Occupational health adviser", "OH nurse", "OH physician", "Technician")
ROLES = {
    "nur-oh-pract": "nmc",
    "nur-scphn": "nmc",
    "doc-doccmed": "gmc",
    "physio": "hcpc",
    "tech": "none",
    "admin": "none",
}


def write_file(path: Path, rows: int) -> None:
    """Write a file of the form's 29 columns and one of the provider's own."""
    from portal.submissions.forms import load_form

    form = load_form("oh-worker-1")
    chance = random.Random(20270331)
    contracts = [code for code in form.lists["contract_types"].codes if code != "not_known"]
    same = {
        "oh_view": "yes", "oh_share": "100", "registration_status": "", "qualifications": "msc-oh", "contract_basis": "employee",
        "region": "Y60", "icb": "QHL", "postcode_district": "B15", "delivery_mode": "clinic", "sex": "female",
        "gender": "yes", "ethnic_group": "asian", "disability": "no", "oh_start_year": "2015", "leaving_intention": "3_5",
    }  # fmt: skip
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*(item.name for item in form.items), "department"], restval="")
        writer.writeheader()
        for number in range(rows):
            role, body = chance.choice(list(ROLES.items()))
            hours = chance.choice((37.5, 30, 22.5, 15))
            writer.writerow(
                same
                | {
                    "worker_key": f"W{number}",
                    "job_title": chance.choice(TITLES),
                    "role": role,
                    "registration_body": body,
                    "registration_number": {
                        "nmc": f"{10 + number % 90}A{number // 90 % 10_000:04}E",
                        "gmc": f"{1_000_000 + number}",
                        "hcpc": f"PH{100_000 + number}",
                    }.get(body, ""),
                    "contract_type": chance.choice(contracts),
                    "contracted_hours": hours,
                    "fte": hours / 37.5,
                    "birth_year": chance.randint(1960, 2000),
                    "start_date": f"{chance.randint(2015, 2026)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}",
                    "department": "Health",
                },
            )


def schema(roles: list[str]) -> dict[str, object]:  # noqa: C901 - one case for each type of item
    """Return the form as a Table Schema: all that it can say of what the form takes and refuses.

    The portal checks more (one cell against another, people against posts, the last return); what
    a schema cannot say is left out here, and nothing that it can say.
    """
    from portal.submissions.forms import ItemType, load_form

    form = load_form("oh-worker-1")
    printable = r"[^\x00-\x08\x0b\x0c\x0e-\x1f]*"
    most = {ItemType.PERCENT: 100, ItemType.HOURS: 75, ItemType.FTE: 2}
    fields: list[dict[str, object]] = []
    for item in form.items:
        field: dict[str, object] = {"name": item.name, "type": "string"}
        limits: dict[str, object] = {"required": True} if item.required else {}
        match item.type:
            case ItemType.PERCENT | ItemType.HOURS | ItemType.FTE:
                # "1,000" and "85%" are taken.
                field |= {"type": "number", "groupChar": ",", "bareNumber": item.type is not ItemType.PERCENT}
                limits |= {"minimum": 0, "maximum": most[item.type]}
            case ItemType.YEAR:
                field["type"] = "integer"
                limits |= {"minimum": 1927, "maximum": 2027}
            case ItemType.DATE:
                # 01/09/2019, 2019-09-01 and 1 Sep 2019 are taken.
                field |= {"type": "date", "format": "any"}
                limits |= {"maximum": "2027-03-31"} if item.name == "start_date" else {}
            case ItemType.CODE:
                limits["enum"] = list(
                    dict.fromkeys(
                        [*form.list_of(item).codes, *form.list_of(item).codes.values(), *form.list_of(item).also]
                    )
                )
            case ItemType.CODES:
                one = "|".join(form.list_of(item).codes)
                limits["pattern"] = f"({one})( *[;|] *({one}))*"
            case ItemType.ROLE:
                limits["enum"] = roles
            case ItemType.POSTCODE_DISTRICT:
                limits["pattern"] = "[A-Z]{1,2}[0-9][A-Z0-9]?"
            case ItemType.REGISTRATION:
                limits |= {
                    "unique": True,
                    "pattern": "|".join(f"({rule.pattern})" for rule in form.registration_formats),
                }
            case ItemType.KEY | ItemType.TEXT:
                limits |= {"maxLength": 64 if item.type is ItemType.KEY else 255, "pattern": printable}
        fields.append(field | {"constraints": limits})
    return {
        "fields": [*fields, {"name": "department", "type": "string"}],
        "primaryKey": ["worker_key", "role", "job_title"],
    }


def accepted_roles() -> list[str]:
    """Return every spelling of a role that the register takes."""
    from portal.definitions.querysets import label_index

    return sorted(set(label_index("oh").labels()))


def open_portal(providers: int = 1) -> Any:
    """Set up a portal with providers and one open collection; return their owner."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    call_command("migrate", verbosity=0)
    call_command("migrate", database="submissions", verbosity=0)
    from portal.definitions.starting_content import load_starting_content
    from portal.organisations.models import Membership, Organisation
    from portal.submissions.actions import open_collection
    from portal.submissions.models import Collection
    from portal.users.models import User

    load_starting_content()
    user = User.objects.create_user("bench@example.org", "a long password")
    for number in range(providers):
        organisation = Organisation.objects.create(code=f"BENCH{number}", name=f"Bench {number}")
        Membership.objects.create(organisation=organisation, user=user, role="owner")
    now = timezone.now()
    collection = Collection.objects.create(
        code="oh-bench",
        title="Bench",
        reference_date=dt.date(2027, 3, 31),
        opens_at=now,
        closes_at=now + dt.timedelta(days=1),
    )
    open_collection(by=None, collection=collection)
    return user


def run_portal(path: Path) -> float:
    """Let three providers send the file; return the seconds of the one in the middle."""
    user = open_portal(TIMES + 1)
    from portal.submissions.models import Return

    # A worker is started once and checks many files: the first one, of ten rows, loads what it needs.
    write_file(path.with_name("few.csv"), 10)
    first, *others = Return.objects.order_by("pk")
    send(path.with_name("few.csv"), user, first)
    taken = [send(path, user, of_return) for of_return in others]
    print("portal: " + ", ".join(f"{seconds:.2f}" for seconds in taken) + " s; the one in the middle counts")
    return statistics.median(taken)


def send(path: Path, user: Any, of_return: Any) -> float:
    """Receive, check and keep a file; return the seconds."""
    from django.db import connections

    from portal.submissions.actions import keep_upload, receive_upload
    from portal.submissions.actions.uploads import process
    from portal.submissions.models import Record, Upload

    started, worked = time.monotonic(), time.process_time()
    upload = receive_upload(by=user, of_return=of_return, path=path, file_name=path.name)
    backend = psutil.Process(connections["submissions"].connection.info.backend_pid)
    before = sum(backend.cpu_times()[:2])
    upload = process(upload=upload)
    checked = time.monotonic()
    keep_upload(by=user, upload=upload)
    upload = process(upload=Upload.objects.get(pk=upload.pk))
    stored = time.monotonic()
    used, database = time.process_time() - worked, sum(backend.cpu_times()[:2]) - before
    assert upload.state == "kept", upload.message
    assert Record.objects.filter(version=upload.version).count() == upload.stored
    print(
        f"portal: {upload.rows:,} rows, {upload.stored:,} stored, {upload.refused:,} held; received and checked in "
        f"{checked - started:.2f} s, stored in {stored - checked:.2f} s; {used:.2f} s of a processor, and the database {database:.2f} s"
    )
    return stored - started


def main() -> None:
    rows = next((int(word) for word in sys.argv[1:] if word.isdigit()), 100_000)
    with tempfile.TemporaryDirectory() as folder:
        os.environ.update(
            PORTAL_DATA_DIR=f"{folder}/data",
            PORTAL_PROCESS="owner",
            DJANGO_SETTINGS_MODULE="portal.settings.dev",
            LOG_LEVEL="WARNING",
        )
        path = Path(folder) / "staff.csv"
        from portal import embedded

        try:
            write_file(path, rows)
            seconds = run_portal(path)
            described = json.dumps(schema(accepted_roles()))
        finally:
            with contextlib.suppress(FileNotFoundError):
                embedded.stop_postgres(Path(f"{folder}/data"))
                embedded.stop_valkey(Path(f"{folder}/data"))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(f"portal: {seconds:.2f} s in all, peak {peak / 2**20:,.0f} MB")
        if "--alone" not in sys.argv:
            _compare(path, Path(folder), described, seconds)
        if rows == 100_000:
            assert seconds < MAX_SECONDS, "slower than the rule"
            assert peak < MAX_BYTES, "more memory than the rule"


def _compare(path: Path, folder: Path, described: str, seconds: float) -> None:
    (folder / "schema.json").write_text(described)
    uv = Path(sys.executable).with_name("uv")
    command = [str(uv), "tool", "run", "frictionless"]
    subprocess.run([*command, "--version"], check=True, capture_output=True)
    started, before = time.monotonic(), sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
    # It stops at a thousand errors unless told otherwise; it reads every row.
    command += ["validate", path.name, "--schema", "schema.json", "--limit-errors", "1000000", "--json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
    whole = time.monotonic() - started
    worked = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - before
    report = json.loads(done.stdout)
    assert report["valid"], (report["errors"] or report["tasks"][0]["errors"])[:2]
    peer, rows = report["stats"]["seconds"], report["tasks"][0]["stats"]["rows"]
    print(
        f"frictionless: {rows:,} rows, valid: {report['valid']}; {worked:.1f} s of a processor; load of the machine {os.getloadavg()[0]:.1f}"
    )
    print(
        f"frictionless: {whole:.2f} s the whole command; {peer:.2f} s by its own report, without its start and its writing"
    )
    print("the portal receives, encrypts, checks and stores; frictionless checks, and stores nothing")
    print(
        f"so many times as fast: {whole / seconds:.1f} as the whole command, {peer / seconds:.1f} as its own report "
        f"(at least {TIMES_AS_FAST} wanted)"
    )


if __name__ == "__main__":
    main()
