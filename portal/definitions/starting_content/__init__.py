"""What the register starts with: reference lists, 28 roles and four perspectives, a second family.

Running it again changes nothing: what exists is left alone, whatever editors made of it since.
The texts are written and published by the machine; the audit trail says so and names who answers
for them.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from wagtail.models import Workflow, WorkflowContentType, WorkflowTask
from wagtail.signal_handlers import disable_reference_index_auto_update

from portal.core.actions import record_event
from portal.definitions import actions, blocks
from portal.definitions.enums import ChangeClass, ListSlug
from portal.definitions.models import (
    Perspective,
    ReferenceEntry,
    ReferenceList,
    Role,
    SecondPersonApprovalTask,
)
from portal.definitions.reference_lists import remembered

FOLDER = Path(__file__).parent
APPROVER = "The OH team, on taking over the starting content"
WORKFLOW = "Definitions: approval by a second person"
OWN_SOC_LINK = "A candidate chosen by the portal."


@transaction.atomic
def load_starting_content(approver_label: str = APPROVER) -> dict[str, int]:
    """Load what is missing; return how many of each kind were made."""
    made = {"reference lists": _load_lists()}
    # Wagtail would look through every text for references to pages; these texts have none.
    with remembered(), disable_reference_index_auto_update():
        made["roles"] = sum(_load_roles(name, approver_label) for name in ("oh_roles", "pcn_roles"))
        made["perspectives"] = _load_perspectives(approver_label)
    _ensure_workflow()
    return made


def _read(name: str) -> dict[str, Any]:
    with (FOLDER / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)


def _load_lists() -> int:
    made = 0
    for data in _read("reference_lists")["lists"]:
        entries = data.pop("entries")
        reference, created = ReferenceList.objects.get_or_create(
            slug=data["slug"],
            version=data["version"],
            defaults=data,
        )
        if created:
            made += 1
            ReferenceEntry.objects.bulk_create(
                ReferenceEntry(list=reference, code=code, title=title, order=order)
                for order, (code, title) in enumerate(entries)
            )
            record_event(by=None, action="load_reference_list", obj=reference, detail={"entries": len(entries)})
    return made


def _load_roles(name: str, approver_label: str) -> int:
    data = _read(name)
    existing = set(Role.objects.values_list("code", flat=True))
    made = 0
    for fields in data["roles"]:
        if fields["code"] in existing:
            continue
        sources = fields.get(
            "sources", [["Label and scope of the staff role.", data["source"], True]] if "source" in data else []
        )
        role = actions.create_role(
            by=None,
            **_role_fields({**fields, "sources": sources}),
            family=data["family"],
            effective_from=data["effective_from"],
        )
        actions.publish_starting_content(definition=role, approver_label=approver_label)
        made += 1
    return made


def _role_fields(data: dict[str, Any]) -> dict[str, Any]:
    """Turn the short form of the file into fields of a role."""
    links = [
        {"code": f"{ListSlug.SOC2020}:{code}", "share": "", "note": OWN_SOC_LINK} for code in data.get("soc2020", [])
    ]
    links += [
        {"code": f"{ListSlug.NHS_JOB_ROLES}:{code}", "share": "", "note": note} for code, note in data.get("nhs", [])
    ]
    return {
        "code": data["code"],
        "group": data["group"],
        "title": data["title"],
        "other_titles": "\n".join(data.get("other_titles", [])),
        "summary": data["summary"],
        "change_class": ChangeClass.NEW,
        "description": [{"type": "text", "value": f"<p>{text}</p>"} for text in data.get("description", [])],
        "inclusion": _items("criterion", ("text", "example"), data.get("inclusion", [])),
        "exclusion": _items("criterion", ("text", "example"), data.get("exclusion", [])),
        "qualifications": _items("qualification", ("code", "required", "note"), data.get("qualifications", [])),
        "registers": _items("register", ("register", "specialty", "verifies", "note"), data.get("registers", [])),
        "classifications": [{"type": "link", "value": link} for link in links],
        "sources": _items("source", ("statement", "source", "confirmed"), data.get("sources", [])),
    }


def _items(kind: str, names: tuple[str, ...], rows: list[list[Any]]) -> list[dict[str, Any]]:
    return [{"type": kind, "value": dict(zip(names, row, strict=True))} for row in rows]


def _load_perspectives(approver_label: str) -> int:
    existing = set(Perspective.objects.values_list("code", flat=True))
    made = 0
    for data in _read("perspectives")["perspectives"]:
        if data["code"] in existing:
            continue
        perspective = actions.create_perspective(
            by=None,
            **{name: data[name] for name in ("code", "family", "effective_from", "title", "summary", "used_by")},
            change_class=ChangeClass.NEW,
            rule=blocks.builder_of(data["rule"]),
            decisions=_items("decision", ("role", "decision", "reason"), data.get("decisions", [])),
            sources=_items("source", ("statement", "source", "confirmed"), data.get("sources", [])),
        )
        actions.publish_starting_content(definition=perspective, approver_label=approver_label)
        made += 1
    return made


def _ensure_workflow() -> None:
    """Put roles and perspectives under the second person's workflow, and give the groups their rights."""
    approvers, _ = Group.objects.get_or_create(name="Approvers")
    editors, _ = Group.objects.get_or_create(name="Editors")
    for model in (Role, Perspective):
        _grant(editors, model, ("add", "change", "view"))
        _grant(approvers, model, ("view", "publish"))
    workflow, created = Workflow.objects.get_or_create(name=WORKFLOW)
    if created:
        task = SecondPersonApprovalTask.objects.create(name="Approval by a second person")
        task.groups.set([approvers])
        WorkflowTask.objects.create(workflow=workflow, task=task, sort_order=0)
    for model in (Role, Perspective):
        content_type = ContentType.objects.get_for_model(model)
        WorkflowContentType.objects.get_or_create(content_type=content_type, defaults={"workflow": workflow})


def _grant(group: Group, model: type, verbs: tuple[str, ...]) -> None:
    content_type = ContentType.objects.get_for_model(model)
    codenames = [f"{verb}_{content_type.model}" for verb in verbs]
    group.permissions.add(*Permission.objects.filter(content_type=content_type, codename__in=codenames))
