"""The citizen's pages by HTTP alone: what they keep, what they refuse, what they never show."""

import re
from datetime import datetime

import httpx
import pytest

from server.booking import service
from server.catalogue.rules import searchable
from server.catalogue.tables import Procedure
from tests.booking.small import (
    BIRTH,
    COPY,
    DOSSIER,
    OFFICE,
    SIGNATURE,
    booked,
    open_small_office,
    state,
    time,
    token_of,
)
from tests.server.support import Clock, House

HTML = {"Accept": "text/html"}


@pytest.fixture(autouse=True)
async def office(house: House) -> None:
    """The small office, for online filers only."""
    await open_small_office(online_filers_only="true")


def browser(house: House) -> httpx.AsyncClient:
    client = house.client(Accept="text/html", Origin=house.url)
    client.follow_redirects = True
    return client


async def filed(client: httpx.AsyncClient, **said: str) -> httpx.Response:
    """Answer the question of step 2."""
    answers = {"procedure": COPY, "filed": "yes", "dossier_number": DOSSIER, "purpose": "submit", **said}
    return await client.post(f"/book/{OFFICE}", data=answers)


async def hold(client: httpx.AsyncClient, start: datetime, key: str = "form-1") -> httpx.Response:
    """Press a time in step 3."""
    return await client.post(f"/book/{OFFICE}/hold", data={"procedure": COPY, "start": start.isoformat(), "key": key})


async def test_the_way_without_a_browser(house: House) -> None:
    """Each form leads on by a redirect, so that going back or reloading never sends anything twice."""
    client = browser(house)
    times = await filed(client)
    assert times.url.path == f"/book/{OFFICE}/when"
    assert [answer.status_code for answer in times.history] == [303]
    who = await hold(client, time(10))
    assert who.url.path.endswith("/who")
    done = await client.post(who.url.path, data={"name": "Lê Thị Hoa", "phone": "0912000001"})
    assert re.fullmatch(r"/a/[0-9A-Z]{12}", done.url.path)
    assert "10:00" in done.text
    again = await client.post(who.url.path, data={"name": "Lê Thị Hoa", "phone": "0912000001"})
    assert again.url.path == done.url.path
    assert [each.state for each in (await state())[1]] == ["confirmed"]


async def test_nothing_personal_is_ever_in_an_address(house: House) -> None:
    """Neither the dossier's number nor a name, a telephone or a token stands in any address of the way."""
    client = browser(house)
    seen: list[str] = []

    async def note(request: httpx.Request) -> None:
        seen.append(str(request.url))

    client.event_hooks["request"].append(note)
    await filed(client)
    who = await hold(client, time(10))
    await client.post(who.url.path, data={"name": "Hoa", "phone": "0912000001"})
    held = (await state())[1][0]
    addresses = " ".join(seen)
    for secret in ("261121", "0042", "Hoa", "912000001", await token_of(held)):
        assert secret not in addresses


@pytest.mark.parametrize(
    ("said", "where", "word"),
    [
        ({"filed": ""}, "filed", "đã nộp hồ sơ trực tuyến chưa"),
        ({"filed": "no"}, "filed", "nộp trực tuyến trước"),
        ({"dossier_number": ""}, "dossier_number", "xin nhập mã hồ sơ"),
        ({"dossier_number": "H26"}, "dossier_number", "Mã hồ sơ chưa đúng"),
    ],
)
async def test_the_question_that_decides_has_to_be_answered(
    house: House, said: dict[str, str], where: str, word: str
) -> None:
    """What is missing is said above the form and beside its field, and what was typed is still there."""
    answer = await filed(browser(house), **said)
    assert answer.status_code == 400
    assert f'href="#{where}"' in answer.text
    assert f'id="{where}-error"' in answer.text
    assert word in answer.text
    assert said.get("dossier_number", DOSSIER) in answer.text


async def test_times_are_shown_only_to_online_filers(house: House) -> None:
    """Who comes to the times without a dossier number is led back to the question, and can hold nothing."""
    client = browser(house)
    assert (await client.get(f"/book/{OFFICE}/when", params={"procedure": COPY})).url.path == f"/book/{OFFICE}"
    assert (await hold(client, time(10))).url.path == f"/book/{OFFICE}"
    client.cookies.set("motcua-draft", "bm90IG91cnM=", path="/book")
    assert (await hold(client, time(10))).url.path == f"/book/{OFFICE}"
    assert (await state())[1] == []


async def test_who_is_a_moment_too_late_is_offered_the_nearest_times(house: House) -> None:
    """A time that somebody has just taken is answered with the nearest free ones as buttons, and holds nothing."""
    await booked(time(10), 9, dossier_number=DOSSIER)
    client = browser(house)
    await filed(client)
    before = await state()
    answer = await hold(client, time(10))
    assert answer.status_code == 409
    assert re.findall(r'name="start" value="([^"]+)">\d\d:\d\d thứ Hai', answer.text) == [
        f"2026-11-23T{at}:00+07:00" for at in ("09:30", "09:45", "10:15")
    ]
    assert await state() == before


async def test_a_link_from_a_message_becomes_a_cookie_and_a_clean_address(house: House) -> None:
    """`?k=` opens the booking once, leaves no token in the address, and a wrong one asks for the telephone."""
    booking = await booked(time(10), 1, dossier_number=DOSSIER)
    client = browser(house)
    opened = await client.get(f"/a/{booking.reference}", params={"k": await token_of(booking)})
    assert str(opened.url) == f"{house.url}/a/{booking.reference}"
    assert "10:00" in opened.text
    stranger = browser(house)
    wrong = await stranger.get(f"/a/{booking.reference}", params={"k": "0" * 24})
    assert wrong.status_code == 404
    assert "10:00" not in wrong.text


async def test_a_stranger_sees_and_changes_nothing(house: House) -> None:
    """Without the cookie every page of a booking asks for the telephone, and commands do nothing."""
    booking = await booked(time(10), 1, dossier_number=DOSSIER)
    client = browser(house)
    for reference in (booking.reference, "ZZZZZZZZZZZZ"):
        for page in ("", "/who", "/cancel", "/change"):
            answer = await client.get(f"/a/{reference}{page}")
            assert answer.url.path == f"/a/{reference}"
            assert "Hoà" not in answer.text
            assert 'name="phone"' in answer.text
    before = await state()
    await client.post(f"/a/{booking.reference}/cancel")
    await client.post(f"/a/{booking.reference}/change", data={"start": time(14).isoformat()})
    await client.post(f"/a/{booking.reference}/who", data={"name": "An", "phone": "0912000002"})
    assert await state() == before


async def test_another_page_cannot_press_our_buttons(house: House) -> None:
    """A form of somebody else's page with our cookie is refused."""
    booking = await booked(time(10), 1, dossier_number=DOSSIER)
    client = browser(house)
    await client.get(f"/a/{booking.reference}", params={"k": await token_of(booking)})
    answer = await client.post(f"/a/{booking.reference}/cancel", headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert (await state())[1][0].state == "confirmed"


async def test_an_expired_hold_says_so_and_leads_back_to_the_times(house: House, clock: Clock) -> None:
    """Who took too long is told that nothing is lost, with one button to choose again."""
    client = browser(house)
    await filed(client)
    who = await hold(client, time(10))
    clock.forward(minutes=10)
    late = await client.post(who.url.path, data={"name": "Hoa", "phone": "0912000001"})
    assert "Đã hết thời gian giữ chỗ" in late.text
    assert f"/book/{OFFICE}/when?procedure={COPY}" in late.text


@pytest.mark.parametrize(
    "path",
    [
        "/?office=nowhere", "/book/nowhere?procedure=1.001193", f"/book/{OFFICE}?procedure=9.999999",
        "/?office=long-bien-quan", f"/book/{OFFICE}/when?procedure=9.999999&day=soon",
    ],
)  # fmt: skip
async def test_what_does_not_exist_is_a_page_with_a_sentence(house: House, path: str) -> None:
    """Unknown and ended offices and unknown procedures are pages in words, not codes."""
    answer = await browser(house).get(path)
    assert answer.status_code in (404, 409)
    assert "text/html" in answer.headers["content-type"]
    assert "<h1" in answer.text


@pytest.mark.parametrize("query", ["<script>alert(1)</script>", "\u202egnp", "%", "a" * 500, "'; --"])
async def test_odd_searches_are_answered(house: House, query: str) -> None:
    """Whatever is typed is searched for and shown as text."""
    answer = await browser(house).get("/", params={"office": OFFICE, "q": query})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


async def test_no_page_needs_an_inline_style_or_script(house: House) -> None:
    """The strict policy is no burden: nothing on the pages would be blocked by it."""
    booking = await booked(time(10), 1, [BIRTH], dossier_number=DOSSIER)
    client = browser(house)
    await client.get(f"/a/{booking.reference}", params={"k": await token_of(booking)})
    await filed(client)
    pages = [
        "/", f"/?office={OFFICE}&q=dang+ky", f"/book/{OFFICE}?procedure={COPY}",
        f"/book/{OFFICE}/when?procedure={COPY}",
        f"/a/{booking.reference}", f"/a/{booking.reference}/change", f"/a/{booking.reference}/cancel",
    ]  # fmt: skip
    for path in pages:
        answer = await client.get(path)
        assert answer.status_code == 200, path
        assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:", answer.text), path
        assert all("src=" in tag or "json" in tag for tag in re.findall(r"<script[^>]*>", answer.text)), path
        assert answer.headers["cache-control"] == "no-store"
        assert "Content-Security-Policy".lower() in answer.headers


async def test_the_language_is_kept_with_the_rest_of_the_address(house: House) -> None:
    """Changing the language stays on the page, is remembered, and does not lose what was searched."""
    client = browser(house)
    page = await client.get("/", params={"office": OFFICE, "q": "dang ky"})
    link = re.search(r'href="(/\?[^"]+lang=en)"', page.text)
    assert link
    english = await client.get(link[1].replace("&amp;", "&"))
    assert "1 procedure found" in english.text
    assert 'lang="en"' in (await client.get("/", params={"office": OFFICE})).text


async def test_the_most_booked_come_first(house: House) -> None:
    """What people book most is what the front page offers first."""
    for who in range(1, 4):
        await booked(time(13 + who), who, [BIRTH], dossier_number=DOSSIER)
    assert (await service.frequent_procedures(OFFICE))[0] == BIRTH
    page = (await browser(house).get("/", params={"office": OFFICE})).text
    first = re.search(r'class="pick" href="/book/nho\?procedure=([\d.]+)"', page)
    assert first
    assert first[1] == BIRTH


async def test_a_second_procedure_is_chosen_for_the_same_visit(house: House) -> None:
    """From what to bring back to the search with the first kept, on with both, as long as both; and off again."""
    client = browser(house)
    first = await client.get(f"/book/{OFFICE}?procedure={COPY}")
    more = re.search(r'href="(/\?office=[^"]+)">.*Thêm thủ tục khác', first.text)
    assert more
    search = await client.get(more[1].replace("&amp;", "&"))
    assert "Chứng thực bản sao" in search.text
    assert f'<input type="hidden" name="procedure" value="{COPY}">' in search.text
    found = await client.get("/", params={"office": OFFICE, "procedure": COPY, "q": "khai sihn"})
    chosen = re.search(r'class="pick" href="([^"]+)"', found.text)
    assert chosen
    both = await client.get(chosen[1].replace("&amp;", "&"))
    assert both.text.index("Chứng thực bản sao") < both.text.index("Đăng ký khai sinh")
    times = await filed(client, procedure=[COPY, BIRTH])  # type: ignore[arg-type]
    assert "30 phút tại quầy cho cả 2 thủ tục" in times.text
    without = re.findall(r'href="([^"]+)">[^\n]*Bỏ thủ tục này', both.text)
    assert without == [f"/book/{OFFICE}?procedure={BIRTH}", f"/book/{OFFICE}?procedure={COPY}"]
    assert "Bỏ thủ tục này" not in (await client.get(without[0])).text


async def test_what_is_chosen_already_is_not_offered_again(house: House) -> None:
    """Neither among the results nor the most used; what this office does not know is ignored."""
    client = browser(house)
    page = await client.get("/", params={"office": OFFICE, "procedure": [COPY, "9.999999"], "q": "chứng thực"})
    offered = re.findall(r'class="pick" href="([^"]+)"', page.text)
    assert offered == [f"/book/{OFFICE}?procedure={COPY}&amp;procedure={SIGNATURE}"]


async def test_five_procedures_are_as_many_as_one_visit_has(house: House) -> None:
    """With five there is no way to a sixth, and asking for it leads back to the five."""
    names = ["Một", "Hai"]
    await Procedure.insert(
        *(
            Procedure(
                office=OFFICE, code=f"9.00001{n}", name_vi=name, name_en="", field_vi="Chữ ký nhỏ", line="A",
                minutes=None, statutory_days=1, promised_days=None, fee_in_person_vnd=0, fee_online_vnd=0,
                required_documents="", short_info_vi="", folded=searchable(name),
            )
            for n, name in enumerate(names)
        )
    )  # fmt: skip
    client, five = browser(house), [COPY, SIGNATURE, BIRTH, "9.000010", "9.000011"]
    assert "Thêm thủ tục khác" in (await client.get(f"/book/{OFFICE}", params={"procedure": five[:4]})).text
    assert "Thêm thủ tục khác" not in (await client.get(f"/book/{OFFICE}", params={"procedure": five})).text
    sixth = await client.get("/", params={"office": OFFICE, "procedure": five})
    assert sixth.url.path == f"/book/{OFFICE}"
    assert len(re.findall("Bỏ thủ tục này", sixth.text)) == 5
