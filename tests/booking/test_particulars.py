"""What people type about themselves: kept in one form, or refused with a code."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.booking.rules_particulars import (
    clean_dossier_number,
    clean_email,
    clean_identity_number,
    clean_name,
    clean_phone,
)
from server.errors import Refusal


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("H26.10-261121-0042", "H26.10-261121-0042"),
        (" h26.10 – 261121 – 0042 ", "H26.10-261121-0042"),
        ("000.00.19.H26-251121-0001", "000.00.19.H26-251121-0001"),
        ("G01.899.108-261121-0003", "G01.899.108-261121-0003"),
        ("H26-261121-00042", "H26-261121-00042"),
    ],
)
def test_dossier_numbers_of_the_portals_are_known(typed: str, kept: str) -> None:
    """Every form of number in use is taken, whatever its case, spaces and dashes."""
    assert clean_dossier_number(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["", "H26", "261121-0042", "H26.10-261321-0042", "H26.10-261132-0042", "H26.10-261121-42", "H26.10-261121-0042x",
     "HH6.10-261121-0042", "H26.10-261121-0042\nH26.10-261121-0042", "Ｈ26.10-261121-0042", "H26.10-٢٦١١٢١-0042"],
)  # fmt: skip
def test_other_dossier_numbers_are_refused(typed: str) -> None:
    """A number that no portal gives is refused: wrong month or day, too short, foreign digits."""
    with pytest.raises(Refusal, match="bad-dossier"):
        clean_dossier_number(typed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0912 345 678", "+84912345678"),
        ("+84 912.345.678", "+84912345678"),
        ("84912345678", "+84912345678"),
        ("(024) 3827-1234", "+842438271234"),
        ("+1 650 253 0000", "+16502530000"),
    ],
)
def test_telephones_are_kept_in_one_form(typed: str, kept: str) -> None:
    """However a telephone is written it is kept as E.164, Vietnamese unless it says otherwise."""
    assert clean_phone(typed) == kept


@pytest.mark.parametrize("typed", ["", "12345", "0912345", "0912345678;ext=5", "abc", "0000000000", "+999 1234567"])
def test_what_cannot_be_dialled_is_refused(typed: str) -> None:
    """Half a number, an extension or words are no telephone."""
    with pytest.raises(Refusal, match="bad-phone"):
        clean_phone(typed)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Nguyễn  Thị   Hoà ", "Nguyễn Thị Hoà"),
        (unicodedata.normalize("NFD", "Trần Văn Tường"), "Trần Văn Tường"),
        ("H’Ŭ Niê", "H’Ŭ Niê"),
        ("Lê " * 66 + "An", "Lê " * 66 + "An"),
    ],
)
def test_names_are_kept_composed_with_single_spaces(typed: str, kept: str) -> None:
    """A name is NFC with single spaces, up to 200 signs."""
    assert clean_name(typed) == kept


@pytest.mark.parametrize(
    "typed", ["", "   ", "12345", "…", "An\u202eBình", "An\u0000", "An\u200bBình", "An\nBình", "\ud800An"]
)
def test_names_with_signs_nobody_writes_are_refused(typed: str) -> None:
    """Direction marks, control signs, invisible signs and names without a letter are refused."""
    with pytest.raises(Refusal, match="bad-name"):
        clean_name(typed)


def test_a_name_of_more_than_200_signs_is_refused() -> None:
    """Too long is said to be too long."""
    with pytest.raises(Refusal, match="too-long"):
        clean_name("A" * 201)


@given(st.text(max_size=250))
def test_no_text_breaks_the_forms(text: str) -> None:
    """Any text is either kept in the one form, which stays as it is when read again, or refused with a code."""
    for clean in (clean_name, clean_phone, clean_dossier_number, clean_email, clean_identity_number):
        try:
            kept = clean(text)
        except Refusal:
            continue
        assert clean(kept) == kept
        assert kept == unicodedata.normalize("NFC", kept)


@pytest.mark.parametrize(
    ("typed", "good"),
    [("an.nguyen@example.vn", True), ("an@", False), ("@example.vn", False), ("an@example", False),
     ("an@exa mple.vn", False), ("an@example.vn\nbcc:x@y.vn", False), ("a" * 250 + "@example.vn", False)],
)  # fmt: skip
def test_email_addresses_have_the_form_of_one(typed: str, good: bool) -> None:
    """An address has a name and a domain, and nothing a mail header could trip over."""
    if good:
        assert clean_email(typed) == typed
    else:
        with pytest.raises(Refusal, match="bad-email"):
            clean_email(typed)


def test_identity_numbers_lose_their_spaces() -> None:
    """An identity number is kept without spaces; half of one is refused."""
    assert clean_identity_number("001 090 012 345") == "001090012345"
    with pytest.raises(Refusal, match="bad-identity-number"):
        clean_identity_number("12")
