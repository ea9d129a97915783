"""dom.js in a real page under the strict policy."""

from playwright.async_api import Page

from tests.web.conftest import OpenPage

PAGE = """<!doctype html><html lang="vi"><head><link rel="icon" href="/static/favicon.svg"></head>
<body><p id="here">old</p></body></html>"""
IMPORT = """const { h, set, replace, icon, find } = await import("/static/js/dom.js");
const here = document.getElementById("here");"""


async def run(page: Page, script: str) -> object:
    """What a script in the page returns, with the module's functions at hand."""
    return await page.evaluate(f"async () => {{ {IMPORT} {script} }}")


async def test_text_goes_in_as_text(open_page: OpenPage) -> None:
    """Markup among the children is shown, not run; numbers are written; null, undefined and false leave nothing."""
    page = await open_page(PAGE)
    await run(page, "replace(here, '<b>x</b>', 0, null, false, undefined, h('i', null, 'ữ'))")
    assert await page.inner_html("#here") == "&lt;b&gt;x&lt;/b&gt;0<i>ữ</i>"


async def test_properties_find_their_place(open_page: OpenPage) -> None:
    """Values become properties, styles pass the policy, true is an empty attribute; false and null take one away."""
    page = await open_page(PAGE)
    script = """
      const field = h("input", { class: "input", value: '"0912"', disabled: true, required: true });
      set(field, { "aria-invalid": "true", dataset: { line: "A" }, style: { "--badge": "#123456", width: "50%" } });
      const before = field.outerHTML;
      set(field, { required: false, "aria-invalid": null });
      const badge = field.style.getPropertyValue("--badge").trim();
      return [field.value, badge, field.style.width, before, field.outerHTML];"""
    value, badge, width, before, after = await run(page, script)  # type: ignore[misc]
    assert (value, badge, width) == ('"0912"', "#123456", "50%")
    assert before.startswith('<input class="input" disabled="" required="" aria-invalid="true" data-line="A" style="')
    assert after.startswith('<input class="input" disabled="" data-line="A" style="')


async def test_functions_listen(open_page: OpenPage) -> None:
    """A function given as `onclick` is called on a click."""
    page = await open_page(PAGE)
    await run(page, "replace(here, h('button', { onclick: () => replace(here, 'pressed') }, 'press'))")
    await page.get_by_role("button").click()
    assert await page.inner_text("#here") == "pressed"


async def test_icon_is_drawn_and_not_read_out(open_page: OpenPage) -> None:
    """An icon comes from the sprite with a size of its own, hidden from those who hear the page."""
    page = await open_page(PAGE)
    await run(page, "replace(here, icon('printer', 'large'), 'In')")
    drawing = page.locator("#here svg")
    assert await drawing.get_attribute("aria-hidden") == "true"
    assert await drawing.get_attribute("class") == "icon large"
    await page.wait_for_function("document.querySelector('#here use').getBBox().width > 5")


async def test_an_element_that_must_be_there(open_page: OpenPage) -> None:
    """Looking for what is not there, or is something else, says so at once."""
    page = await open_page(PAGE)
    script = """
      const said = [find("#here", HTMLElement).tagName];
      for (const [selector, kind] of [["#gone", HTMLElement], ["#here", HTMLButtonElement]]) {
        try { find(selector, kind) } catch (error) { said.push(error.message) }
      }
      return said;"""
    assert await run(page, script) == ["P", "no HTMLElement for #gone", "no HTMLButtonElement for #here"]
