"""The citizen's form asks for an e-mail address where there is mail, and only there."""

import httpx
import pytest

from server.booking.tables import Appointment
from tests.booking.small import COPY, OFFICE, open_small_office, time
from tests.notify.stand_ins import EMAIL, MAIL_FROM, Mailbox
from tests.server.support import Clock, House, house_of

WHO = {"name": "Lê Thị Hoa", "phone": "0912000001"}


async def held(house: House, days: int) -> tuple[httpx.AsyncClient, str]:
    """A browser with a time held, and the address of the form that asks who comes."""
    client = house.client(Accept="text/html", Origin=house.url)
    client.follow_redirects = True
    start = time(10, days=days).isoformat()
    await client.post(f"/book/{OFFICE}", data={"procedure": COPY, "filed": "no"})
    asked = await client.post(f"/book/{OFFICE}/hold", data={"procedure": COPY, "start": start, "key": f"form-{days}"})
    assert asked.url.path.endswith("/who")
    return client, asked.url.path


async def test_the_form_asks_for_an_address_where_there_is_mail(
    furnished_url: str, clock: Clock, mailbox: Mailbox
) -> None:
    """Optional; a wrong one is said beside its field and keeps what was typed; a right one brings the confirmation."""
    async with house_of(furnished_url, smtp_url=mailbox.url, mail_from=MAIL_FROM) as house:
        await open_small_office()
        client, path = await held(house, 2)
        assert 'name="email"' in (await client.get(path)).text
        wrong = await client.post(path, data=WHO | {"email": "hoa(a)thu"})
        assert wrong.status_code == 400
        assert 'id="email-error"' in wrong.text
        assert 'value="hoa(a)thu"' in wrong.text
        assert 'value="Lê Thị Hoa"' in wrong.text
        done = await client.post(path, data=WHO | {"email": f" {EMAIL} "})
        assert done.url.path == path.removesuffix("/who")
        assert (await mailbox.next())["To"] == EMAIL
        client, path = await held(house, 3)
        await client.post(path, data={"name": "Lê Thị Hai", "phone": "0912000002", "email": ""})
        assert await Appointment.count().where((Appointment.state == "confirmed") & Appointment.email.is_null()) == 1
    assert len(mailbox.letters) == 1


async def test_without_mail_it_does_not_ask(house: House) -> None:
    """What could not be used is not asked for."""
    await open_small_office()
    client, path = await held(house, 2)
    page = (await client.get(path)).text
    assert 'name="phone"' in page
    assert 'name="email"' not in page


@pytest.mark.parametrize(("settings", "expected"), [({}, False), ({"sms_url": "http://127.0.0.1:9/"}, True)])
async def test_the_telephone_says_what_it_is_for(
    office_sqlite_url: str, clock: Clock, settings: dict[str, str], expected: bool
) -> None:
    """Where there is a gateway the form says that messages will come; where there is none it promises nothing."""
    async with house_of(office_sqlite_url, **settings) as house:
        await open_small_office()
        client, path = await held(house, 2)
        assert ("Để nhận tin nhắn xác nhận" in (await client.get(path)).text) is expected
