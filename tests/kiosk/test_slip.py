"""What the paper says, in both languages, with and without the server."""

from datetime import UTC, datetime

import pytest

from kiosk.slip import Given, given_offline, given_online, sample_slip, slip_of
from server import wire
from tests.kiosk.stand_ins import Office, config

CONFIG = config()
AT = datetime(2026, 11, 23, 1, 47, tzinfo=UTC)


def issued(**more: object) -> wire.IssuedTicket:
    """A ticket as the server sends it."""
    ticket = Office().ticket("H", "touch-0001")
    ticket.issued_at = AT
    for name, value in more.items():
        setattr(ticket, name, value)
    return ticket


def everything(given: Given, reprint: bool = False) -> str:
    """All text of a slip, one sentence a line."""
    slip = slip_of(given, CONFIG, reprint)
    below = [f"{bold} {rest}".strip() for bold, rest in slip.below]
    asides = [text for text, _ in slip.aside]
    return "\n".join([slip.mark or "", slip.office, slip.line, slip.number, *slip.strong, *slip.small, *asides, *below])


def test_a_ticket_in_vietnamese_says_what_screens_md_asks_for() -> None:
    """Office, line, number, people ahead, wait, time, look-up code, missed turn, papers and hotline."""
    ticket = issued(ahead=4, wait=wire.Wait(p50=15, p90=25), follow_token="7K4M2QX9ABCD")
    assert everything(given_online(ticket, CONFIG, "vi")).splitlines() == [
        "",
        "Điểm phục vụ hành chính công · Phường Bồ Đề",
        "Hộ tịch",
        "H001",
        "Trước ông/bà còn 4 người",
        "Dự kiến chờ 15–25 phút",
        "có thể thay đổi vì người ưu tiên và người có hẹn",
        "Lấy số lúc 08:47 ngày 23/11/2026",
        "Theo dõi trên điện thoại",
        "Mã tra cứu: 7K4M-2QX9-ABCD",
        "Nếu lỡ lượt, mời ông/bà đưa phiếu cho cán bộ hướng dẫn, không cần lấy số mới.",
        "Mang theo: giấy chứng sinh (bản chính)",
        "Cần hỗ trợ, gọi 024 0000 0000",
    ]


def test_a_ticket_in_english_speaks_english() -> None:
    """Whoever chose English gets the line's and the office's English names, too."""
    text = everything(given_online(issued(), CONFIG, "en"))
    assert "Civil status" in text
    assert "Bồ Đề ward" in text
    assert "6 people ahead of you" in text


@pytest.mark.parametrize(
    ("ahead", "wait", "said"),
    [
        (0, wire.Wait(p50=0, p90=5), ["Ông/bà là người tiếp theo"]),
        (3, None, ["Trước ông/bà còn 3 người"]),
        (3, wire.Wait(p50=5, p90=5), ["Trước ông/bà còn 3 người", "Dự kiến chờ khoảng 5 phút"]),
    ],
)
def test_the_wait_is_said_only_as_far_as_it_is_known(ahead: int, wait: wire.Wait | None, said: list[str]) -> None:
    """Nobody ahead needs no range, an unknown wait is left out, and a range of one figure is not written as two."""
    assert list(slip_of(given_online(issued(ahead=ahead, wait=wait), CONFIG, "vi"), CONFIG).strong) == said


def test_an_offline_slip_promises_nothing_it_cannot_keep() -> None:
    """No wait, no link, no code; it says to watch the display, and that the number is valid."""
    ticket = wire.OfflineTicket(id="touch-0001", line="HD", number=7, issued_at=AT)
    given = given_offline(ticket, CONFIG.lines[-1], "vi")
    slip = slip_of(given, CONFIG)
    text = everything(given)
    assert (given.number, slip.qr, slip.strong) == ("Q007", None, [])
    assert "số này vẫn có hiệu lực" in text
    assert "Mã tra cứu" not in text


def test_a_reprint_and_a_sample_are_marked() -> None:
    """A second paper of a number, and one that is worth nothing, cannot pass for a first one."""
    given = given_online(issued(), CONFIG, "vi")
    practised = given_online(issued(sample=True), CONFIG, "vi")
    assert slip_of(given, CONFIG).mark is None
    assert slip_of(given, CONFIG, reprint=True).mark == "IN LẠI"
    assert slip_of(practised, CONFIG).mark == "PHIẾU THỬ – KHÔNG CÓ GIÁ TRỊ"
    assert slip_of(practised, CONFIG, reprint=True).mark == "PHIẾU THỬ – KHÔNG CÓ GIÁ TRỊ · IN LẠI"
    # A real number taken a moment after practice, before this kiosk has heard of its end.
    assert slip_of(given, config(sample=True)).mark is None
    sample = sample_slip("https://motcua.example.vn", AT)
    assert sample.mark == "PHIẾU THỬ – KHÔNG CÓ GIÁ TRỊ"


def test_a_printer_without_pictures_gets_ascii() -> None:
    """What goes to a serial printer as text has no letter that its code page may lack."""
    plain = slip_of(given_online(issued(label="Đ012"), CONFIG, "vi"), CONFIG, reprint=True).plain
    assert list(plain) == ["D012", "08:47 23/11/2026", "IN LAI"]
