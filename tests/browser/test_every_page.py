"""Every type of public page: accessible, no wider than a phone, and the keyboard alone reaches everything on it."""

from __future__ import annotations

import pytest
from django.template.loader import render_to_string
from django.test import Client

from tests.browser.page_types import ERRORS, MEANT, addresses, templates_of_pages

pytestmark = [pytest.mark.slow, pytest.mark.django_db(databases=["default", "submissions"], transaction=True)]
MOST = 400
# A date takes four stops (day, month, year, picker), and a walk ends one past the last.
SPARE, STOPS_OF_DATES = 2, 3
NARROW = ("home", "release", "search, found", "table builder")
# What can be reached: of a group of radio buttons the keyboard stops at one, and the arrows do the rest.
# Header and footer are the same everywhere: they are walked once, with the first page.
WATCH = """(whole) => {
  const named = new Set();
  const root = whole ? document : document.querySelector('main') ?? document;
  if (whole || root === document) document.activeElement.blur(); else { root.tabIndex = -1; root.focus(); }
  window.wanted = [...root.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
    .filter((one) => one.type !== 'hidden' && !one.disabled && one.tabIndex >= 0)
    .filter((one) => one.checkVisibility({contentVisibilityAuto: true, visibilityProperty: true}))
    .filter((one) => one.type !== 'radio' || (!named.has(one.name) && named.add(one.name)));
  window.reached = new Set();
  window.unseen = new Set();
  document.addEventListener('focusin', (event) => {
    const one = event.target.type === 'radio'
      ? window.wanted.find((other) => other.name === event.target.name) : event.target;
    window.reached.add(one);
    const style = getComputedStyle(event.target);
    const box = ['radio', 'checkbox'].includes(event.target.type);
    if (!box && style.outlineStyle === 'none' && style.boxShadow === 'none') window.unseen.add(one.outerHTML.slice(0, 120));
  });
  return [window.wanted.length, root.querySelectorAll('input[type=date]').length];
}"""
LEFT = "() => window.wanted.filter((one) => !window.reached.has(one)).map((one) => one.outerHTML.slice(0, 160))"
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.mark.browser
def test_every_page_is_accessible_fits_and_is_reached_by_the_keyboard(live_server, new_page, axe, tmp_path):
    pages = addresses(tmp_path)
    page = new_page(viewport={"width": 1280, "height": 900})
    # The browser writes down that an address answered with an error, as some of these must.
    page.expected_errors |= {f"status of {status}" for statuses in MEANT.values() for status in statuses}
    faults = {name: _faults(page, live_server.url + path, axe, whole=path == "/") for name, path in pages.items()}
    for name in ERRORS:
        _answer(page, f"**/error/{name}", render_to_string(name))
        faults[name] = _faults(page, f"{live_server.url}/error/{name}", axe)
    page.set_viewport_size({"width": 320, "height": 700})
    faults |= {f"{name} at 320 px": _faults(page, live_server.url + pages[name], axe) for name in NARROW}
    assert {name: found for name, found in faults.items() if found} == {}


def _answer(page, address: str, text: str) -> None:
    page.route(address, lambda route: route.fulfill(body=text, content_type="text/html"))


def _faults(page, address: str, axe, *, whole: bool = False) -> list[str]:
    page.goto(address)
    found = ["wider than the window"] if page.evaluate(WIDER) else []
    try:
        axe(page)
    except AssertionError as error:
        found.append(str(error))
    wanted, dates = page.evaluate(WATCH, whole)
    assert wanted < MOST, address
    for _press in range(wanted + dates * STOPS_OF_DATES + SPARE):
        page.keyboard.press("Tab")
    unseen = page.evaluate("[...window.unseen]")
    left = page.evaluate(LEFT)
    return [*found, *(f"not reached: {one}" for one in left), *(f"no sign of focus: {one}" for one in unseen)]


def test_no_type_of_page_is_left_out(tmp_path):
    client, shown = Client(raise_request_exception=False), set(ERRORS)
    for name, path in addresses(tmp_path).items():
        answer = client.get(path)
        assert answer.status_code in MEANT.get(name, {200}), f"{name}: {path} answers {answer.status_code}"
        shown |= {template.name for template in answer.templates}
    assert templates_of_pages() - shown == set(), "give tests/browser/page_types.py an address of each"
