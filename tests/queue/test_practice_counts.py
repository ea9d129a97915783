"""Nothing practised is counted: not in a day's figures, ratings, learned service times, nor among graded promises."""

import msgspec
import pytest

from server.db import Database
from server.queue import desk, experience, office_view, practice, service, visit
from server.queue.board import board
from server.queue.desk_view import desk_view
from server.queue.forecasting import Forecaster
from server.queue.hall import load_hall, load_setting
from server.queue.outlook import LineTimes
from server.queue.views import issued_ticket, tablet_view
from server.rating.tables import Rating
from server.wire import BoardRatings
from tests.queue.office import OFFICE, begin_practice, issue, now_is, officer, open_office, rate, seated, serve
from tests.server.journalled import applied, snapshot
from tests.server.support import Clock

NOBODY = BoardRatings(served=0, answered=0, satisfied=0)


async def test_nothing_practised_is_counted(database: Database, clock: Clock, forecaster: Forecaster) -> None:
    """Served, left, chosen, given, rated, announced: after a practice all figures are those of the real morning."""
    await open_office(max_calls=1)
    dung, huong = await seated("dung", 1), await officer("huong")
    await rate(await serve(dung), 1)
    gone = await issue()
    await desk.call_next(dung)
    await desk.miss(dung, gone.id)
    real = await office_view.hall_view(huong, "vi", forecaster)
    assert (real.served_today, real.left_today, sum(real.arrivals), real.practice) == (1, 1, 2, False)

    await practice.begin(huong)
    during = await office_view.hall_view(huong, "vi", forecaster)
    assert (during.served_today, during.left_today, sum(during.arrivals), during.practice) == (0, 0, 0, True)
    for _ in range(3):
        clock.forward(minutes=7)
        issued = await service.issue(OFFICE, service.Wanted(line="A"), "device:kiosk")
        await issued_ticket(issued, "https://motcua.example", "vi", forecaster)
        await desk.call_next(dung)
        await desk.start(dung, issued.ticket.id)
        clock.forward(minutes=7)
        await visit.finish(dung, issued.ticket.id)
        await rate(await now_is(issued.ticket))
    chosen = await issue("T")
    await desk.call_chosen(dung, chosen.id, "thử")
    await desk.miss(dung, chosen.id)
    during = await office_view.hall_view(huong, "vi", forecaster)
    assert (during.served_today, during.left_today, during.chosen_today, sum(during.arrivals)) == (3, 1, 1, 4)
    assert (await desk_view(dung, "vi")).served_today == 3
    assert (await board(OFFICE))[1].ratings == BoardRatings(served=3, answered=3, satisfied=3)
    assert len(await office_view.reception_tickets(OFFICE, None, None, "vi")) == 4

    await practice.end(huong)
    after = await office_view.hall_view(huong, "vi", forecaster)
    assert msgspec.structs.replace(after, seq=real.seq, as_of=real.as_of, lines=real.lines) == real
    assert (await desk_view(dung, "vi")).served_today == 1
    assert (await board(OFFICE))[1].ratings == NOBODY
    assert (await tablet_view(OFFICE, 1, "vi")).ticket is None
    assert [one.label for one in await office_view.reception_tickets(OFFICE, None, None, "vi")] == ["A002", "A001"]
    assert [one.label for one in await office_view.missed_tickets(OFFICE, "vi")] == ["A002"]
    assert [row["sample"] for row in await Rating.select(Rating.sample).order_by(Rating.given_at)] == [
        False, True, True, True,
    ]  # fmt: skip


async def test_service_times_are_not_learned_from_practice(database: Database, clock: Clock) -> None:
    """Neither the same day nor the day after; and practice begins with what was learned in earnest."""
    await open_office()
    dung = await seated("dung", 1)
    for _ in range(4):
        ticket = await issue()
        await desk.call_next(dung)
        await desk.start(dung, ticket.id)
        clock.forward(minutes=10)
        await visit.finish(dung, ticket.id)
    clock.local(9, 0, days=1)

    async def believed() -> dict[str, LineTimes]:
        setting = await load_setting(OFFICE)
        today = clock.now().date()
        hall = await load_hall(setting, clock.now())
        return (await experience.learned(setting, hall, today, clock.now())).times

    await seated("dung", 1)
    before = await believed()
    assert before["A"].mean_minutes > 6  # expected were 5
    huong = await begin_practice()
    assert await believed() == before
    for _ in range(10):
        ticket = await issue()
        await desk.call_next(dung)
        await desk.start(dung, ticket.id)
        clock.forward(seconds=30)
        await visit.finish(dung, ticket.id)
    assert (await believed())["A"].mean_minutes < before["A"].mean_minutes
    await practice.end(huong)
    assert await believed() == before
    setting, today = await load_setting(OFFICE), clock.now().date()
    assert await experience.newcomers_of(setting, today, clock.now()) == []
    clock.local(9, 0, days=1)
    assert (await believed())["A"].mean_minutes == pytest.approx(before["A"].mean_minutes, rel=0.02)


async def test_promises_made_in_practice_are_not_graded(
    database: Database, clock: Clock, forecaster: Forecaster
) -> None:
    """The head reads how true the waits were that real people were told, and nothing else."""
    await open_office()
    dung = await seated("dung", 1)
    huong = await begin_practice()
    await issue()
    issued = await service.issue(OFFICE, service.Wanted(line="A"), "device:kiosk")
    told = await issued_ticket(issued, "https://motcua.example", "vi", forecaster)
    assert told.sample
    assert told.wait is not None
    for _ in range(2):
        called = await desk.call_next(dung)
        assert called is not None
        await desk.start(dung, called.id)
        await visit.finish(dung, called.id)
    today = clock.now().date()
    during = (await experience.truth(await load_setting(OFFICE), today)).ours
    assert during is not None
    assert during.count == 1
    await practice.end(huong)
    assert (await experience.truth(await load_setting(OFFICE), today)).ours is None


async def test_a_rating_that_comes_late_moves_no_wall(database: Database, clock: Clock) -> None:
    """Of a practised visit after practice, of a real one during it: both are kept, and no figure on a wall moves."""
    await open_office()
    dung = await seated("dung", 1)
    real = await serve(dung)
    huong = await begin_practice()
    practised = await serve(dung)
    before = await snapshot(OFFICE)
    await rate(real, source="phone")
    after, _ = await applied(OFFICE, before)
    assert after.state == before.state
    assert after == await snapshot(OFFICE)
    await practice.end(huong)
    before = await snapshot(OFFICE)
    await rate(practised, source="phone")
    after, _ = await applied(OFFICE, before)
    assert after.state == before.state
    assert after == await snapshot(OFFICE)
