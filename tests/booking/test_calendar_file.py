"""The calendar file, read back by another library than the one that wrote it."""

from datetime import UTC, datetime, timedelta

import pytest
import vobject

from server.booking.calendar_file import Entry, calendar_file
from server.booking.rules_states import Stage

NOW = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
START = datetime(2026, 11, 25, 2, 15, tzinfo=UTC)


def written(stage: Stage = "confirmed", sequence: int = 0, start: datetime = START) -> bytes:
    entry = Entry(
        reference="K7QF3M2P9XWD", stage=stage, sequence=sequence, start=start, end=start + timedelta(minutes=30),
        office="Phường Bồ Đề", place="Số 1 phố Mẫu, Hà Nội; tầng 1", url="https://motcua.example/a/K7QF3M2P9XWD",
        procedures=["Đăng ký khai sinh " + "rất dài " * 40], documents=["Giấy chứng sinh", "Căn cước; bản sao"],
    )  # fmt: skip
    return calendar_file(entry, NOW, "vi")


def read(content: bytes) -> vobject.base.Component:
    return vobject.readOne(content.decode())


def test_another_library_reads_what_was_written() -> None:
    """Instants, place, words with their accents and signs, the link and a reminder all come through."""
    calendar = read(written())
    event = calendar.vevent
    assert calendar.method.value == "PUBLISH"
    assert (event.dtstart.value, event.dtend.value) == (START, START + timedelta(minutes=30))
    assert event.location.value == "Phường Bồ Đề, Số 1 phố Mẫu, Hà Nội; tầng 1"
    assert event.summary.value == "Hẹn tại Phường Bồ Đề"
    assert "Mã hẹn: K7QF-3M2P-9XWD" in event.description.value.split("\n")
    assert "Mang theo: Giấy chứng sinh; Căn cước; bản sao" in event.description.value.split("\n")
    assert event.url.value == "https://motcua.example/a/K7QF3M2P9XWD"
    assert event.valarm.trigger.value == -timedelta(hours=2)


def test_lines_are_folded_and_ended_as_the_format_asks() -> None:
    """No line is longer than 75 octets, each ends in CRLF, and no sign is torn apart."""
    content = written()
    assert content.endswith(b"\r\n")
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert "rất dài" in read(content).vevent.description.value


@pytest.mark.parametrize(
    ("stage", "method", "status"),
    [("confirmed", "PUBLISH", "CONFIRMED"), ("held", "PUBLISH", "TENTATIVE"), ("cancelled", "CANCEL", "CANCELLED")],
)
def test_a_cancelled_appointment_takes_itself_off_the_calendar(stage: Stage, method: str, status: str) -> None:
    """The method and the status say whether it stands; a cancellation rings no alarm."""
    calendar = read(written(stage))
    assert (calendar.method.value, calendar.vevent.status.value) == (method, status)
    assert hasattr(calendar.vevent, "valarm") == (method == "PUBLISH")


def test_a_change_is_a_later_version_of_the_same_entry() -> None:
    """The identity stays, the version grows: calendars move the entry instead of adding one."""
    first = read(written()).vevent
    second = read(written(sequence=1, start=START + timedelta(days=1))).vevent
    assert first.uid.value == second.uid.value == "K7QF3M2P9XWD@motcua.example"
    assert (first.sequence.value, second.sequence.value) == ("0", "1")
