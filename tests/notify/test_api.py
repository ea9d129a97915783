"""The whole way through the running server: a booking over HTTP becomes a mail; staff see what did not get through."""

from collections.abc import AsyncIterator

import pytest

from server import clock as the_clock
from server.codes import new_id
from server.notify.tables import Outbox
from tests.booking.small import COPY, OFFICE, open_small_office, time
from tests.notify.stand_ins import EMAIL, MAIL_FROM, Calendar, Mailbox, states
from tests.server.support import Clock, House, house_of, ok, refused


@pytest.fixture
async def sending_house(furnished_url: str, clock: Clock, mailbox: Mailbox) -> AsyncIterator[House]:
    """The server with a mail server behind it, and the small office in it."""
    async with house_of(furnished_url, smtp_url=mailbox.url, mail_from=MAIL_FROM) as house:
        await open_small_office()
        yield house


async def test_a_booking_over_http_becomes_a_mail_by_itself(sending_house: House, mailbox: Mailbox) -> None:
    """Held, confirmed, cancelled by anybody on the net: the mails come without anybody asking for them, once each."""
    anybody = sending_house.client()
    citizen = {"name": "Nguyễn Thị Hoà", "phone": "0912000001", "email": EMAIL}
    body = {"office": OFFICE, "procedures": [COPY], "start": time(10, days=3).isoformat(), "citizen": citizen}
    held = ok(await anybody.post("/api/appointments", json=body | {"purpose": "submit", "language": "en"}), 201)
    holder = sending_house.client(held["manageToken"])
    path = f"/api/appointments/{held['reference']}"
    for _ in range(2):
        ok(await holder.post(f"{path}/confirm", headers={"Idempotency-Key": "one"}), 200)
    mail, calendar = await mailbox.next(), Calendar()
    calendar.read(mail)
    assert (mail["To"], len(calendar.entries)) == (EMAIL, 1)
    link = str(mail.get_body(("plain",)).get_content()).split("/a/")[1].split()[0]
    assert (await sending_house.client().get(f"/a/{link}")).headers["location"] == f"/a/{held['reference']}"
    ok(await holder.delete(path), 204)
    calendar.read(await mailbox.next())
    assert calendar.entries == []
    assert len(mailbox.letters) == 2


async def failed_message(office: str, reference: str = "K7QF3M2P9XWD") -> str:
    """One that did not get through."""
    identifier = new_id()
    at = the_clock.now()
    await Outbox.insert(
        Outbox(
            id=identifier, office=office, reference=reference, kind="confirmed", channel="email", language="vi",
            sequence=0, state="failed", tries=1, code="recipient-refused", written_at=at, due_at=at, done_at=at,
        )
    )  # fmt: skip
    return identifier


async def test_staff_see_what_did_not_get_through_and_try_again(house: House) -> None:
    """Their own office's, by booking and reason, with nothing personal; one press has it tried from the beginning."""
    mine, others = await failed_message("bo-de"), await failed_message("long-bien", "9XWDK7QF3M2P")
    desk = await house.officer()
    listed = ok(await desk.get("/api/reception/messages"))
    assert (listed["failed"], listed["retrying"]) == (1, 0)
    (message,) = listed["messages"]
    assert message == {
        "id": mine, "reference": "K7QF-3M2P-9XWD", "kind": "confirmed", "channel": "email", "state": "failed",
        "tries": 1, "code": "recipient-refused", "writtenAt": "2026-11-23T09:00:00+07:00", "dueAt": None,
        "reason": "Nơi nhận từ chối: địa chỉ hoặc số điện thoại không đúng.",
    }  # fmt: skip
    english = ok(await desk.get("/api/reception/messages", headers={"Accept-Language": "en"}))
    assert english["messages"][0]["reason"].startswith("The address or telephone")
    ok(await desk.post(f"/api/reception/messages/{mine}/retry"), 200)
    assert ok(await desk.get("/api/reception/messages?state=waiting"))["messages"][0]["tries"] == 0
    refused(await desk.post(f"/api/reception/messages/{mine}/retry"), "not-failed", 409)
    refused(await desk.post(f"/api/reception/messages/{others}/retry"), "no-such-message", 404)
    assert sorted(state for _, state, _ in await states()) == ["failed", "waiting"]


@pytest.mark.parametrize("path", ["/api/reception/messages", "/api/reception/messages?state=sent"])
async def test_strangers_see_nothing(house: House, path: str) -> None:
    """Who has not signed in is told nothing, nor is a device."""
    refused(await house.client().get(path), "sign-in", 401)
    refused(await (await house.device()).get(path), "not-allowed", 403)


async def test_a_wrong_question_is_refused(house: House) -> None:
    """States and limits that do not exist are said to be wrong."""
    desk = await house.officer()
    for query in ("state=lost", "limit=0", "limit=201"):
        refused(await desk.get(f"/api/reception/messages?{query}"), "invalid", 400)
