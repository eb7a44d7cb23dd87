"""What every page shares: sign-in, refusals in words, and the person's uploads."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from portal.definitions.models import RoleVersion
from portal.submissions.access import editable_return, readable_return, record_read_of_others
from portal.submissions.actions.drafts import must_be_open
from portal.submissions.errors import ActionRefused
from portal.submissions.forms import form_codes, load_form
from portal.submissions.models import Collection, Return, Upload
from portal.submissions.views.interrupted import keep_what_was_typed, remember_person, show_what_was_typed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from portal.submissions.models import Record


def page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page for people who are signed in; never kept by a shared cache.

    Whoever is no longer signed in when they send a form finds it again after signing in.
    """
    signed_in = login_required(view)

    @wraps(view)
    @never_cache
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            if request.method == "POST":
                keep_what_was_typed(request)
            return signed_in(request, *args, **kwargs)
        kept = show_what_was_typed(request)
        return remember_person(request, kept if kept is not None else signed_in(request, *args, **kwargs))

    return wrapped


def refusing_to(name: str) -> Callable[..., Any]:
    """On a refusal say why, and go to the page ``name`` of the same return."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def wrapped(request: HttpRequest, pk: int, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                return view(request, pk, *args, **kwargs)
            except ActionRefused as refused:
                messages.error(request, str(refused))
                return redirect(name, pk)

        return wrapped

    return decorate


def my_return(request: HttpRequest, pk: int, *, to_change: bool = True, reads: tuple[str, ...] = ()) -> Return:
    """Return the return if it is this person's, else 404.

    ``reads`` are the direct identifiers that the page shows: somebody of the parent organisation
    who sees them is written down.
    """
    found = editable_return(request.user, pk) if to_change else readable_return(request.user, pk)
    if reads:
        record_read_of_others(by=request.user, of_return=found, fields=reads)
    return found


def my_open_return(request: HttpRequest, pk: int, *, reads: tuple[str, ...] = ()) -> Return:
    """Return the return if this person may change it now; nobody fills in a form that cannot be taken."""
    found = my_return(request, pk, reads=reads)
    must_be_open(found)
    return found


def my_upload(request: HttpRequest, pk: int, *, reads: tuple[str, ...] = ()) -> Upload:
    """Return the upload if it belongs to a return of this person, else 404."""
    upload = Upload.objects.select_related("of_return__collection", "collection").filter(pk=pk).first()
    if upload is None or upload.of_return_id is None:
        raise Http404
    upload.of_return = my_return(request, upload.of_return_id, reads=reads)
    return upload


def role_titles(family: str) -> dict[str, str]:
    """Return the title of each role of the register: people are shown no codes."""
    return dict(RoleVersion.objects.latest_per_role(family).values_list("code", "title"))


def titles_of(collection: Collection) -> dict[str, dict[str, str]]:
    """Return what a role, a type of contract and a region are called."""
    roles = {"role_code": role_titles(collection.family), "contract_type": {}, "region_code": {}}
    if collection.form_version not in form_codes():  # a file's own layout, which is no form on screen
        return roles
    form = load_form(collection.form_version)
    contracts, regions = (form.list_of(form.by_name[name]).codes for name in ("contract_type", "region"))
    return roles | {"contract_type": contracts, "region_code": regions}


def with_titles(shown: Iterable[Record], titles: Mapping[str, Mapping[str, str]]) -> list[tuple[Any, ...]]:
    """Return records, each with what its role, contract and region are called."""
    return [(record, *(titles[name].get(said := getattr(record, name), said) for name in titles)) for record in shown]


def revision_of(request: HttpRequest) -> int | None:
    """Return the revision of the return that the page showed, as its form sent it back."""
    sent = request.POST.get("revision", "")
    return int(sent) if sent.isdigit() else None
