"""The frame and the parts of pages, rendered by themselves."""

import json
import re
from functools import partial
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader

from server.phrases import LANGUAGES, Language, say, sentences
from tests.web.conftest import OpenPage

WEB = Path(__file__).parents[2] / "server" / "web"
LONG = (
    "Thủ tục đăng ký khai sinh có yếu tố nước ngoài kết hợp đăng ký nhận cha, mẹ, con tại phường Nguyễn Thị Minh Khai"
)
EVERYTHING = """
{% extends "base.html" %}
{% set title = "Mọi thứ" %}
{% set office_name = "Phường Bồ Đề" %}
{% block main %}
<div class="wrap stack">
  <p class="step">Bước 2/4</p>
  <h1>{{ long }}</h1>
  {{ ui.error_summary({"phone": "Nhập số điện thoại."}) }}
  <div class="card"><dl class="facts"><div><dt>Có kết quả</dt><dd>Trong ngày</dd></div></dl></div>
  {{ ui.choice("filed", "yes", "Đã nộp", checked=True, class="choice-chosen") }}
  {{ ui.choice("paper", "1", long, type="checkbox", class="choice-bare", checked=True) }}
  {{ ui.field("dossier", "Mã hồ sơ", hint=long, value="H26.10-261121-0042") }}
  {{ ui.field("phone", "Số điện thoại", error="Nhập số điện thoại.", type="tel", inputmode="tel") }}
  <div class="segments"><a class="segment" aria-current="true" href="#main"><span>Tư<small>25/11</small></span></a>
    <span class="segment" aria-disabled="true"><span>Ba<small>nghỉ lễ</small></span></span></div>
  <div class="row">{{ ui.button("Tiếp", "primary", "arrow-right") }}{{ ui.button("In", "quiet", "printer") }}
    {{ ui.button("Thôi", "link", href="#main") }}{{ ui.button(long, "plain") }}</div>
  <div class="row"><span class="chip chip-attention">Ưu tiên</span><span class="chip chip-good">Đã đến</span>
    <kbd>Enter</kbd></div>
  {% for kind in ("info", "good", "attention", "trouble") %}{{ ui.notice(kind, long, title="Tin") }}{% endfor %}
  <div class="row">{% for index in range(12) %}{{ ui.badge(index, "H") }}{% endfor %}</div>
</div>
{% endblock %}
"""


def environment(language: Language, templates: dict[str, str]) -> Environment:
    """Jinja with the globals that pages have."""
    made = Environment(
        loader=ChoiceLoader([DictLoader(templates), FileSystemLoader(WEB / "templates")]), autoescape=True
    )
    catalogue = sentences(language)
    made.globals |= {
        "lang": language,
        "say": partial(say, language),
        "static": lambda path: f"/static/{path}",
        "phrases": lambda *prefixes: json.dumps({key: catalogue[key] for key in catalogue if key.startswith(prefixes)}),
        "long": LONG,
    }
    return made


def rendered(source: str, language: Language = "vi", **values: object) -> str:
    """A template's text as a page; `ui` holds the parts."""
    head = "" if "extends" in source else '{% import "components.html" as ui with context %}'
    return environment(language, {"page.html": head + source}).get_template("page.html").render(**values)


@pytest.mark.parametrize("language", LANGUAGES)
def test_frame_speaks_the_page_language(language: Language) -> None:
    """The frame says its language, offers the other one, and embeds the sentences its scripts need."""
    page = rendered('{% extends "base.html" %}{% set speaks = ["call."] %}', language)
    other = "en" if language == "vi" else "vi"
    assert f'<html lang="{language}">' in page
    assert f'href="?lang={other}"' in page
    assert f'href="?lang={language}"' not in page
    embedded = json.loads(re.search(r'id="phrases">(.*?)</script>', page, re.DOTALL)[1])  # type: ignore[index]
    assert embedded["base.no_connection"] == sentences(language)["base.no_connection"]
    assert {key.split(".")[0] for key in embedded} == {"base", "call"}


def test_no_sentence_ends_the_script_early() -> None:
    """A sentence with markup in it stays inside the embedded JSON."""
    made = environment("vi", {"page.html": '{% extends "base.html" %}'})
    made.globals["phrases"] = lambda *_: json.dumps({"base.x": "</script><b>"})
    page = made.get_template("page.html").render()
    embedded = re.search(r'id="phrases">(.*?)</script>', page, re.DOTALL)
    assert embedded
    assert json.loads(embedded[1]) == {"base.x": "</script><b>"}


def test_field_is_tied_to_its_words() -> None:
    """Label, hint and error all lead to the field, for those who hear the page."""
    part = rendered('{{ ui.field("phone", "Điện thoại", hint="10 chữ số", error="Thiếu một số", inputmode="tel") }}')
    assert '<label for="phone">Điện thoại</label>' in part
    assert 'aria-describedby="phone-hint phone-error"' in part
    assert 'id="phone-hint"' in part
    assert 'id="phone-error"' in part
    assert 'aria-invalid="true"' in part
    assert 'inputmode="tel"' in part


def test_field_without_error_says_nothing_wrong() -> None:
    """A field that is right has no mark of an error."""
    part = rendered('{{ ui.field("name", "Họ tên") }}')
    assert "aria-invalid" not in part
    assert "aria-describedby" not in part


def test_what_people_typed_stays_text() -> None:
    """Markup in a value, a label or an error is shown, not run."""
    part = rendered(
        "{{ ui.field('a', x, value=x, error=x) }}{{ ui.notice('info', x) }}{{ ui.button(x) }}", x='"><script>1</script>'
    )
    assert "<script>" not in part
    assert part.count("&lt;script&gt;") == 5


@pytest.mark.parametrize("width", [320, 390, 1440])
async def test_parts_fit_and_are_accessible(width: int, open_page: OpenPage) -> None:
    """All parts together fit the narrowest phone and a desk without scrolling sideways, and axe finds nothing wrong."""
    page = await open_page(rendered(EVERYTHING), width=width)
    await page.evaluate("document.fonts.ready")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    assert await page.evaluate("document.fonts.check('800 16px \"Be Vietnam Pro\"', 'ữỡẵ')")
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    small = await page.evaluate(
        "[...document.querySelectorAll('a, button, .choice, .input')]"
        ".filter((each) => !each.closest('.error-summary') && !each.classList.contains('skip'))"
        ".filter((each) => each.getBoundingClientRect().height < 44).map((each) => each.outerHTML)"
    )
    assert small == []


async def test_first_key_leads_past_the_head(open_page: OpenPage) -> None:
    """The first Tab shows the way to the content, and Enter takes it."""
    page = await open_page(rendered(EVERYTHING))
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name=say("vi", "base.skip"))
    assert await skip.evaluate("(each) => document.activeElement === each && each.getBoundingClientRect().top >= 0")
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "main"
