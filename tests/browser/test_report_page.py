"""The report as people meet it: in a browser, from a file, without a network."""

import pytest

WIDTHS_PX = (360, 1440)
SCHEMES = ("light", "dark")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width_px", WIDTHS_PX)
def test_it_opens_without_error_or_request_and_fits(opened, report, width_px, scheme):
    found = opened(width_px, color_scheme=scheme)
    found.page.wait_for_load_state("networkidle")
    assert found.errors == []
    asked = [url for url in found.requests if not url.startswith("data:")]
    assert asked == [report.as_uri()]
    reached = found.page.evaluate(
        "() => { for (const d of document.querySelectorAll('details')) d.open = true;"
        " return document.documentElement.scrollWidth; }"
    )
    assert reached <= width_px


def test_pictures_are_shown(opened):
    pictures = opened().page.locator("#cards img")
    assert pictures.count() > 0
    assert pictures.first.evaluate("(img) => img.complete && img.naturalWidth") == 96


def column(table, number):
    return table.locator(f"tbody tr > :nth-child({number})").all_inner_texts()


def test_a_click_sorts_by_value_and_says_so(opened):
    page = opened().page
    table = page.locator("#scores table")
    heading = table.get_by_role("columnheader", name="Score")
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    assert column(table, 4) == ["65.00 %", "85.00 %"]
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "descending"
    assert column(table, 4) == ["85.00 %", "65.00 %"]


def test_the_keyboard_sorts_too_and_one_column_at_a_time(opened):
    table = opened().page.locator("#scores table")
    for name in ("Run", "Score"):
        table.get_by_role("columnheader", name=name).get_by_role("button").focus()
        table.page.keyboard.press("Enter")
    assert table.locator("[aria-sort]").count() == 1


def test_what_is_missing_is_sorted_last_both_ways(opened):
    page = opened().page
    page.locator("#facets details").first.locator("summary").click()
    table = page.locator("#facets table").first
    button = table.get_by_role("columnheader", name="candidate model").get_by_role("button")
    for _ in range(2):
        button.click()
        assert "missing" in column(table, 3)[-1]


def test_filters_show_what_they_say(opened):
    page = opened().page
    cards = page.locator("#cards > .card:visible")
    whole = cards.count()
    page.get_by_label("Outcome").select_option(label="flip: right, then not")
    some = cards.count()
    assert 0 < some < whole
    assert page.locator("#filter-count").inner_text() == f"{some} of {whole} shown"
    page.get_by_label("Words in it").fill("cup 3 in")
    assert 0 < cards.count() <= 1
    page.get_by_label("Outcome").select_option(label="all")
    page.get_by_label("Words in it").fill("")
    assert cards.count() == whole


def brightness(page, name):
    colour = page.evaluate(f"getComputedStyle(document.body).{name}")
    return sum(int(part) for part in colour.strip("rgb()").split(","))


def test_dark_is_dark_and_light_is_light(opened):
    for scheme, is_dark in (("dark", True), ("light", False)):
        page = opened(color_scheme=scheme).page
        assert (brightness(page, "backgroundColor") < brightness(page, "color")) is is_dark
        text = page.locator("svg.chart text").first
        assert text.evaluate("(t) => getComputedStyle(t).fill") != "rgb(0, 0, 0)"


def test_without_scripts_everything_can_still_be_read(opened):
    page = opened(java_script_enabled=False).page
    text = page.locator("main").text_content()
    for words in ("fail", "What changed", "85.00 %", "Right answer", "omnibench eval --model"):
        assert words in text
    assert page.locator("#filters").is_hidden()
    assert page.locator("th button").count() == 0
    assert page.locator("svg.chart").first.is_visible()
    page.locator("#facets summary").first.click()
    assert page.locator("#facets table").first.is_visible()


def test_inline_handlers_are_not_obeyed(opened):
    page = opened().page
    page.evaluate(
        "() => { const d = document.createElement('div');"
        ' d.innerHTML = \'<img src=x onerror="window.obeyed = true"><p style="color:red">x</p>\';'
        " document.body.append(d); }"
    )
    page.wait_for_timeout(200)
    assert page.evaluate("window.obeyed") is None


def test_the_first_key_leads_past_the_contents(opened):
    page = opened().page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.getElementById('main').contains(document.activeElement)")


def test_paper_shows_no_controls_and_every_detail(opened):
    page = opened(color_scheme="dark").page
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("nav").is_hidden()
    assert page.locator("#filters").is_hidden()
    assert page.locator("details:not([open])").count() == 0
    assert brightness(page, "backgroundColor") == 3 * 255
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("details:not([open])").count() > 0


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("width_px", WIDTHS_PX)
def test_axe_finds_nothing_serious(opened, axe, width_px, scheme):
    # The page's own policy forbids every script but its own, axe's too.
    page = opened(width_px, color_scheme=scheme, bypass_csp=True).page
    page.evaluate("() => { for (const d of document.querySelectorAll('details')) d.open = true; }")
    page.add_script_tag(content=axe)
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    grave = [
        (each["id"], each["impact"], [node["html"][:200] for node in each["nodes"]][:3])
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
    ]  # fmt: skip
    assert found["testEngine"]["name"] == "axe-core"
    assert grave == []
