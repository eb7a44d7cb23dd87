"""100,000 rows × 30 columns: checked and stored in the draft, beside `frictionless validate` on the same file.

A number sets the rows. `--alone` leaves the peer out. The portal runs with embedded servers of its own in a folder
that is removed; the peer runs by `uv tool run` with the same types, allowed values and limits as its schema.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MAX_SECONDS = 20
MAX_BYTES = 1 << 30
TIMES_AS_FAST = 10
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
    """Write a file of the form's 28 columns and two of the provider's own."""
    from portal.submissions.forms import load_form

    form = load_form("oh-worker-1")
    chance = random.Random(20270331)
    contracts = [code for code in form.lists["contract_types"].codes if code != "not_known"]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(item.name for item in form.items), "department", "cost_centre"])
        for number in range(rows):
            role, body = chance.choice(list(ROLES.items()))
            registration = {
                "nmc": f"{10 + number % 90}A{number // 90 % 10_000:04}E",
                "gmc": f"{1_000_000 + number}",
                "hcpc": f"PH{100_000 + number}",
            }.get(body, "")
            hours = chance.choice((37.5, 30, 22.5, 15))
            started = f"{chance.randint(2015, 2026)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
            writer.writerow(
                [
                    f"W{number}", chance.choice(TITLES), role, "yes", "100", body, "", registration, "msc-oh", "",
                    chance.choice(contracts), "employee", hours, hours / 37.5, "Y60", "QHL", "B15", "clinic",
                    chance.randint(1960, 2000), "", "female", "yes", "asian", "no", started, "2015", "3_5", "",
                    "Health", number % 40,
                ],
            )  # fmt: skip


def schema() -> dict[str, object]:
    """Return the form as a schema of the peer."""
    from portal.submissions.forms import load_form

    form = load_form("oh-worker-1")
    fields = []
    for item in form.items:
        kind, limits = "string", {"required": True} if item.required else {}
        if item.type in {"percent", "hours", "fte"}:
            kind = "number"
            limits |= {"minimum": 0, "maximum": {"percent": 100, "hours": 75, "fte": 2}[item.type]}
        elif item.type == "year":
            kind, limits = "integer", limits | {"minimum": 1927, "maximum": 2027}
        elif item.type == "date":
            kind = "date"
        elif item.type == "code":
            limits |= {"enum": list(form.list_of(item).codes)}
        elif item.type == "role":
            limits |= {"enum": list(ROLES)}
        elif item.type == "postcode_district":
            limits |= {"pattern": "[A-Z]{1,2}[0-9][A-Z0-9]?"}
        fields.append({"name": item.name, "type": kind, "constraints": limits})
    return {"fields": [*fields, {"name": "department", "type": "string"}, {"name": "cost_centre", "type": "integer"}]}


def run_portal(path: Path) -> float:
    """Receive, check and keep the file; return the seconds."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.utils import timezone

    call_command("migrate", verbosity=0)
    from portal.definitions.starting_content import load_starting_content
    from portal.organisations.models import Membership, Organisation
    from portal.submissions.actions import keep_upload, open_collection, receive_upload
    from portal.submissions.actions.uploads import process
    from portal.submissions.models import Collection, Record, Return, Upload
    from portal.users.models import User

    load_starting_content()
    user = User.objects.create_user("bench@example.org", "a long password")
    Membership.objects.create(
        organisation=Organisation.objects.create(code="BENCH", name="Bench"), user=user, role="owner"
    )
    now = timezone.now()
    collection = Collection.objects.create(
        code="oh-bench",
        title="Bench",
        reference_date=dt.date(2027, 3, 31),
        opens_at=now,
        closes_at=now + dt.timedelta(days=1),
    )
    open_collection(by=None, collection=collection)
    started, worked = time.monotonic(), time.process_time()
    upload = process(upload=receive_upload(by=user, of_return=Return.objects.get(), path=path, file_name=path.name))
    checked = time.monotonic()
    keep_upload(by=user, upload=upload)
    upload = process(upload=Upload.objects.get())
    stored = time.monotonic()
    assert upload.state == "kept", upload.message
    assert Record.objects.count() == upload.stored
    print(f"portal: {upload.rows:,} rows, {upload.stored:,} stored, {upload.refused:,} held")
    print(f"portal: {time.process_time() - worked:.1f} s of one processor, without the database's")
    print(f"portal: checked in {checked - started:.1f} s, checked again and stored in {stored - checked:.1f} s")
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
        finally:
            with contextlib.suppress(FileNotFoundError):
                embedded.stop_postgres(Path(f"{folder}/data"))
                embedded.stop_valkey(Path(f"{folder}/data"))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(f"portal: {seconds:.1f} s in all, peak {peak / 2**20:,.0f} MB")
        if "--alone" not in sys.argv:
            _compare(path, Path(folder), seconds)
        if rows == 100_000:
            assert seconds < MAX_SECONDS, "slower than the rule"
            assert peak < MAX_BYTES, "more memory than the rule"


def _compare(path: Path, folder: Path, seconds: float) -> None:
    described = folder / "schema.json"
    described.write_text(json.dumps(schema()))
    uv = Path(sys.executable).with_name("uv")
    command = [
        str(uv),
        "tool",
        "run",
        "frictionless",
        "validate",
        path.name,
        "--schema",
        described.name,
        "--limit-errors",
        "1000000",
        "--json",
    ]
    subprocess.run([*command[:4], "--version"], check=True, capture_output=True)
    started = time.monotonic()
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
    peer = time.monotonic() - started
    report = json.loads(done.stdout)
    assert report["valid"], (report["errors"] or report["tasks"][0]["errors"])[:2]
    print(f"frictionless: {peer:.1f} s, valid: {report['valid']}, rows {report['tasks'][0]['stats'].get('rows', 0):,}")
    print(f"the portal, checks twice and stores, is {peer / seconds:.1f} times as fast")
