"""The paper: what the eye and a phone's camera must find on it, on both widths."""

from dataclasses import replace

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from kiosk.layout import DOTS_PER_MM, LONGEST, NUMBER_HEIGHT, WIDTHS, Slip, draw, printable

LINK = "https://motcua.example.vn/t/7K4M2QX9ABCD"
SLIP = Slip(
    office="Điểm phục vụ hành chính công · Phường Bồ Đề",
    line="Hộ tịch",
    number="H014",
    strong=["Trước ông/bà còn 4 người", "Dự kiến chờ 15–25 phút"],
    small=["có thể thay đổi vì người ưu tiên và người có hẹn", "Lấy số lúc 08:47 ngày 23/11/2026"],
    qr=LINK,
    aside=[
        ("Theo dõi trên điện thoại", True),
        ("Mã tra cứu: 7K4M-2QX9-ABCD", False),
        ("Nếu lỡ lượt, mời ông/bà đưa phiếu cho cán bộ hướng dẫn, không cần lấy số mới.", False),
    ],
    below=[
        ("Mang theo:", "giấy chứng sinh (bản chính); căn cước của cha hoặc mẹ"),
        ("", "Cần hỗ trợ, gọi 024 0000 0000"),
    ],
)
both_widths = pytest.mark.parametrize("width", sorted(WIDTHS.values()))
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=200)


def ink(image: Image.Image) -> tuple[int, int, int, int]:
    """The smallest box around all black dots."""
    box = ImageChops.invert(image.convert("L")).getbbox()
    assert box is not None
    return box


def edges_are_white(image: Image.Image) -> bool:
    """Whether no dot touches the left or right edge: nothing was cut there."""
    left = image.crop((0, 0, 2, image.height)).getextrema()
    right = image.crop((image.width - 2, 0, image.width, image.height)).getextrema()
    return left == right == (255, 255)


@both_widths
def test_the_paper_is_one_bit_at_full_width_and_90_mm_at_most(width: int) -> None:
    """What goes to the head needs no scaling and no dithering, and a roll lasts."""
    image = draw(SLIP, width)
    assert (image.mode, image.width) == ("1", width)
    assert image.height <= LONGEST == 90 * DOTS_PER_MM


@both_widths
def test_a_phone_reads_the_link_from_the_printed_bitmap(width: int) -> None:
    """An independent reader finds exactly the follow URL, as printed and as photographed a little blurred."""
    image = draw(SLIP, width)
    assert [found.text for found in zxingcpp.read_barcodes(image.convert("L"))] == [LINK]
    photo = image.convert("L").resize((int(width * 0.8), int(image.height * 0.8)), Image.Resampling.BILINEAR)
    assert [found.text for found in zxingcpp.read_barcodes(photo.rotate(3, fillcolor=255))] == [LINK]


@both_widths
@pytest.mark.parametrize("number", ["H014", "A901", "1", "Q1234"])
def test_the_number_is_25_mm_high(width: int, number: str) -> None:
    """However narrow the paper, the digits keep their height: they are squeezed, not shrunk."""
    image = draw(Slip(office="", line="", number=number), width)
    top, bottom = ink(image)[1], ink(image)[3]
    assert NUMBER_HEIGHT - 1 <= bottom - top <= NUMBER_HEIGHT * 1.04  # round digits reach a little beyond


@both_widths
def test_a_name_of_900_characters_is_shortened_never_cut(width: int) -> None:
    """The longest official names, with or without a place to break, stay inside the paper and the 90 mm."""
    for name in ("Thủ tục " * 113, "x" * 900, "Ế" * 900, "Điều-kiện/không_dấu-cách" * 38):
        slip = replace(SLIP, line=name, office=name, below=[("Mang theo:", name), ("", name)], strong=[name], mark=name)
        image = draw(slip, width)
        assert edges_are_white(image)
        assert image.height <= LONGEST
        assert [found.text for found in zxingcpp.read_barcodes(image.convert("L"))] == [LINK]


@given(
    office=texts, line=texts, number=st.text(min_size=1, max_size=12), aside=texts, width=st.sampled_from([384, 576])
)
@settings(max_examples=40, deadline=None)
def test_no_text_whatsoever_runs_over_the_edge(office: str, line: str, number: str, aside: str, width: int) -> None:
    """Any Unicode in any place gives a slip that is inside its paper."""
    image = draw(Slip(office, line, number, strong=[line], aside=[(aside, True)], below=[(office, aside)]), width)
    assert edges_are_white(image)
    assert image.height <= LONGEST


@both_widths
def test_whom_to_call_stays_when_the_papers_are_many(width: int) -> None:
    """The list of papers gives way, the last line of the slip does not."""
    many = replace(SLIP, below=[("Mang theo:", "giấy tờ; " * 100), ("", "Cần hỗ trợ, gọi 024 0000 0000")])
    alone = replace(SLIP, below=[("", "Cần hỗ trợ, gọi 024 0000 0000")])
    height = 20
    foot = draw(many, width), draw(alone, width)
    ends = [image.crop((0, ink(image)[3] - height, width, ink(image)[3])) for image in foot]
    assert ends[0].tobytes() == ends[1].tobytes()


def test_a_reprint_says_so_in_white_on_black() -> None:
    """The mark is a band across the top, so that two papers of one number are told apart at a glance."""
    plain, again = draw(SLIP), draw(replace(SLIP, mark="IN LẠI"))
    band = again.crop((16, ink(again)[1], 560, ink(again)[1] + 20)).convert("L")
    assert sum(value == 0 for value in band.tobytes()) > band.width * band.height * 0.7
    assert again.height > plain.height - 60
    assert plain.tobytes() != again.tobytes()


def test_both_spellings_of_a_vietnamese_letter_print_the_same() -> None:
    """Text in decomposed form is drawn as if it had come composed."""
    decomposed = replace(SLIP, line="Ho\u0323\u0302 ti\u0323ch", office="Phươ\u0300ng Bo\u0302\u0300 De\u0302\u0300")
    composed = replace(SLIP, office="Phường Bồ Đề".replace("Đ", "D"))
    assert draw(decomposed).tobytes() == draw(composed).tobytes()


def test_what_the_font_lacks_becomes_a_question_mark() -> None:
    """No empty boxes on paper, and control characters draw nothing of their own."""
    assert printable("Y ŭ 中 ☂ đ Ẫ\n\tx\u200b") == "Y ? ? ? đ Ẫ x?"
