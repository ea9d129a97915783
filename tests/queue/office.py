"""A small office to queue in: certification (A), civil status (H), results (T); Dung at counter 1, Trang at 2.

Open 08:00 to 11:30 and 13:30 to 17:00 on every day, or round the clock. Lan is at reception, Hương is the head.
"""

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager

from server.catalogue import tables as catalogue
from server.catalogue.rules import searchable
from server.db import savepoint
from server.errors import STATUS, Refusal
from server.journal.frames import head_seq
from server.people import service as people
from server.people.rules import Officer
from server.people.tables import Officer as OfficerTable
from server.queue import aside, desk, head, hold, home, practice, service, visit
from server.queue.hall import desks, ticket_by_id
from server.queue.rules import Ticket
from server.queue.rules_verbs import standing
from server.rating import service as rating
from tests.server.journalled import stored

OFFICE = "queue"
ZONE = "Asia/Ho_Chi_Minh"
COPY, BIRTH = "9.000001", "9.000002"
"""Procedures of lines A and H."""
MORNING, AFTERNOON = (480, 690), (810, 1020)

STATES = (
    "coming", "waiting", "called", "serving", "parked", "held", "missed", "served", "withdrawn", "no-show", "closed",
)  # fmt: skip
"""As verbs see them: `held` is parked by its own holder."""


async def open_office(*, around_the_clock: bool = False, shifts: bool = False, **settings: object) -> None:
    """Write the office down, with the settings that are not the default ones."""
    await catalogue.Office.insert(
        catalogue.Office(
            code=OFFICE, national_code="", name_vi="Phường Thử", name_en="Test ward", parent="", address="",
            time_zone=ZONE, valid_from=None, valid_until=None,
        )
    )  # fmt: skip
    lines = (("A", "procedures", "Chứng thực"), ("H", "procedures", "Hộ tịch"), ("T", "results", "Trả kết quả"))
    await catalogue.ServiceLine.insert(
        *(
            catalogue.ServiceLine(
                office=OFFICE, code=code, prefix=code, kind=kind, name_vi=name, name_en=name, expected_minutes=5.0,
                spread=0.5, first_number=1, last_number=999, fields=name, position=place,
            )
            for place, (code, kind, name) in enumerate(lines)
        )
    )  # fmt: skip
    await catalogue.Procedure.insert(
        *(
            catalogue.Procedure(
                office=OFFICE, code=code, name_vi=name, name_en="", field_vi=field, line=line, minutes=None,
                statutory_days=1, promised_days=None, fee_in_person_vnd=0, fee_online_vnd=0, required_documents="",
                short_info_vi="", folded=searchable(name),
            )
            for code, name, field, line in (
                (COPY, "Chứng thực bản sao", "Chứng thực", "A"),
                (BIRTH, "Đăng ký khai sinh", "Hộ tịch", "H"),
            )
        )
    )  # fmt: skip
    await catalogue.Counter.insert(
        *(
            catalogue.Counter(office=OFFICE, number=number, name_vi=f"Quầy {number}", name_en="", lines=served)
            for number, served in enumerate(("A\nT", "A\nH\nT", "H", ""), 1)
        )
    )
    await OfficerTable.insert(
        *(
            OfficerTable(office=OFFICE, username=name, full_name=name.capitalize(), role=role, lines="")
            for name, role in (
                ("dung", "officer"), ("trang", "officer"), ("son", "officer"),
                ("lan", "reception"), ("huong", "head"), ("kiem", "auditor"),
            )
        )
    )  # fmt: skip
    halves = [(0, 1440)] if around_the_clock else [MORNING, AFTERNOON]
    await catalogue.Hours.insert(
        *(
            catalogue.Hours(
                office=OFFICE, weekdays="1-7", opens=opens, closes=closes, valid_from=None, valid_until=None
            )
            for opens, closes in halves
        )
    )
    if shifts:
        await catalogue.Shift.insert(
            *(
                catalogue.Shift(
                    office=OFFICE, username=name, counter=number, weekdays="1-7", starts=480, ends=ends, every_weeks=1,
                    first_week=None, lines="",
                )
                for name, number, ends in (("dung", 1, 690), ("trang", 2, 1020))
            )
        )  # fmt: skip
    for key, value in {"may_choose": "dung;trang;reception", "numbers_from_home": 20, **settings}.items():
        await catalogue.Setting.insert(catalogue.Setting(office=OFFICE, key=key, value=str(value)))


async def officer(username: str) -> Officer:
    found = await people.officer_of(OFFICE, username)
    assert found is not None
    return found


async def seated(username: str, counter: int, *, also: bool = False) -> Officer:
    """An officer who sits down at a counter."""
    who = await officer(username)
    await desk.sit(who, counter, also=also)
    return who


async def issue(line: str = "A", **more: object) -> Ticket:
    """A walk-in's number."""
    return (await service.issue(OFFICE, service.Wanted(line=line, **more), "device:kiosk")).ticket  # type: ignore[arg-type]


async def from_home(line: str = "A", phone: str = "0912345678", **more: object) -> Ticket:
    """A number taken on a phone at home."""
    wanted = service.Wanted(line=line, **more)  # type: ignore[arg-type]
    return (await home.take(OFFICE, wanted, phone)).ticket


async def serve(who: Officer, line: str = "A") -> Ticket:
    """A walk-in's number, called to this officer's desk and served; nobody else may wait there."""
    ticket = await issue(line)
    called = await desk.call_next(who)
    assert called is not None
    assert called.id == ticket.id
    await desk.start(who, ticket.id)
    await visit.finish(who, ticket.id)
    return await now_is(ticket)


async def rate(ticket: Ticket, level: int = 3, source: rating.Source = "tablet") -> None:
    """What its holder says of a visit."""
    served = rating.Served(ticket.id, ticket.office, ticket.state, ticket.ended_seq, ticket.sample)
    await rating.rate(served, rating.Given(level=level, source=source), "citizen")


async def begin_practice() -> Officer:
    """The head has everybody practise."""
    huong = await officer("huong")
    await practice.begin(huong)
    return huong


async def now_is(ticket: Ticket) -> Ticket:
    """The ticket as it is stored now."""
    return await ticket_by_id(OFFICE, ticket.id)


async def ticket_in(state: str, who: Officer) -> Ticket:
    """A fresh ticket brought into a state by this officer's desk, which must be free; the queue must be empty."""
    ticket = await (from_home() if state == "coming" else issue())
    if state == "closed":
        held = {each.counter: each.officer for each in await desks(OFFICE) if each.officer}
        await head.end_day(await officer("huong"))
        for counter, username in held.items():
            await desk.sit(await officer(username), counter)
    elif state == "held":
        await hold.hold(await service.follow_token(ticket), 20)
    elif state == "withdrawn":
        await aside.withdraw(who, ticket.id)
    elif state not in ("waiting", "coming"):
        await desk.call_next(who)
        if state in ("serving", "parked", "served"):
            await desk.start(who, ticket.id)
        if state == "parked":
            await aside.park(who, ticket.id, "chụp thêm bản sao", None)
        elif state == "served":
            await visit.finish(who, ticket.id)
        elif state in ("missed", "no-show"):
            await desk.miss(who, ticket.id)
        if state == "no-show":
            await aside.no_show(who, ticket.id)
    found = await now_is(ticket)
    assert standing(found) == state
    return found


async def all_there_is() -> object:
    """The journal's number and every table of the queue: what a refusal leaves as it was."""
    return await head_seq(OFFICE), await stored(OFFICE)


@asynccontextmanager
async def for_nothing() -> AsyncIterator[None]:
    """What happens inside, in a transaction that is under way, has not happened afterwards."""
    try:
        async with savepoint():
            yield
            raise _Undone
    except _Undone:
        pass


async def outcome(deed: Awaitable[object]) -> str | None:
    """The code of a refusal that both languages have a sentence for, or None where it was done."""
    refused: Refusal | None = None
    try:
        await deed
    except Refusal as refusal:
        refused = refusal
    if refused is None:
        return None
    told = {refused.sentence("vi"), refused.sentence("en")}
    assert len(told) == 2
    assert all(sentence and "{" not in sentence for sentence in told)
    assert 400 <= STATUS[refused.code] < 500
    return refused.code


async def label_of_next(who: str, counter: int | None = None) -> str | None:
    """Whom this officer would call now; nobody is called."""
    async with for_nothing():
        called = await desk.call_next(await officer(who), counter)
        return called.label if called else None
    raise AssertionError


class _Undone(Exception):
    pass
