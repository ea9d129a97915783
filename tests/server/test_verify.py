"""`motcua journal verify`: whatever is changed in a journal behind the server's back is found, and where."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from server.db import Database, transaction
from server.journal.append import chained, office_change
from server.journal.frames import head_seq
from server.journal.replay import events, first_bad
from tests.server.support import OFFICE, Clock, House, act, call, take


class Undone(Exception):
    """Ends a transaction without keeping it."""


@asynccontextmanager
async def tampered(database: Database, statement: str) -> AsyncIterator[None]:
    """The database with something changed behind the server's back, for a moment."""
    try:
        async with transaction():
            await database.engine.fetch(statement)
            yield
            raise Undone
    except Undone:
        pass


@pytest.fixture
async def told(house: House, clock: Clock) -> Database:
    """A journal with a morning in it."""
    kiosk, desk = await house.device(), await house.officer(counter=2)
    for _ in range(2):
        await take(kiosk)
        clock.forward(seconds=7, milliseconds=3)
        ticket = await call(desk)
        await act(desk, ticket, "start")
        await act(desk, ticket, "finish")
    async with office_change(OFFICE, "system") as change:
        change.append("office.announced", {"notice": "incident"})
    assert await first_bad(OFFICE) is None
    return house.database


def text(column: str) -> str:
    """SQL that changes one sign in the middle of a column."""
    middle = f"(length({column}) / 2)"
    sign = f"substr({column}, {middle}, 1)"
    other = f"CASE {sign} WHEN '0' THEN '1' ELSE '0' END"
    return f"substr({column}, 1, {middle} - 1) || {other} || substr({column}, {middle} + 1)"


async def test_any_change_of_an_event_is_found(told: Database) -> None:
    """One sign of any column of any event, a missing one, one more: verify names the first that is not right."""
    last = await head_seq(OFFICE)
    instants = {
        "sqlite": ["replace(at, '02:00', '02:01')", "'nonsense'", "at || ' '"],
        "postgres": ["at + interval '1 microsecond'", "at - interval '1 day'"],
    }
    for seq in (1, last // 2, last):
        changes = [f"{column} = {text(column)}" for column in ("office", "kind", "actor", "body", "hash")]
        changes += [f"at = {instant}" for instant in instants[told.kind]]
        changes += ["seq = seq + 1000", "seq = -seq"]
        for change in changes:
            async with tampered(told, f"UPDATE event SET {change} WHERE seq = {seq}"):
                assert await first_bad(OFFICE) == seq, change
        async with tampered(told, f"DELETE FROM event WHERE seq = {seq}"):
            assert await first_bad(OFFICE) == seq
    columns = "seq + 1, office, at, kind, actor, body, hash"
    copy = f"SELECT 'x', {columns} FROM event WHERE seq = {last}"
    async with tampered(told, f"INSERT INTO event (id, seq, office, at, kind, actor, body, hash) {copy}"):
        assert await first_bad(OFFICE) == last + 1
    assert await first_bad(OFFICE) is None


async def test_any_change_of_the_head_is_found(told: Database) -> None:
    """The head's number, hash and day are what the events say; a head that is gone is no head of these events."""
    last = await head_seq(OFFICE)
    for change, bad in (
        ("seq = seq - 1", last),
        ("seq = seq + 1", last + 1),
        (f"hash = {text('hash')}", last),
        ("day = '2026-11-24'", last),
        ("day = NULL", last),
        ("day_seq = 2", last),
    ):
        async with tampered(told, f"UPDATE journal SET {change}"):
            assert await first_bad(OFFICE) == bad, change
    async with tampered(told, "DELETE FROM journal"):
        assert await first_bad(OFFICE) == 1


async def test_a_journal_rewritten_from_the_middle_is_found(told: Database) -> None:
    """Who changes an event and takes all later hashes anew still does not have the head's."""
    last = await head_seq(OFFICE)
    async with transaction():
        previous = ""
        async for event in events(OFFICE):
            body = event.body.replace('"A"', '"H"') if event.seq == last // 2 else event.body
            previous = chained(previous, OFFICE, event.seq, event.at, event.kind, event.actor, body)
            quoted = body.replace("'", "''")
            await told.engine.fetch(f"UPDATE event SET body = '{quoted}', hash = '{previous}' WHERE seq = {event.seq}")
    assert await first_bad(OFFICE) == last


async def verify(url: str, office: str = OFFICE) -> tuple[int, str]:
    """What the command says, and its exit code."""
    command = [sys.executable, "-m", "server.cli", "journal", "verify", office]
    pipe = asyncio.subprocess.PIPE
    ran = await asyncio.create_subprocess_exec(
        *command, env=os.environ | {"MOTCUA_DATABASE": url}, stdout=pipe, stderr=pipe
    )
    said = b"".join(await ran.communicate()).decode()
    assert ran.returncode is not None
    return ran.returncode, said


async def test_the_command_says_where_and_exits_with_1(told: Database) -> None:
    """Exit 0 and a word when all is well; 1 and the number where the chain breaks, or where there is no office."""
    assert await verify(told.url) == (0, f"{OFFICE}: the chain holds\n")
    await told.engine.fetch(f"UPDATE event SET actor = {text('actor')} WHERE seq = 3")
    code, said = await verify(told.url)
    assert (code, "3" in said) == (1, True)
    code, said = await verify(told.url, "khong-co")
    assert (code, "no-such-office" in said) == (1, True)
