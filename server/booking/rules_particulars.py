"""What people say about themselves, each in the one form we keep; a Refusal for what it cannot be."""

import re
import unicodedata

import phonenumbers

from server.errors import Refusal

__all__ = ["clean_dossier_number", "clean_email", "clean_identity_number", "clean_name", "clean_phone"]

HOME = "VN"

# A portal's number: the office that received it, the day, the dossier of that day. H26.10-261121-0042,
# 000.00.19.H26-251121-0001 and G01.899.108-261121-0003 are all in use.
_AGENCY = r"(?:\d{2,3}\.){0,4}[A-Z]\d{2}(?:\.\d{1,3}){0,4}"
_DAY = r"\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
DOSSIER_NUMBER = re.compile(rf"{_AGENCY}-{_DAY}-\d{{3,6}}", re.ASCII)

_IDENTITY_NUMBER = re.compile(r"[A-Z0-9]{6,20}", re.ASCII)
_EMAIL = re.compile(r"[^\s@<>\"',;:()\[\]\\]{1,64}@[^\s@<>\"',;:()\[\]\\.]+(?:\.[^\s@<>\"',;:()\[\]\\.]+)+")
_DASHES = re.compile(r"\s*[\u2010-\u2015\u2212-]\s*")

# Control and direction signs, lone surrogates, private and unassigned signs, line and paragraph breaks: not in a name.
_NOT_WRITTEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
MOST_NAME = 200


def clean_name(text: str) -> str:
    """A name in NFC with single spaces. Refuses `bad-name`, and `too-long` beyond 200 signs."""
    name = " ".join(unicodedata.normalize("NFC", text).split(" ")).strip()
    name = re.sub(" +", " ", name)
    if len(name) > MOST_NAME:
        raise Refusal("too-long", n=MOST_NAME)
    if not any(sign.isalpha() for sign in name) or any(unicodedata.category(sign) in _NOT_WRITTEN for sign in name):
        raise Refusal("bad-name")
    return name


def clean_phone(text: str) -> str:
    """A telephone in E.164; without a country's code it is a Vietnamese one. Refuses `bad-phone`."""
    try:
        number = phonenumbers.parse(text, HOME)
    except phonenumbers.NumberParseException:
        raise Refusal("bad-phone") from None
    if not phonenumbers.is_valid_number(number) or number.extension:
        raise Refusal("bad-phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def clean_dossier_number(text: str) -> str:
    """A portal's dossier number in capitals, without spaces. Refuses `bad-dossier`."""
    number = re.sub(r"\s+", "", _DASHES.sub("-", text)).upper()
    if not DOSSIER_NUMBER.fullmatch(number):
        raise Refusal("bad-dossier")
    return number


def clean_email(text: str) -> str:
    """An e-mail address, its form alone checked. Refuses `bad-email`."""
    address = unicodedata.normalize("NFC", text.strip())
    if len(address) > 254 or not _EMAIL.fullmatch(address) or not address.isprintable():
        raise Refusal("bad-email")
    return address


def clean_identity_number(text: str) -> str:
    """An identity card's or passport's number, without spaces. Refuses `bad-identity-number`."""
    number = re.sub(r"[\s.-]+", "", text).upper()
    if not _IDENTITY_NUMBER.fullmatch(number):
        raise Refusal("bad-identity-number")
    return number
