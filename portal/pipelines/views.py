"""The run list and the run page of the OH team. Mounted below the CMS, which asks for sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from portal.core.storage import private_files
from portal.pipelines import actions
from portal.pipelines.comparison import compare_with_last, last_before
from portal.pipelines.drafts import links_of
from portal.pipelines.enums import RunState, StepState, Trigger
from portal.pipelines.errors import PipelineError
from portal.pipelines.metadata import metadata_of
from portal.pipelines.metrics import as_json, as_text, latest_measures, run_states
from portal.pipelines.models import PipelineRun, RunAlert
from portal.pipelines.specification import specification_of, specifications
from portal.pipelines.why import headline_reasons, why

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

SEE = "pipelines.view_pipelinerun"
ACT = "pipelines.start_run"
RUNS_ON_PAGE = 30
LOG_LINES = 200
ALERTS_SHOWN = 5


@require_safe
@permission_required(SEE, raise_exception=True)
def run_list(request: HttpRequest) -> HttpResponse:
    """List the series with a button to run each, and the runs, newest first."""
    runs = PipelineRun.objects.select_related("requested_by")
    series = request.GET.get("series", "")
    if series:
        runs = runs.of_series(series)
    page = Paginator(runs, RUNS_ON_PAGE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "series": list(specifications().values()),
        "chosen": series,
        "alerts": RunAlert.objects.select_related("run")[:ALERTS_SHOWN],
        "may_act": request.user.has_perm(ACT),
    }
    return render(request, "pipelines/run_list.html", context)


@require_safe
@never_cache
@permission_required(SEE, raise_exception=True)
def run_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a run: steps, counts, log, inputs, outputs, and what changed since the last."""
    run = _run(pk)
    context = _progress_context(request, run) | {
        "specification": specifications().get(run.series),
        "inputs": run.snapshots.order_by("time_period"),
        "links": links_of(run),
    }
    comparison = compare_with_last(run) if run.state == RunState.SUCCEEDED else None
    if comparison:
        described = _described(run)
        labels = {
            item["id"]: {code["code"]: code["label"] for code in item["codes"]} for item in described["dimensions"]
        }
        measures = {item["id"]: item["label"] for item in described["measures"]}
        largest = [(item, item.words(labels), measures.get(item.measure, item.measure)) for item in comparison.largest]
        context |= {"comparison": comparison, "largest": largest}
    return render(request, "pipelines/run.html", context)


@require_safe
@never_cache
@permission_required(SEE, raise_exception=True)
def run_changes(request: HttpRequest, pk: int) -> HttpResponse:
    """Say why headlines changed since the last run, and why any one figure did that is asked for."""
    run = _run(pk)
    earlier = last_before(run)
    if earlier is None:
        messages.error(request, f"There is no earlier run of {run.series} to compare with.")
        return redirect("pipelines:run", pk)
    context = {"run": run, "earlier": earlier, "headlines": headline_reasons(run, earlier), **_question(request, run)}
    if context["asked"]:
        try:
            context["answer"] = why(run, earlier, measure=request.GET["measure"], cell=context["asked"])
        except (PipelineError, KeyError) as error:
            context["fault"] = str(error)
    return render(request, "pipelines/changes.html", context)


def _described(run: PipelineRun) -> dict[str, Any]:
    """Return what the figures of a run are called."""
    observations = private_files.local_path(str(run.output("observations")))
    return metadata_of(specification_of(run.series), run.lineage, observations)


def _question(request: HttpRequest, run: PipelineRun) -> dict[str, Any]:
    """Return the choices of every column of a figure, and the figure asked for."""
    specification = specification_of(run.series)
    described = _described(run)
    names = [dimension["id"] for dimension in described["dimensions"]]
    asked = {name: request.GET[name] for name in names if request.GET.get(name)}
    start = {
        "time_period": run.lineage["snapshots"][-1]["time_period"],
        "perspective": specification.default_perspective,
        **(specification.headlines[0].filters if specification.headlines else {}),
    } | asked
    choices = [
        {"name": item["id"], "label": item["label"], "codes": item["codes"], "chosen": start.get(item["id"], "")}
        for item in described["dimensions"]
    ]
    measures = [measure for measure in specification.measures if measure.is_counted or measure.is_estimated]
    return {
        "choices": choices,
        "measures": measures,
        "measure": request.GET.get("measure", ""),
        "asked": asked if len(asked) == len(names) and request.GET.get("measure") else {},
    }


@require_safe
@never_cache
@permission_required(SEE, raise_exception=True)
def run_measures(request: HttpRequest, form: str = "html") -> HttpResponse:
    """Show the measures of the last run of each series: as a page, as JSON, or as monitoring systems read them."""
    if form == "json":
        return JsonResponse(as_json())
    if form == "text":
        return HttpResponse(as_text(), content_type="text/plain; version=0.0.4; charset=utf-8")
    context = {"measures": latest_measures(), "states": run_states(), "alerts": RunAlert.objects.all()[:RUNS_ON_PAGE]}
    return render(request, "pipelines/measures.html", context)


@require_safe
@never_cache
@permission_required(SEE, raise_exception=True)
def run_progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the part of the run page that changes while a run works."""
    run = _run(pk)
    response = render(request, "pipelines/_progress.html", _progress_context(request, run))
    response["X-Run-Finished"] = "yes" if run.is_finished else "no"
    return response


@require_POST
@permission_required(ACT, raise_exception=True)
def start_run(request: HttpRequest, series: str) -> HttpResponse:
    """Ask for a run of a series."""
    try:
        run = actions.request_run(by=request.user, series=series, trigger=Trigger.BUTTON)
    except PipelineError as error:
        messages.error(request, str(error))
        return redirect("pipelines:runs")
    messages.success(request, f"{run} is waiting for a worker.")
    return redirect("pipelines:run", run.pk)


@require_POST
@permission_required(ACT, raise_exception=True)
def cancel_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a run."""
    return _act(request, pk, actions.cancel_run, "{run} will stop.")


@require_POST
@permission_required(ACT, raise_exception=True)
def retry_run(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a failed run go on."""
    return _act(request, pk, actions.retry_run, "{run} goes on from the step that failed.")


def _act(request: HttpRequest, pk: int, action: Callable[..., PipelineRun], done: str) -> HttpResponse:
    run = get_object_or_404(PipelineRun, pk=pk)
    try:
        action(by=request.user, run=run)
    except PipelineError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, done.format(run=run))
    return redirect("pipelines:run", pk)


def _run(pk: int) -> PipelineRun:
    runs = PipelineRun.objects.select_related("requested_by", "cancel_requested_by").prefetch_related("steps")
    return get_object_or_404(runs, pk=pk)


def _progress_context(request: HttpRequest, run: PipelineRun) -> dict[str, Any]:
    steps = list(run.steps.all())
    done = sum(100 if step.state == StepState.DONE else step.progress for step in steps)
    return {
        "run": run,
        "steps": steps,
        "per_cent": round(done / max(1, len(steps))),
        "log": list(run.log_lines.all()[:LOG_LINES]),
        "may_act": request.user.has_perm(ACT),
        "may_retry": run.state == RunState.FAILED,
        "may_cancel": not run.is_finished and run.cancel_requested_at is None,
    }
