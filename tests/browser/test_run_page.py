"""The run pages of the OH team in a browser: start, watch, compare; also without JavaScript."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from portal.pipelines import actions
from portal.pipelines.enums import RunState
from portal.pipelines.models import PipelineRun
from portal.pipelines.runner import execute_run
from portal.users.starting_content import load_starting_content
from tests.browser.steps import follow, sign_in
from tests.factories.runs import SERIES, accepted_collection
from tests.factories.users import UserFactory

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(databases=["default", "submissions"], transaction=True),
]


@pytest.fixture
def analyst(tmp_path):
    load_starting_content()
    accepted_collection(tmp_path)
    return UserFactory(groups=["Analysts"])


def test_an_analyst_starts_a_run_watches_it_and_sees_what_changed(live_server, new_page, analyst, tmp_path) -> None:
    first = actions.request_run(by=analyst, series=SERIES, send=False)
    assert execute_run(first.pk) == RunState.SUCCEEDED
    accepted_collection(tmp_path, rows=630)
    page = sign_in(new_page(), live_server, analyst)
    page.goto(f"{live_server.url}/cms/runs/?series={SERIES}")
    follow(page, page.get_by_role("button", name="Start a run of Primary care network workforce"))
    expect(page).to_have_url(re.compile(r"/cms/runs/\d+/$"))
    expect(page.get_by_role("button", name="Cancel the run")).to_be_visible()
    run = PipelineRun.objects.get(number=2)
    assert execute_run(run.pk) == RunState.SUCCEEDED
    expect(page.get_by_role("heading", name="What changed since run 1")).to_be_visible()
    expect(page.get_by_text("Passed.").first).to_be_visible()
    expect(page.get_by_role("link", name="1.0.0").first).to_be_visible()


def test_without_javascript_a_run_is_cancelled_by_a_plain_form(live_server, new_page, analyst) -> None:
    run = actions.request_run(by=analyst, series=SERIES, send=False)
    page = sign_in(new_page(java_script_enabled=False), live_server, analyst)
    page.goto(f"{live_server.url}/cms/runs/{run.pk}/")
    page.get_by_role("button", name="Cancel the run").click()  # the page renews itself by the clock as well
    expect(page.get_by_text("Cancelled", exact=True).first).to_be_visible()
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED


def test_who_may_not_see_runs_is_refused(live_server, client) -> None:
    load_starting_content()
    client.force_login(UserFactory(groups=["Reviewers"]))
    assert client.post(f"/cms/runs/start/{SERIES}/").status_code in {302, 403}
    assert not PipelineRun.objects.exists()
