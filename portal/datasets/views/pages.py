"""The catalogue, the page of a dataset and the page of a version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.datasets import presentation
from portal.datasets.citations import CITATIONS
from portal.datasets.enums import UpdateFrequency
from portal.datasets.lineage import lineage_of
from portal.datasets.links import link_header, version_links
from portal.datasets.lookup import NotFoundError, WithdrawnError, public_dataset, public_version, served_version
from portal.datasets.models import Dataset, DatasetVersion
from portal.datasets.querysets import NUMBER
from portal.datasets.views.compare import comparison
from portal.datasets.views.machines import schema_org

if TYPE_CHECKING:
    from django.http import HttpRequest, QueryDict

PER_PAGE = 20
CONTENTS = (
    ("download", "Download"), ("use", "Use it"), ("cite", "Cite it"), ("preview", "Preview"), ("dictionary", "Dictionary"),
    ("definitions", "Definitions"), ("quality", "Quality"), ("changes", "What changed"), ("versions-heading", "All versions"),
    ("lineage", "Where the figures come from"),
)  # fmt: skip
LARGEST = 10
CRUMBS = [("Home", "/"), ("Datasets", "/datasets/")]
FAMILIES = {"oh": "Occupational health", "pcn": "Primary care networks"}
ORDERS = {"newest": "-latest__published_at", "title": "title"}


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """List the public datasets, with facets."""
    everything = Dataset.objects.public()
    found = _filtered(everything, request.GET)
    order = ORDERS.get(request.GET.get("sort", ""), "title")
    page = Paginator(found.with_latest().order_by(order, "slug"), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "facets": _facets(everything, request.GET),
        "q": request.GET.get("q", "")[:200],
        "sort": request.GET.get("sort", "title"),
        "breadcrumbs": CRUMBS[:1],
    }
    return render(request, "datasets/catalogue.html", context)


def _filtered(datasets: Any, wanted: QueryDict) -> Any:
    for name in ("family", "theme", "update_frequency"):
        if value := _text(wanted, name):
            datasets = datasets.filter(**{name: value[:80]})
    for word in _text(wanted, "q")[:200].split()[:8]:
        datasets = datasets.filter(
            Q(title__icontains=word)
            | Q(summary__icontains=word)
            | Q(description__icontains=word)
            | Q(slug__icontains=word)
        )
    return datasets


def _text(wanted: QueryDict, name: str) -> str:
    """Return what is asked for. NUL never occurs in a text, and PostgreSQL refuses it."""
    return wanted.get(name, "").replace("\x00", " ")


def _facets(datasets: Any, wanted: QueryDict) -> list[dict[str, Any]]:
    facets = []
    labels = {"family": FAMILIES, "theme": {}, "update_frequency": dict(UpdateFrequency.choices)}
    titles = {"family": "Workforce", "theme": "Theme", "update_frequency": "Renewed"}
    for name, known in labels.items():
        counts = datasets.order_by(name).values_list(name).annotate(count=Count("pk"))
        options = [
            {"value": value, "label": known.get(value, value), "count": count, "chosen": wanted.get(name) == value}
            for value, count in counts
            if value
        ]
        if options:
            facets.append({"name": name, "title": titles[name], "options": options})
    return facets


@require_safe
def dataset_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a dataset with all its versions."""
    try:
        dataset = public_dataset(slug)
    except NotFoundError as error:
        raise Http404(str(error)) from error
    asked, fault = request.GET.get("as_of", "")[:40], ""
    if asked:
        try:
            return HttpResponseRedirect(served_version(slug, as_of=asked).get_absolute_url())
        except ValueError:
            fault = "Enter a day such as 2027-03-01."
        except (NotFoundError, WithdrawnError):
            fault = f"No version of this dataset was current on {asked}."
    latest, files = dataset.latest, []
    if latest:
        latest.dataset = dataset
        files = list(latest.files.filter(is_main=True))
        for file in files:
            file.version = latest
    context = {
        "dataset": dataset,
        "latest": latest,
        "files": files,
        "schema_org": as_script(schema_org(latest, files)) if latest else "",
        "as_of": asked,
        "fault": fault,
        "versions": _versions(dataset),
        "notices": list(dataset.notices.all()[:10]),
        "breadcrumbs": CRUMBS,
        "is_synthetic": dataset.is_synthetic,
    }
    response = render(request, "datasets/dataset.html", context)
    if latest:
        response["Link"] = link_header(version_links(latest))
    return response


def _versions(dataset: Dataset) -> list[DatasetVersion]:
    """Return every public version, newest first, without the long columns."""
    versions = list(dataset.versions.public().newest_first().defer("metadata", "lineage", "mapping"))
    for version in versions:
        version.dataset = dataset
    return versions


@require_safe
def version_page(request: HttpRequest, slug: str, number: str) -> HttpResponse:
    """Show one version; a pattern such as ``1.*`` leads to the version it means now."""
    if not NUMBER.match(number):
        return latest(request, slug, wanted=number)
    try:
        version = public_version(slug, number)
    except NotFoundError as error:
        raise Http404(str(error)) from error
    if version.state == "withdrawn":
        return render(request, "datasets/withdrawn.html", _withdrawn_context(version), status=410)
    files = list(version.files.all())
    for file in files:
        file.version = version
    links = version_links(version, files=files)
    response = render(request, "datasets/version.html", _version_context(request, version, files) | {"links": links})
    response["Link"] = link_header(links)
    return response


def _withdrawn_context(version: DatasetVersion) -> dict[str, Any]:
    return {"version": version, "breadcrumbs": [*CRUMBS, (version.dataset.title, version.dataset.get_absolute_url())]}


def _version_context(request: HttpRequest, version: DatasetVersion, files: list[Any]) -> dict[str, Any]:
    dataset = version.dataset
    versions = _versions(dataset)
    older = [other for other in versions if other.number_key < version.number_key and other.is_served]
    compared = {"old": older[0], **comparison(dataset, older[0], version, LARGEST)} if older else {}
    return {
        **compared,
        "dataset": dataset,
        "version": version,
        "versions": versions,
        "previous": older[0] if older else None,
        "notices": list(dataset.notices.filter(expected_on__gte=timezone.localdate())[:3]),
        "current": next((other for other in versions if other.pk == dataset.latest_id), None),
        "is_latest": dataset.latest_id == version.pk,
        "main_files": [file for file in files if file.is_main],
        "other_files": [file for file in files if not file.is_main],
        "preview": presentation.preview(version, request.GET.get("sort", "")),
        "dictionary": presentation.dictionary(version),
        "quality": presentation.quality(version),
        "lineage": lineage_of(version),
        "definitions": presentation.definitions(version),
        "snippets": presentation.snippets(version),
        "citations": [(form, label) for form, (label, _type, _write) in CITATIONS.items()],
        # The reasons for the number are the changes of structure since the version it was made from.
        "structure_is_said": bool(older) and older[0].pk == version.base_id,
        "contents": CONTENTS,
        "citation": presentation.citation(version),
        "schema_org": as_script(schema_org(version, files)),
        "breadcrumbs": [*CRUMBS, (dataset.title, dataset.get_absolute_url())],
        "is_synthetic": version.is_synthetic,
        "synthetic_text": getattr(version.meta, "label", None),
    }


def as_script(document: dict[str, Any]) -> str:
    """Return JSON that cannot end the script element it stands in."""
    return orjson.dumps(document).decode().replace("<", "\\u003c")


@require_safe
def latest(request: HttpRequest, slug: str, rest: str = "", wanted: str = "") -> HttpResponse:
    """Lead to the same page or file of the version that is current now; never a copy of it."""
    try:
        version = served_version(slug, wanted, request.GET.get("as_of", "")[:40])
    except (NotFoundError, WithdrawnError, ValueError) as error:
        raise Http404(str(error)) from error
    rest = rest.replace(f"{slug}-latest.", f"{version.stem}.")
    response = HttpResponseRedirect(version.get_absolute_url() + rest)
    response["Cache-Control"] = "no-cache"
    response["Access-Control-Allow-Origin"] = "*"
    return response
