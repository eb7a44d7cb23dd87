"""Writes to the register."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from portal.core.actions import record_event, send_on_commit
from portal.organisations.enums import LinkState, MemberRole, ParentAccess, RegistrationState
from portal.organisations.models import Invitation, Membership, Organisation, ParentLink, Registration
from portal.organisations.tasks import send_decision, send_invitation, send_parent_request, send_registration

if TYPE_CHECKING:
    from collections.abc import Iterable


INVITATION_LASTS = dt.timedelta(days=14)


class RegisterRefused(Exception):  # noqa: N818 - it is an answer to a person, not a fault
    """The change cannot be made. The message says why."""


@dataclass(frozen=True)
class RegisterEntry:
    """What a source says about an organisation that may not be in the register yet."""

    code: str
    name: str
    family: str
    provider_type: str
    region_code: str
    icb_code: str = "not_known"
    is_synthetic: bool = False


def add_to_register(*, by: Any | None, entries: Iterable[RegisterEntry], source: str) -> int:
    """Add organisations whose code is not in the register; return how many were added.

    What the register already says of an organisation is left alone.
    """
    wanted = {entry.code: entry for entry in entries}
    with transaction.atomic():
        known = set(Organisation.objects.filter(code__in=wanted).values_list("code", flat=True))
        new = [
            Organisation(
                code=entry.code,
                name=entry.name,
                family=entry.family,
                provider_type=entry.provider_type,
                region_code=entry.region_code,
                icb_code=entry.icb_code,
                is_synthetic=entry.is_synthetic,
            )
            for code, entry in sorted(wanted.items())
            if code not in known
        ]
        added = Organisation.objects.bulk_create(new, ignore_conflicts=True, batch_size=1000)
        if added:
            record_event(by=by, action="add_organisations", reason=source, detail={"count": len(added)})
    return len(added)


@transaction.atomic
def request_registration(
    *,
    by: Any,
    organisation: Organisation | None,
    organisation_name: str = "",
    provider_type: str = "not_known",
    postcode: str = "",
    job_title: str = "",
) -> Registration:
    """Ask to act for an organisation of the register, or for one that is not in it yet. The OH team decides."""
    waiting = Registration.objects.filter(user=by, state=RegistrationState.PENDING)
    if waiting.filter(
        organisation=organisation, organisation_name=organisation.name if organisation else organisation_name
    ).exists():
        raise RegisterRefused("You have asked already. The OH team has yet to decide.")
    registration = Registration.objects.create(
        user=by,
        organisation=organisation,
        organisation_name=organisation.name if organisation else organisation_name,
        provider_type=organisation.provider_type if organisation else provider_type,
        postcode=postcode,
        job_title=job_title,
    )
    record_event(by=by, action="request_registration", obj=registration)
    send_on_commit(send_registration, registration.pk)
    return registration


@transaction.atomic
def decide_registration(
    *, by: Any, registration: Registration, approve: bool, reason: str = "", code: str = ""
) -> Registration:
    """Approve or reject a request.

    A request for an organisation that the person did not find gets ``code``: of one in the register,
    or a new one, under which it is added.
    """
    locked = Registration.objects.select_for_update().get(pk=registration.pk)
    if locked.state != RegistrationState.PENDING:
        raise RegisterRefused("This request is decided already.")
    if not approve and not reason.strip():
        raise RegisterRefused("Give a reason: the person will read it.")
    if approve and locked.organisation is None:
        locked.organisation = _organisation_for(locked, code)
    locked.state = RegistrationState.APPROVED if approve else RegistrationState.REJECTED
    locked.reason, locked.decided_at, locked.decided_by = reason.strip(), timezone.now(), by
    locked.save()
    if approve and locked.organisation is not None:
        first = not Membership.objects.filter(organisation=locked.organisation, ended_at=None).exists()
        _join(locked.organisation, locked.user, MemberRole.OWNER if first else MemberRole.EDITOR)
    record_event(by=by, action="approve_registration" if approve else "reject_registration", obj=locked, reason=reason)
    send_on_commit(send_decision, locked.pk)
    return locked


def _organisation_for(registration: Registration, code: str) -> Organisation:
    code = code.strip().upper()
    if known := Organisation.objects.active().filter(code=code).first():
        return known
    organisation = Organisation(
        code=code,
        name=registration.organisation_name,
        provider_type=registration.provider_type,
        postcode=registration.postcode,
    )
    try:
        organisation.full_clean()
    except ValidationError as error:
        raise RegisterRefused(
            "Give a code of 2 to 20 capital letters, digits and hyphens: of an active organisation of the register, "
            "or a new one."
        ) from error
    organisation.save()
    return organisation


def _join(organisation: Organisation, user: Any, role: str) -> Membership:
    membership, is_new = Membership.objects.get_or_create(
        organisation=organisation, user=user, ended_at=None, defaults={"role": role}
    )
    if not is_new and membership.role == MemberRole.VIEWER:
        membership.role = role
        membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def appoint_owner(*, by: Any, organisation: Organisation, user: Any) -> Membership:
    """Give an organisation that nobody acts for its first owner: the OH team has checked who they are."""
    owners = Membership.objects.filter(organisation=organisation, role=MemberRole.OWNER, ended_at=None)
    if owners.exclude(user=user).exists():
        raise RegisterRefused(f"{organisation} has an owner. Ask that person to invite others.")
    membership = _join(organisation, user, MemberRole.OWNER)
    record_event(by=by, action="appoint_owner", obj=membership)
    return membership


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def invite(*, by: Any, organisation: Organisation, email: str, role: str) -> Invitation:
    """Ask somebody by e-mail to join. The link's secret is in the message only."""
    if not Organisation.objects.owned_by(by).filter(pk=organisation.pk).exists():
        raise RegisterRefused("Only an owner invites people.")
    secret = secrets.token_urlsafe(24)
    invitation = Invitation.objects.create(
        organisation=organisation,
        email=email.strip().lower(),
        role=role,
        secret_hash=_hash(secret),
        invited_by=by,
        expires_at=timezone.now() + INVITATION_LASTS,
    )
    record_event(by=by, action="invite", obj=invitation, detail={"role": role})
    send_on_commit(send_invitation, invitation.pk, secret)
    return invitation


def invitation_of(user: Any, secret: str) -> Invitation | None:
    """Return the invitation of a link, if it is good and for this person's address."""
    found = Invitation.objects.filter(
        secret_hash=_hash(secret),
        email=user.email.lower(),
        accepted_at=None,
        withdrawn_at=None,
        expires_at__gt=timezone.now(),
    )
    return found.select_related("organisation", "invited_by").first()


@transaction.atomic
def accept_invitation(*, by: Any, secret: str) -> Membership:
    """Join by the link of an invitation, signed in with the address that was invited."""
    invitation = (
        Invitation.objects.select_for_update().filter(secret_hash=_hash(secret)).select_related("organisation").first()
    )
    if (
        invitation is None
        or invitation.accepted_at
        or invitation.withdrawn_at
        or invitation.expires_at < timezone.now()
    ):
        raise RegisterRefused("This invitation is used, withdrawn or out of date. Ask for another.")
    if invitation.email != by.email.lower():
        raise RegisterRefused("This invitation is for another e-mail address. Sign in with that address.")
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    membership = _join(invitation.organisation, by, invitation.role)
    record_event(by=by, action="accept_invitation", obj=membership)
    return membership


@transaction.atomic
def end_membership(*, by: Any, membership: Membership) -> Membership:
    """Take a person's access away. The last owner stays."""
    owners = Membership.objects.select_for_update().filter(
        organisation=membership.organisation, role=MemberRole.OWNER, ended_at=None
    )
    if not owners.filter(user=by).exists():
        raise RegisterRefused("Only an owner takes access away.")
    if [owner.pk for owner in owners] == [membership.pk]:
        raise RegisterRefused("The last owner cannot leave. Make somebody else an owner first.")
    membership.ended_at, membership.ended_by = timezone.now(), by
    membership.save(update_fields=["ended_at", "ended_by"])
    record_event(by=by, action="end_membership", obj=membership)
    return membership


@transaction.atomic
def share_with_parent(*, by: Any, organisation: Organisation, access: str) -> Organisation:
    """Decide how much of this organisation's returns its parent sees."""
    if not Organisation.objects.owned_by(by).filter(pk=organisation.pk).exists():
        raise RegisterRefused("Only an owner decides what the parent sees.")
    if access not in ParentAccess.values:
        raise RegisterRefused("Choose one of the list.")
    organisation.parent_access = access
    organisation.save(update_fields=["parent_access", "updated_at"])
    record_event(by=by, action="share_with_parent", obj=organisation, detail={"access": access})
    return organisation


@transaction.atomic
def change_role(*, by: Any, membership: Membership, role: str) -> Membership:
    """Give a person another role. The last owner stays one."""
    owners = Membership.objects.select_for_update().filter(
        organisation=membership.organisation, role=MemberRole.OWNER, ended_at=None
    )
    if not owners.filter(user=by).exists():
        raise RegisterRefused("Only an owner changes roles.")
    if role not in MemberRole.values:
        raise RegisterRefused("Choose owner, editor or viewer.")
    if role != MemberRole.OWNER and [owner.pk for owner in owners] == [membership.pk]:
        raise RegisterRefused("The last owner stays owner. Make somebody else an owner first.")
    before, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    record_event(by=by, action="change_role", obj=membership, detail={"before": before, "role": role})
    return membership


def _owned_invitation(by: Any, invitation: Invitation) -> Invitation:
    locked = Invitation.objects.select_for_update().get(pk=invitation.pk)
    if not Organisation.objects.owned_by(by).filter(pk=locked.organisation_id).exists():
        raise RegisterRefused("Only an owner changes invitations.")
    if locked.accepted_at or locked.withdrawn_at:
        raise RegisterRefused("This invitation is used or withdrawn already.")
    return locked


@transaction.atomic
def withdraw_invitation(*, by: Any, invitation: Invitation) -> Invitation:
    """Make the link of an invitation worthless."""
    locked = _owned_invitation(by, invitation)
    locked.withdrawn_at = timezone.now()
    locked.save(update_fields=["withdrawn_at"])
    record_event(by=by, action="withdraw_invitation", obj=locked)
    return locked


@transaction.atomic
def invite_again(*, by: Any, invitation: Invitation) -> Invitation:
    """Send a new link; the one before no longer works."""
    locked = withdraw_invitation(by=by, invitation=invitation)
    return invite(by=by, organisation=locked.organisation, email=locked.email, role=locked.role)


@transaction.atomic
def request_parent(*, by: Any, organisation: Organisation, code: str) -> ParentLink:
    """Ask to belong to the organisation with this code; its owners decide."""
    if not Organisation.objects.owned_by(by).filter(pk=organisation.pk).exists():
        raise RegisterRefused("Only an owner asks for a parent organisation.")
    parent = Organisation.objects.active().filter(code=code.strip().upper()).first()
    if parent is None or parent.pk == organisation.pk:
        raise RegisterRefused(f"There is no other organisation with the code “{code.strip()}”.")
    if parent.parent_id or organisation.subsidiaries.exists():
        raise RegisterRefused("A group has two levels: a parent has no parent of its own.")
    if organisation.parent_id or organisation.parent_links.filter(state=LinkState.PENDING).exists():
        raise RegisterRefused("There is a parent organisation, or a request to one, already. End that first.")
    link = ParentLink.objects.create(organisation=organisation, parent=parent, requested_by=by)
    record_event(by=by, action="request_parent", obj=link)
    send_on_commit(send_parent_request, link.pk)
    return link


@transaction.atomic
def decide_parent(*, by: Any, link: ParentLink, agree: bool, reason: str = "") -> ParentLink:
    """Agree to be the parent of an organisation, or refuse."""
    locked = ParentLink.objects.select_for_update(of=("self",)).select_related("organisation", "parent").get(pk=link.pk)
    if not Organisation.objects.owned_by(by).filter(pk=locked.parent_id).exists():
        raise RegisterRefused("Only an owner of the parent organisation decides.")
    if locked.state != LinkState.PENDING:
        raise RegisterRefused("This request is decided already.")
    if not agree and not reason.strip():
        raise RegisterRefused("Give a reason: the other organisation will read it.")
    locked.state = LinkState.AGREED if agree else LinkState.REFUSED
    locked.reason, locked.decided_at, locked.decided_by = reason.strip(), timezone.now(), by
    locked.save()
    if agree:
        Organisation.objects.filter(pk=locked.organisation_id).update(parent=locked.parent)
    record_event(by=by, action="agree_parent" if agree else "refuse_parent", obj=locked, reason=reason)
    return locked


@transaction.atomic
def leave_parent(*, by: Any, organisation: Organisation, reason: str = "") -> Organisation:
    """End that an organisation belongs to its parent: an owner of either may. The parent sees nothing from then on."""
    locked = Organisation.objects.select_for_update().get(pk=organisation.pk)
    if locked.parent_id is None:
        raise RegisterRefused("There is no parent organisation.")
    if not Organisation.objects.owned_by(by).filter(pk__in=[locked.pk, locked.parent_id]).exists():
        raise RegisterRefused("Only an owner of one of the two ends this.")
    locked.parent, locked.parent_access = None, ParentAccess.NONE
    locked.save(update_fields=["parent", "parent_access", "updated_at"])
    locked.parent_links.filter(state=LinkState.AGREED).update(
        state=LinkState.ENDED, decided_at=timezone.now(), decided_by=by
    )
    record_event(by=by, action="leave_parent", obj=locked, reason=reason.strip())
    return locked
