"""Codes a person can read aloud and type: booking references, look-up codes, pairing codes.

Crockford's base 32: no I, L, O, U; what people type instead (O, I, L, lower case, spaces, dashes) is understood.
Twelve signs carry 60 random bits.
"""

import hashlib
import hmac
import secrets

__all__ = ["derived_code", "new_code", "new_id", "normalised", "readable", "token_hash"]

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, ".": None})


def new_code(signs: int = 12) -> str:
    """A fresh random code of that many signs (5 bits each)."""
    return "".join(secrets.choice(ALPHABET) for _ in range(signs))


def derived_code(key: bytes, purpose: str, subject: str, signs: int = 12) -> str:
    """The code that belongs to this subject for this purpose: an HMAC, so that it need not be stored to be repeated."""
    digest = hmac.digest(key, f"{purpose}\0{subject}".encode(), "sha256")
    number = int.from_bytes(digest, "big")
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in range(signs))


def normalised(text: str) -> str:
    """What was typed, as the code it means; nothing is guaranteed about whether that code exists."""
    return text.strip().upper().translate(_LOOKALIKES)


def readable(code: str) -> str:
    """The code in groups of four, for paper and screens: K7QF-3M2P-9XWD."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def new_id() -> str:
    """A random id for a row that other programs name (64 bits, hexadecimal)."""
    return secrets.token_hex(8)


def token_hash(token: str) -> str:
    """What is stored of a token: its SHA-256 in hexadecimal. Tokens are random, so no salt is needed."""
    return hashlib.sha256(token.encode()).hexdigest()
