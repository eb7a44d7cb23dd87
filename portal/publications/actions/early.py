"""Early looks: who was let in, by whom, until when; every look is written down, and the public list is made of this."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from portal.core.actions import record_event, send_on_commit
from portal.publications.actions.common import locked, require
from portal.publications.enums import EarlyKind
from portal.publications.errors import ReleaseError
from portal.publications.models import EarlyAccess, EarlyRead
from portal.publications.models.early import digest_of, new_token

if TYPE_CHECKING:
    from portal.publications.models import ReleaseVersion
    from portal.users.models import User

LONGEST_PREVIEW = dt.timedelta(days=7)


@transaction.atomic
def grant_pre_release(
    *, by: User, version: ReleaseVersion, name: str, post: str, organisation: str, email: str
) -> EarlyAccess:
    """Let a named person read a version on the last working day before it is public; their link goes by e-mail."""
    from portal.publications.tasks import send_pre_release_link  # noqa: PLC0415 - the task module imports the actions

    require(by, "publish_release", "give pre-release access")
    row = _open(version)
    words = {"name": name, "post": post, "organisation": organisation}
    missing = [what for what, said in words.items() if not said.strip()]
    if missing:
        raise ReleaseError(f"Pre-release access is for named people: say {', '.join(missing)}.")
    try:
        validate_email(email)
    except ValidationError as error:
        raise ReleaseError(f"“{email}” is not an e-mail address.") from error
    token = new_token()
    access = EarlyAccess.objects.create(
        version=row, kind=EarlyKind.PRE_RELEASE, email=email, digest=digest_of(token), granted_by=by, **words
    )
    record_event(by=by, action="grant_pre_release", obj=row, detail={"post": post, "organisation": organisation})
    send_on_commit(send_pre_release_link, access.pk, token)
    return access


@transaction.atomic
def make_preview_token(
    *, by: User, version: ReleaseVersion, label: str, days: int = LONGEST_PREVIEW.days
) -> tuple[EarlyAccess, str]:
    """Let another front end read a draft for at most seven days. The token is shown once and kept nowhere."""
    require(by, "submit_release", "make a preview token")
    row = _open(version)
    if not 1 <= days <= LONGEST_PREVIEW.days:
        raise ReleaseError(f"A preview token lasts from one to {LONGEST_PREVIEW.days} days.")
    if not label.strip():
        raise ReleaseError("Say who uses the token and what for.")
    token = new_token()
    access = EarlyAccess.objects.create(
        version=row,
        kind=EarlyKind.FRONT_END,
        name=label.strip()[:120],
        digest=digest_of(token),
        expires_at=timezone.now() + dt.timedelta(days=days),
        granted_by=by,
    )
    record_event(by=by, action="make_preview_token", obj=row, detail={"label": access.name, "days": days})
    return access, token


def _open(version: ReleaseVersion) -> ReleaseVersion:
    row = locked(version)
    if not row.is_open:
        raise ReleaseError(f"{row} is {row.get_state_display().lower()}: everyone reads it at its address.")
    return row


@transaction.atomic
def revoke_early_access(*, by: User, access: EarlyAccess) -> EarlyAccess:
    """End an access at once. It stays on record, and on the public list if it was used."""
    needed = "publish_release" if access.kind == EarlyKind.PRE_RELEASE else "submit_release"
    require(by, needed, "end early access")
    row = EarlyAccess.objects.select_for_update(of=("self",)).get(pk=access.pk)
    if row.revoked_at is None:
        row.revoked_at, row.revoked_by = timezone.now(), by
        row.save(update_fields=["revoked_at", "revoked_by"])
        record_event(by=by, action="revoke_early_access", obj=row.version, detail={"who": str(row)})
    return row


def look_early(*, token: str, kind: EarlyKind, address: str) -> EarlyAccess | None:
    """Write down a look and return its grant; None when the token opens nothing now."""
    access = (
        EarlyAccess.objects.select_related("version__release", "version__series", "version__dataset_version__dataset")
        .filter(digest=digest_of(token), kind=kind)
        .first()
    )
    if access is None or not access.is_open():
        return None
    EarlyRead.objects.create(access=access, address=address[:300])
    return access


def published_list(version: ReleaseVersion) -> list[dict[str, str]]:
    """Return the posts that had pre-release access, for the public statement: whoever could have looked, or did."""
    grants = EarlyAccess.objects.filter(version=version, kind=EarlyKind.PRE_RELEASE)
    had = grants.filter(revoked_at__isnull=True) | grants.filter(reads__isnull=False)
    return [{"post": one.post, "organisation": one.organisation} for one in had.distinct()]
