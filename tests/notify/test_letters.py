"""What messages say, in both languages: when, where, what to bring, and how to change it. Nothing that was typed."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from msgspec import structs

from server.booking.calendar_file import Entry
from server.notify.letters import code_letter, letter_of
from server.notify.rules import Kind
from server.phrases import Language
from tests.notify.test_rules import message

START = datetime(2026, 11, 25, 2, 15, tzinfo=UTC)
ZONE = "Asia/Ho_Chi_Minh"
LINK = "https://motcua.example/a/K7QF3M2P9XWD?k=TOKEN"

ENTRY = Entry(
    reference="K7QF3M2P9XWD", stage="confirmed", sequence=0, start=START, end=START + timedelta(minutes=30),
    office="Phường Bồ Đề", place="Số 1 phố Mẫu", procedures=["Đăng ký khai sinh"],
    documents=["Giấy chứng sinh", "Căn cước"], url="https://motcua.example/a/K7QF3M2P9XWD",
)  # fmt: skip


def test_a_confirmation_in_vietnamese() -> None:
    """When, where, what for, what to bring, and the way to change it, politely and by the office's clock."""
    letter = letter_of(message("confirmed"), "hoa@thu.example", ENTRY, ZONE, LINK)
    assert letter.subject == "Đã đặt hẹn 09:15, thứ Tư, 25/11/2026 tại Phường Bồ Đề"
    assert letter.text.split("\n\n") == [
        "Kính gửi ông/bà,",
        "Lịch hẹn của ông/bà tại Phường Bồ Đề đã được xác nhận.",
        "Thời gian: 09:15, thứ Tư, 25/11/2026\nĐịa điểm: Phường Bồ Đề, Số 1 phố Mẫu\n"
        "Thủ tục: Đăng ký khai sinh\nMã hẹn: K7QF-3M2P-9XWD",
        "Mang theo:\n- Giấy chứng sinh\n- Căn cước",
        "Mời ông/bà đến trước giờ hẹn 10 phút",
        f"Xem lại, đổi hoặc hủy hẹn: {LINK}",
        "Thư này được gửi tự động, xin không trả lời. Nếu không phải ông/bà đặt hẹn, xin bỏ qua thư này.\n",
    ]


def test_a_cancellation_in_english() -> None:
    """It says what is over and where to book again, and asks nobody to bring anything."""
    entry = structs.replace(ENTRY, stage="cancelled")
    letter = letter_of(message("cancelled", language="en"), "a@b.example", entry, ZONE, "https://motcua.example/")
    assert letter.subject == "Cancelled: 09:15, Wednesday, 25/11/2026, Phường Bồ Đề"
    assert "Book another time: https://motcua.example/" in letter.text
    assert "bring" not in letter.text
    assert "early" not in letter.text


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("kind", [kind for kind in get_args(Kind) if kind not in ("code", "called")])
def test_every_message_says_when_and_where(kind: Kind, language: Language) -> None:
    """Long and short form of each kind in each language name the office, the time and the link, and fit a telephone."""
    letter = letter_of(message(kind, language=language), "a@b.example", ENTRY, ZONE, LINK, START)
    for text in (letter.text, letter.short):
        for fact in ("Phường Bồ Đề", "09:15", "25/11/2026", LINK):
            assert fact in text
        assert "{" not in text
    assert "09:15" in letter.subject
    assert len(letter.short) <= 268, "four parts of an SMS with accents"
    assert (letter.entry is None) == (kind in ("reminder", "offered"))


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_code_says_where_for_and_until_when_and_leads_nowhere(language: Language) -> None:
    """Short and long form name the office, the code and its end; a link or an entry in a calendar it has not."""
    letter = code_letter(message("code", language=language), "a@b.example", "Phường Bồ Đề", "042137", "09:25")
    for text in (letter.text, letter.short):
        for fact in ("Phường Bồ Đề", "042137", "09:25"):
            assert fact in text
        assert "http" not in text
        assert "{" not in text
    assert letter.subject.endswith("042137")
    assert len(letter.short) <= 134, "two parts of an SMS with accents"
    assert letter.entry is None


def test_the_office_s_clock_counts() -> None:
    """The same instant is told by the clock on the office's own wall."""
    letter = letter_of(message("reminder"), "a@b.example", ENTRY, "Pacific/Auckland", LINK)
    assert (letter.values["time"], letter.values["date"]) == ("15:15", "thứ Tư, 25/11/2026")
    letter = letter_of(message("reminder"), "a@b.example", ENTRY, "America/Los_Angeles", LINK)
    assert (letter.values["time"], letter.values["date"]) == ("18:15", "thứ Ba, 24/11/2026")
