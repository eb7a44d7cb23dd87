"""What a new site starts with."""

import re

import pytest
from wagtail.models import GroupPagePermission, Page, Site, Workflow

from portal.home.models import GuidanceIndexPage, GuidancePage, HomePage, PolicyPage, StandardPage
from portal.home.starting_content import load_starting_content
from portal.home.starting_pages import GUIDANCE, POLICIES, STANDARD
from portal.users.enums import GroupName

pytestmark = [pytest.mark.django_db(databases=["default"]), pytest.mark.slow]


def test_a_new_site_has_one_home_page_and_no_welcome_page(site_content):
    assert Site.objects.get(is_default_site=True).root_page.specific_class is HomePage
    assert not Page.objects.filter(title__startswith="Welcome to").exists()
    assert StandardPage.objects.live().count() == len(STANDARD)
    assert GuidancePage.objects.live().count() == len(GUIDANCE)
    assert PolicyPage.objects.live().count() == len(POLICIES)


def test_loading_again_changes_nothing_that_people_wrote(site_content):
    page = GuidancePage.objects.get(slug="perspectives")
    page.title = "Our own words"
    page.save_revision().publish()
    before = Page.objects.count(), GroupPagePermission.objects.count(), Workflow.objects.count()

    load_starting_content()

    assert (Page.objects.count(), GroupPagePermission.objects.count(), Workflow.objects.count()) == before
    assert GuidancePage.objects.get(slug="perspectives").title == "Our own words"


def test_a_deleted_page_comes_back_without_touching_the_others(site_content):
    GuidancePage.objects.get(slug="for-providers").delete()
    load_starting_content()
    assert GuidancePage.objects.filter(slug="for-providers", live=True).exists()


def test_every_starting_page_is_served(site_content, client):
    for page in Page.objects.filter(depth__gt=1):
        answer = client.get(page.get_url())
        assert answer.status_code == 200, page.url_path
        text = answer.content.decode()
        assert text.count("<h1") == 1, page.url_path
        assert "{base}" not in text, page.url_path
        assert not re.search(r'\sstyle="|<style|<script(?![^>]*\ssrc=)', text), (
            f"{page.url_path}: the CSP blocks inline"
        )


def test_links_between_starting_pages_lead_somewhere(site_content, client):
    own = re.compile(r'href="(/(?:guidance|accessibility|privacy|cookies|contact|news)/[^"#?]*)"')
    found = {
        link
        for page in Page.objects.filter(depth__gt=1)
        for link in own.findall(client.get(page.get_url()).content.decode())
    }
    assert {"/privacy/", "/guidance/perspectives/", "/guidance/release-practices-policy/"} <= found
    assert [link for link in sorted(found) if client.get(link).status_code != 200] == []


def test_editors_may_not_publish_and_publishers_may_not_delete(site_content):
    def rights(group):
        return set(GroupPagePermission.objects.filter(group__name=group).values_list("permission__codename", flat=True))

    assert "publish_page" not in rights(GroupName.EDITORS)
    assert "publish_page" not in rights(GroupName.APPROVERS)
    assert "publish_page" in rights(GroupName.PUBLISHERS)
    assert "bulk_delete_page" not in rights(GroupName.PUBLISHERS)


def test_the_guidance_index_does_not_query_more_with_more_pages(site_content, client, django_assert_max_num_queries):
    client.get("/guidance/")
    index = GuidanceIndexPage.objects.get()
    with django_assert_max_num_queries(12) as few:
        client.get("/guidance/")
    for number in range(20):
        index.refresh_from_db()
        index.add_child(instance=GuidancePage(title=f"More {number}", slug=f"more-{number}"))
    with django_assert_max_num_queries(len(few)):
        assert client.get("/guidance/").content.decode().count("More ") == 20
