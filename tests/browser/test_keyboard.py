"""The keyboard alone reaches every link and control of every type of page, in sight, and is never trapped."""

from __future__ import annotations

import pytest

from tests.browser.site import build

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(databases=["default", "submissions"], transaction=True),
]
MOST = 400
# A date takes four stops: day, month, year, picker.
SPARE = 12
PATHS = (
    "/",
    "/search/?q=nurse",
    "/definitions/",
    "/definitions/compare/",
    "/datasets/",
    "/opportunities/",
    "/publications/calendar/",
    "/publications/subscribe/",
    "/feedback/",
    "/accounts/login/",
)
# What can be reached: of a group of radio buttons the keyboard stops at one, and the arrows do the rest.
WATCH = """() => {
  const named = new Set();
  window.wanted = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
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
  return window.wanted.length;
}"""
LEFT = "() => window.wanted.filter((one) => !window.reached.has(one)).map((one) => one.outerHTML.slice(0, 160))"


def test_the_keyboard_reaches_everything_and_shows_where_it_is(live_server, new_page, tmp_path):
    version = build(tmp_path)
    dataset = version.dataset_version
    release = version.get_absolute_url()
    wide = [*PATHS, release, dataset.get_absolute_url(), f"/datasets/{dataset.dataset.slug}/table/"]
    page = new_page(viewport={"width": 1280, "height": 900})
    found = {path: _walked(page, live_server.url + path) for path in wide}
    page.set_viewport_size({"width": 320, "height": 700})
    found |= {f"{path} at 320 px": _walked(page, live_server.url + path) for path in ("/", release)}
    assert {path: faults for path, faults in found.items() if faults} == {}


def _walked(page, address: str) -> list[str]:
    page.goto(address)
    page.evaluate("document.activeElement.blur()")
    wanted = page.evaluate(WATCH)
    assert 5 < wanted < MOST, address
    for _press in range(wanted + SPARE):
        page.keyboard.press("Tab")
    unseen = page.evaluate("[...window.unseen]")
    return [*(f"not reached: {one}" for one in page.evaluate(LEFT)), *(f"no sign of focus: {one}" for one in unseen)]
