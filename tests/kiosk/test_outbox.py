"""What survives a power cut: no number twice, nothing acknowledged lost."""

import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from kiosk.outbox import Exhausted, Outbox, OutboxInUse
from server import wire
from tests.kiosk.stand_ins import config

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
DAY = date(2026, 11, 23)
RANGE = wire.NumberRange(line="A", first=901, last=950)


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    """A fresh file."""
    box = Outbox(tmp_path / "outbox.sqlite3")
    yield box
    box.close()


class Outages(RuleBasedStateMachine):
    """Touches, restarts, days and hand-ins in any order."""

    tickets: Bundle[str] = Bundle("tickets")

    @initialize()
    def begin(self) -> None:
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "outbox.sqlite3"
        self.box = Outbox(self.path)
        self.day = DAY
        self.given: dict[str, tuple[date, int]] = {}
        self.handed: set[str] = set()
        self.touches = 0

    @rule(target=tickets)
    def touch(self) -> str:
        self.touches += 1
        ticket = f"touch-{self.touches:04}"
        number = self.box.issue(ticket, "A", None, RANGE, self.day, NOW).number
        assert (self.day, number) not in self.given.values()
        self.given[ticket] = (self.day, number)
        return ticket

    @rule(ticket=tickets)
    def touch_again(self, ticket: str) -> None:
        assert self.box.issue(ticket, "A", None, RANGE, self.day, NOW).number == self.given[ticket][1]

    @rule(ticket=tickets)
    def hand_in(self, ticket: str) -> None:
        self.box.handed_in(ticket, f"token-{ticket}")
        self.handed.add(ticket)

    @rule()
    def restart(self) -> None:
        self.box.close()
        self.box = Outbox(self.path)

    @rule(days=st.sampled_from([-1, 1]))
    def day_changes(self, days: int) -> None:
        self.day += timedelta(days=days)

    @invariant()
    def everything_not_handed_in_still_waits(self) -> None:
        waiting = {one.ticket.id for one in self.box.waiting(10_000)}
        assert waiting == set(self.given) - self.handed

    def teardown(self) -> None:
        if hasattr(self, "box"):
            self.box.close()
            self.folder.cleanup()


TestOutages = Outages.TestCase
TestOutages.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)

CHILD = """
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from kiosk.outbox import Outbox
from server.codes import new_id
from server.wire import NumberRange
box = Outbox(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    numbers = NumberRange(line="A", first=1, last=99999)
    ticket = box.issue(new_id(), "A", None, numbers, date(2026, 11, 23), datetime.now(UTC))
    print(ticket.id, ticket.number, flush=True)
"""


def test_kill_9_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Whatever a killed kiosk had given out is known after the restart, and no number is given out again."""
    path = tmp_path / "outbox.sqlite3"
    acknowledged: dict[str, int] = {}
    dice = random.Random(7)
    for _ in range(5):
        with subprocess.Popen([sys.executable, "-c", CHILD, str(path)], stdout=subprocess.PIPE, text=True) as kiosk:
            assert kiosk.stdout is not None
            assert kiosk.stdout.readline() == "ready\n"
            for _ in range(dice.randrange(1, 12)):
                ticket, number = kiosk.stdout.readline().split()
                acknowledged[ticket] = int(number)
            kiosk.kill()
            for row in kiosk.stdout:  # what it said just before it died
                if row.endswith("\n"):
                    ticket, number = row.split()
                    acknowledged[ticket] = int(number)
    box = Outbox(path)
    kept = {one.ticket.id: one.ticket.number for one in box.waiting(100_000)}
    box.close()
    assert len(acknowledged) >= 5
    assert acknowledged.items() <= kept.items()
    assert len(set(kept.values())) == len(kept)


def test_a_used_up_range_gives_nothing_and_spends_nothing(outbox: Outbox) -> None:
    """Past the last number there is a refusal, and the touch is still an open attempt."""
    two = wire.NumberRange(line="A", first=901, last=902)
    body = wire.KioskTicketRequest(line="A")
    for place in (1, 2):
        outbox.issue(f"touch-000{place}", "A", None, two, DAY, NOW)
    outbox.begin("touch-0003", body, NOW)
    with pytest.raises(Exhausted):
        outbox.issue("touch-0003", "A", None, two, DAY, NOW)
    assert [one.id for one in outbox.attempts(NOW + timedelta(seconds=1))] == ["touch-0003"]
    assert outbox.counts().queued == 2


def test_lines_and_days_have_numbers_of_their_own(outbox: Outbox) -> None:
    """Each line of each day starts at the beginning of its range."""
    other = wire.NumberRange(line="H", first=701, last=750)
    tomorrow = DAY + timedelta(days=1)
    numbers = [
        outbox.issue("touch-0001", "A", None, RANGE, DAY, NOW).number,
        outbox.issue("touch-0002", "A", None, RANGE, DAY, NOW).number,
        outbox.issue("touch-0003", "H", None, other, DAY, NOW).number,
        outbox.issue("touch-0004", "A", None, RANGE, tomorrow, NOW).number,
    ]
    assert numbers == [901, 902, 701, 901]


def test_a_range_that_moved_and_came_back_repeats_nothing(outbox: Outbox) -> None:
    """Numbers spent before the server moved the range stay spent when it moves back."""
    moved = wire.NumberRange(line="A", first=951, last=999)
    ranges = [RANGE, moved, RANGE]
    numbers = [outbox.issue(f"touch-000{n}", "A", None, r, DAY, NOW).number for n, r in enumerate(ranges)]
    assert numbers == [901, 951, 902]


def test_an_offline_ticket_ends_its_attempt(outbox: Outbox) -> None:
    """A touch that became an offline ticket is not given back as abandoned as well."""
    outbox.begin("touch-0001", wire.KioskTicketRequest(line="A", klass="elderly75"), NOW)
    assert outbox.attempts(NOW + timedelta(seconds=1))[0].body.klass == "elderly75"
    outbox.issue("touch-0001", "A", "elderly75", RANGE, DAY, NOW)
    assert outbox.attempts(NOW + timedelta(days=1)) == []


@pytest.mark.parametrize("order", ["given back, handed in", "handed in, given back"])
def test_an_offline_number_given_back_is_given_back_on_the_server(outbox: Outbox, order: str) -> None:
    """Whether the number was returned before or after the server knew it, the server hears of it once."""
    outbox.issue("touch-0001", "A", None, RANGE, DAY, NOW)
    for step in order.split(", "):
        if step == "given back":
            outbox.give_back_offline("touch-0001")
        else:
            outbox.handed_in("touch-0001", "TOKEN")
    assert outbox.to_give_back() == ["TOKEN"]
    outbox.given_back("TOKEN")
    assert outbox.to_give_back() == []


def test_two_kiosks_cannot_share_a_file(outbox: Outbox, tmp_path: Path) -> None:
    """A second process would give the same numbers: it is turned away."""
    with pytest.raises(OutboxInUse):
        Outbox(tmp_path / "outbox.sqlite3")


def test_the_config_comes_back_as_it_was_told(outbox: Outbox) -> None:
    """A kiosk that starts without a server knows its office from the last time."""
    assert outbox.config() is None
    told = config()
    outbox.save_config(told, NOW)
    known = outbox.config()
    assert known is not None
    assert wire.encode(known[0]) == wire.encode(told)
    assert known[1] == NOW


@given(text=st.text(max_size=60))
@settings(max_examples=20, deadline=None)
def test_a_config_of_another_version_is_forgotten_not_fatal(text: str) -> None:
    """Bytes that are no config any more do not stop the kiosk from starting."""
    import sqlite3
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "outbox.sqlite3"
        Outbox(path).close()
        with sqlite3.connect(path) as db:
            db.execute("INSERT INTO config VALUES (1, ?, ?)", (NOW.isoformat(), text.encode()))
        db.close()
        box = Outbox(path)
        assert box.config() is None
        box.close()


def test_a_practice_number_stays_one(outbox: Outbox) -> None:
    """What the paper said is what is handed in, whatever the office does by then."""
    given = outbox.issue("touch-0001", "A", None, RANGE, DAY, NOW, sample=True)
    outbox.issue("touch-0002", "A", None, RANGE, DAY, NOW)
    assert given.sample
    assert [one.ticket.sample for one in outbox.waiting()] == [True, False]
    assert outbox.find("touch-0001") == given


def test_a_file_from_before_offices_practised_is_taken_over(tmp_path: Path) -> None:
    """The tickets in it were real, and are handed in as such."""
    import sqlite3

    path = tmp_path / "outbox.sqlite3"
    box = Outbox(path)
    box.issue("touch-0001", "A", None, RANGE, DAY, NOW)
    box.close()
    with sqlite3.connect(path) as db:
        db.execute("ALTER TABLE ticket DROP COLUMN sample")
    db.close()
    box = Outbox(path)
    assert [one.ticket.sample for one in box.waiting()] == [False]
    assert box.issue("touch-0002", "A", None, RANGE, DAY, NOW, sample=True).sample
    box.close()
