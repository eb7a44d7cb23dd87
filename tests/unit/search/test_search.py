"""What search finds, what it never finds, and at what cost."""

import datetime as dt

import pytest
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from portal.definitions.models import RoleVersion
from portal.home.models import GuidanceIndexPage, GuidancePage, NewsIndexPage, NewsPage
from portal.opportunities.enums import OpportunityState
from search.enums import Kind
from search.queries import run, suggest
from tests.factories import datasets as data
from tests.factories import publications as make
from tests.factories.opportunities import OpportunityFactory

pytestmark = [pytest.mark.django_db(databases=["default"]), pytest.mark.slow]


@pytest.fixture
def register(db):
    from portal.definitions.starting_content import load_starting_content

    load_starting_content()


@pytest.fixture
def release(tmp_path):
    return make.publish(make.make_release(tmp_path, make.make_series("workforce")), make.make_people())


@pytest.fixture
def guidance(db, django_capture_on_commit_callbacks):
    from portal.home.site import ensure_home_page

    index = ensure_home_page().add_child(instance=GuidanceIndexPage(title="Guidance", slug="guidance"))

    def add(title, **fields):  # noqa: ANN003 - any field of the page
        with django_capture_on_commit_callbacks(execute=True):
            return index.add_child(instance=GuidancePage(title=title, slug=title.lower().replace(" ", "-"), **fields))

    return add


def titles(text, kind=None):
    return [result.title for result in run(text).results if kind is None or result.kind == kind]


@pytest.mark.parametrize("typed", ["occupational health nurse", "OHN", "nurse", "Nurses", "oh nurse"])
def test_every_way_to_say_nurse_finds_the_nurse_roles(register, typed):
    found = titles(typed, Kind.DEFINITIONS)
    nurses = set(RoleVersion.objects.latest_per_role("oh").filter(group="nurses").values_list("title", flat=True))
    assert len(nurses & set(found)) >= 4
    assert found[0] in nurses


def test_the_title_that_was_typed_comes_first(register):
    assert titles("Occupational hygienist")[0].startswith("Occupational hygienist")
    assert run("nur-scphn").results[0].url == "/definitions/roles/nur-scphn/"


def test_occupational_therapy_is_not_occupational_health(register):
    first = run("occupational therapist").results[0]
    assert first.url == "/definitions/roles/ot/"


def test_unfinished_words_find(register):
    assert any("hysiotherapist" in title for title in titles("physioth"))


def test_a_misspelt_word_is_mended_and_said_so(register, client):
    outcome = run("physioterapist")
    assert outcome.corrected == "physiotherapist"
    text = client.get("/search/", {"q": "physioterapist"}).content.decode()
    assert "Showing results for" in text


def test_two_misspelt_words_lead_to_the_figure_that_was_meant(release, client):
    outcome = run("nurzes in midlunds")
    assert outcome.corrected == "nurses in midlands"
    assert (outcome.answer.label, outcome.answer.value) == ("Nurses, Midlands", "360")
    text = client.get("/search/", {"q": "nurzes in midlunds"}).content.decode()
    assert "Showing results for" in text
    assert "Nothing was found</h2>" not in text


def test_when_nothing_has_all_words_some_are_better_than_none(register):
    outcome = run("hygienist zzzzqqqq")
    assert outcome.partial
    assert any("ygienist" in result.title for result in outcome.results)


def test_a_search_without_results_is_no_dead_end(client):
    answer = client.get("/search/", {"q": "qqqqzzzz"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Nothing was found" in text
    assert 'href="/definitions/"' in text


@pytest.mark.parametrize(
    "typed", ["", "  ", "'; DROP TABLE x; --", "a:* & !b |", "\x00nurse", "<script>alert(1)</script>", "%", "the of"]
)
def test_odd_input_is_answered_and_escaped(client, typed):
    answer = client.get("/search/", {"q": typed, "page": "-3", "kind": "nonsense"})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()


def test_pages_are_found_by_their_body(guidance):
    guidance("How rounding works", body=[("paragraph", "<p>We round zebrafish to five.</p>")])
    assert titles("zebrafish") == ["How rounding works"]


def test_what_is_not_published_is_never_found(guidance, register, tmp_path):
    draft = guidance("Zebrafish draft", live=False)
    private = guidance("Zebrafish private")
    PageViewRestriction.objects.create(page=private, restriction_type="password", password="x")
    taken_down = guidance("Zebrafish taken down")
    taken_down.unpublish()
    data.make_draft(data.make_dataset("zebrafish-data", title="Zebrafish data"), tmp_path)
    OpportunityFactory(title="Zebrafish week", draft=True)
    public = guidance("Zebrafish public")

    assert titles("zebrafish") == [public.title]
    assert [item.text for item in suggest("zebra")] == [public.title]
    assert draft.pk != public.pk


def test_changes_of_a_live_page_that_wait_for_review_are_not_found(guidance):
    page = guidance("Rounding")
    page.title = "Zebrafish"
    page.save_revision()
    assert titles("zebrafish") == []


def test_a_role_that_is_only_drafted_is_not_found(register):
    from portal.definitions.models import Role

    Role.objects.create(code="zebra", family="oh", group="nurses", title="Zebrafish nurse", summary="A draft.")
    assert titles("zebrafish") == []


def test_a_release_is_found_only_once_it_is_published(tmp_path):
    people = make.make_people()
    version = make.make_release(tmp_path, make.make_series("workforce"))
    assert not [result for result in run("workforce").results if "workforce/" in result.url and "march" in result.url]
    assert run("how many nurses").answer is None
    make.publish(version, people)
    assert run("how many nurses").answer is not None


@pytest.mark.parametrize(
    ("typed", "label", "value"),
    [
        ("how many nurses", "Nurses, England", "900"),
        ("OH nurses", "Nurses, England", "900"),
        ("OHN", "Nurses, England", "900"),
        ("occupational health workforce", "All roles, England", "1,500"),
        ("how many nurses are there in the Midlands?", "Nurses, Midlands", "360"),
        ("nurses south east headcount", "Nurses, South East", "270"),
    ],
)
def test_a_question_for_a_figure_is_answered_with_the_published_figure(release, typed, label, value):
    answer = run(typed).answer
    assert (answer.label, answer.value, answer.period) == (label, value, "March 2022")
    assert answer.perspective == "Multidisciplinary team"
    assert answer.url == release.get_absolute_url()


@pytest.mark.parametrize(
    "typed", ["nurse pay", "nurses in Wales", "midwives", "number of", "England", "training courses"]
)
def test_a_figure_for_something_else_than_was_asked_is_not_given(release, typed):
    assert run(typed).answer is None


def test_the_figure_says_what_it_measures_and_totals_what_was_not_asked(tmp_path):
    """“Vacancies” is not answered with filled posts, nor “nurses” with posts where people are counted."""
    people = make.make_people()
    make.publish(make.make_release(tmp_path, make.make_series("workforce")), people)
    metadata = make.make_metadata()
    metadata["measures"] = [
        {"id": "filled_posts", "label": "Filled posts", "unit": "posts"},
        {"id": "vacancy_rate", "label": "Vacancy rate", "unit": "%", "decimals": 1},
    ]
    for shown in ("headlines", "charts", "tables"):
        metadata[shown] = [
            {**one, "measure": "vacancy_rate", "filters": {**one["filters"], "type_code": "all"}}
            for one in metadata[shown]
        ]
    metadata["dimensions"].append(
        {
            "id": "type_code",
            "label": "Type",
            "codes": [{"code": "all", "label": "All"}, {"code": "nhs", "label": "NHS"}],
        }
    )
    rows = [
        {
            **row,
            "measure": measure,
            "type_code": kind,
            "value": value if row["time_period"] < "2022-03" else value + 0.5,
        }
        for row in make.make_rows(make.make_metadata())
        for measure, value in (("filled_posts", 700.0), ("vacancy_rate", 10.0))
        for kind in ("all", "nhs")
    ]
    version = data.make_draft(data.make_dataset(), tmp_path, metadata=metadata, rows=rows)
    series = make.make_series("vacancies")
    series.title = "Occupational health vacancies"
    series.save()
    make.publish(make.make_release(tmp_path, series, data=version), people)
    asked = {
        typed: run(typed).answer for typed in ("nurses", "nurse vacancies", "vacancy rate", "filled posts Midlands")
    }
    said = {typed: (answer.label, answer.value, answer.unit) for typed, answer in asked.items()}
    assert said == {
        "nurses": ("Nurses, England", "900", "people"),
        "nurse vacancies": ("Vacancy rate: Nurses, England", "10.5", "%"),
        "vacancy rate": ("Vacancy rate: All roles, England", "10.5", "%"),
        "filled posts Midlands": ("Filled posts: All roles, Midlands", "700", "posts"),
    }
    assert asked["vacancy rate"].change == "Up 0.5 percentage points since September 2021"


def test_a_hidden_figure_is_answered_with_its_symbol(tmp_path):
    metadata = make.make_metadata(default_perspective="D1")
    version = data.make_draft(data.make_dataset(), tmp_path, metadata=metadata, rows=make.make_rows(metadata))
    made = make.make_release(tmp_path, make.make_series("workforce"), data=version)
    make.publish(made, make.make_people())
    assert run("nurses in London").answer.value == "[c]"


def test_the_figure_stands_above_the_results(register, release, client):
    text = client.get("/search/", {"q": "OH nurses"}).content.decode()
    assert text.index("portal-answer__value") < text.index("results-title")
    assert "From 412 of 520 organisations" in text


def test_kinds_narrow_and_keep_the_words(register, guidance, client, django_capture_on_commit_callbacks):
    guidance("Nurse guidance")
    OpportunityFactory(title="Nurse taster day", state=OpportunityState.OPEN)
    home = Page.objects.get(slug="guidance").get_parent()
    news = home.add_child(instance=NewsIndexPage(title="News", slug="news"))
    with django_capture_on_commit_callbacks(execute=True):
        news.add_child(instance=NewsPage(title="Nurse news", slug="nurse-news", date=dt.date(2026, 1, 1)))
    kinds = {result.kind for result in run("nurse").results}
    assert kinds == {Kind.DEFINITIONS, Kind.GUIDANCE, Kind.OPPORTUNITIES, Kind.NEWS}
    text = client.get("/search/", {"q": "nurse", "kind": "news"}).content.decode()
    assert "Nurse news" in text
    assert "Nurse guidance" not in text
    assert "?q=nurse&amp;kind=opportunities" in text


def test_opportunities_are_found_while_they_can_be_taken_up_and_told_apart():
    for state in OpportunityState:
        OpportunityFactory(title=f"Nurse day {state.label}", state=state)
    OpportunityFactory(title="Nurse day of last week", closes_at=timezone.now() - dt.timedelta(days=1))
    found = [result for result in run("nurse day").results if result.kind == Kind.OPPORTUNITIES]
    assert [result.title for result in found] == ["Nurse day Open for applications"]
    assert "apply by" in found[0].meta


def test_results_come_in_pages_that_keep_the_words(guidance, client):
    for number in range(25):
        guidance(f"Zebrafish {number}")
    text = client.get("/search/", {"q": "zebrafish", "page": "2"}).content.decode()
    assert text.count("portal-list__item") == 5
    assert "?q=zebrafish&amp;page=1" in text


def test_older_editions_come_after_the_latest(tmp_path, django_capture_on_commit_callbacks):
    people, series = make.make_people(), make.make_series("workforce")
    with django_capture_on_commit_callbacks(execute=True):
        first = make.publish(make.make_release(tmp_path, series), people)
        dataset = first.dataset_version.dataset
        again = make.make_data(tmp_path, dataset, last="2022-09")
        second = make.publish(make.make_release(tmp_path, series, data=again), people)
    found = [result.url for result in run("occupational health workforce").results if result.kind == Kind.PUBLICATIONS]
    assert found.index(second.get_absolute_url()) < found.index(first.get_absolute_url())


def test_a_search_asks_no_more_questions_of_a_larger_site(register, guidance, client, django_assert_max_num_queries):
    guidance("Nurse guidance")
    client.get("/search/", {"q": "nurse"})
    with django_assert_max_num_queries(20) as few:
        client.get("/search/", {"q": "nurse"})
    for number in range(30):
        guidance(f"Nurse guidance {number}")
        OpportunityFactory(title=f"Nurse day {number}")
    with django_assert_max_num_queries(len(few) + 1):
        client.get("/search/", {"q": "nurse"})


def test_suggestions_give_a_figure_first_and_then_titles(register, release, client):
    found = client.get("/search/suggest/", {"q": "nurses"}).json()["suggestions"]
    assert found[0]["kind"] == "figure"
    assert found[0]["text"].startswith("Nurses, England: 900 people")
    assert client.get("/search/suggest/", {"q": "n"}).json()["suggestions"] == []
    listed = client.get("/search/suggest/", {"q": "nurse", "format": "opensearch"})
    assert listed["Content-Type"] == "application/x-suggestions+json"
    query, texts, _kinds, urls = listed.json()
    assert query == "nurse"
    assert len(texts) == len(urls) > 0
    assert all(url.startswith("http://testserver/") for url in urls)


def test_browsers_are_told_how_to_search(client):
    answer = client.get("/search/opensearch.xml")
    assert answer["Content-Type"].startswith("application/opensearchdescription+xml")
    assert b"/search/?q={searchTerms}" in answer.content
