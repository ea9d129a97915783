"""Signing in, staying signed in, and letting devices in."""

import asyncio
import secrets
import unicodedata
from collections.abc import Sequence
from datetime import timedelta
from typing import Literal

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from server import clock
from server.codes import new_id, token_hash
from server.db import row, rows, transaction
from server.devices.tables import Device as DeviceTable
from server.errors import Refusal
from server.people.rules import Colleague, Device, DeviceKind, Officer, lock_out
from server.people.tables import Officer as OfficerTable
from server.people.tables import Token

__all__ = [
    "PAGE_SESSION_LENGTH",
    "SESSION_LENGTH",
    "add_device",
    "add_officer",
    "caller_of",
    "device_page_token",
    "officer_of",
    "officers_of",
    "renew_devices",
    "revoke",
    "set_password",
    "sign_in",
]

SESSION_LENGTH = timedelta(hours=12)
PAGE_SESSION_LENGTH = timedelta(days=400)
MIN_PASSWORD = 10
COLLEAGUE = [OfficerTable._meta.get_column_by_name(name) for name in Colleague.__struct_fields__]

_hasher = PasswordHasher()
# A hash of nothing anybody knows: an unknown name takes as long to refuse as a wrong password.
_decoy = _hasher.hash(secrets.token_hex(16))


class TokenRow(msgspec.Struct, frozen=True):
    kind: Literal["session", "device", "page"]
    office: str
    subject: str


async def sign_in(username: str, password: str) -> tuple[Officer, str]:
    """The officer and a fresh session token.

    A name may be followed by `@office` where several offices use it. Raises wrong-password, whatever was wrong, and
    locked-out after too many tries. Hashing runs off the event loop.
    """
    name, _, office = _composed(username).strip().partition("@")
    where = (OfficerTable.username == name) & (OfficerTable.active.eq(True))
    if office:
        where &= OfficerTable.office == office
    found = await rows(Officer, OfficerTable.select().where(where).limit(3))
    now = clock.now()
    for officer in found:
        if officer.locked_until is not None and officer.locked_until > now:
            minutes = max(1, -(-int((officer.locked_until - now).total_seconds()) // 60))
            raise Refusal("locked-out", minutes=minutes)
    matching = None
    for officer in found:
        if await _verify(officer.password_hash or _decoy, password):
            matching = officer
            break
    if not found:
        await _verify(_decoy, password)
    if matching is None:
        for officer in found:
            await _count_failure(officer.id)
        raise Refusal("wrong-password")
    token = secrets.token_urlsafe(32)
    async with transaction():
        await OfficerTable.update({OfficerTable.failures: 0, OfficerTable.locked_until: None}).where(
            OfficerTable.id == matching.id
        )
        await _store(token, "session", matching.office, matching.username, SESSION_LENGTH)
    return matching, token


async def caller_of(token: str) -> Officer | Device | None:
    """Whose token this is, or None where it is unknown, over, or revoked."""
    now = clock.now()
    held = await row(
        TokenRow,
        Token.select(Token.kind, Token.office, Token.subject).where(
            (Token.hash == token_hash(token))
            & Token.revoked_at.is_null()
            & (Token.expires_at.is_null() | (Token.expires_at > now))
        ),
    )
    if held is None:
        return None
    if held.kind == "session":
        return await officer_of(held.office, held.subject)
    return await row(Device, DeviceTable.select().where(DeviceTable.id == held.subject))


async def officer_of(office: str, username: str) -> Officer | None:
    """An active officer by name."""
    return await row(
        Officer,
        OfficerTable.select().where(
            (OfficerTable.office == office) & (OfficerTable.username == username) & OfficerTable.active.eq(True)
        ),
    )


async def officers_of(office: str) -> list[Colleague]:
    """Everybody who works at an office now, by name."""
    return await rows(
        Colleague,
        OfficerTable.select(*COLLEAGUE)
        .where((OfficerTable.office == office) & OfficerTable.active.eq(True))
        .order_by(OfficerTable.username),
    )


async def revoke(token: str) -> None:
    """End a session or a device's key at once."""
    await Token.update({Token.revoked_at: clock.now()}).where(Token.hash == token_hash(token))


async def device_page_token(token: str) -> str:
    """A token for a page that a device shows, such as a TV's: it can do what the device may do, no more.

    Refuses sign-in where the device's token is not, or no longer, good.
    """
    device = await caller_of(token)
    if not isinstance(device, Device):
        raise Refusal("sign-in")
    fresh = secrets.token_urlsafe(32)
    async with transaction():
        await _store(fresh, "page", device.office, device.id, PAGE_SESSION_LENGTH)
    return fresh


async def add_officer(office: str, username: str, full_name: str, role: str, password: str | None) -> None:
    """Let somebody work at an office; raises username-taken where the office has that name already."""
    if await officer_of(office, username) is not None:
        raise Refusal("username-taken", username=username)
    hashed = await _hash(password) if password is not None else None
    async with transaction():
        await OfficerTable.insert(
            OfficerTable(
                office=office, username=username, full_name=full_name, role=role, lines="", password_hash=hashed
            )
        )


async def set_password(office: str, username: str, password: str) -> None:
    """Give an officer a new password and end all his or her sessions."""
    if await officer_of(office, username) is None:
        raise Refusal("no-such-officer", username=username)
    hashed = await _hash(password)
    async with transaction():
        await OfficerTable.update(
            {OfficerTable.password_hash: hashed, OfficerTable.failures: 0, OfficerTable.locked_until: None}
        ).where((OfficerTable.office == office) & (OfficerTable.username == username))
        await Token.update({Token.revoked_at: clock.now()}).where(
            (Token.kind == "session")
            & (Token.office == office)
            & (Token.subject == username)
            & Token.revoked_at.is_null()
        )


async def add_device(office: str, kind: str, name: str, counter: int | None) -> tuple[Device, str]:
    """Let a device in; its token is returned this once and kept only as a hash."""
    token = secrets.token_urlsafe(32)
    async with transaction():
        await DeviceTable.raw("UPDATE office SET code = code WHERE code = {}", office)  # one at a time: places differ
        places = await rows(_Place, DeviceTable.select(DeviceTable.place).where(DeviceTable.office == office))
        place = max((taken.place for taken in places), default=-1) + 1
        device = Device(id=new_id(), office=office, kind=_kind(kind), name=name, counter=counter, place=place)
        await DeviceTable.insert(
            DeviceTable(**msgspec.structs.asdict(device), created_at=clock.now(), printer="unknown")
        )
        await _store(token, "device", office, device.id, None)
    return device, token


async def renew_devices(office: str, wanted: Sequence[tuple[DeviceKind, str, int | None]]) -> dict[str, str]:
    """Have these devices, each (kind, name, counter) once, with fresh tokens; the old tokens are revoked.

    Returns kind -> token.
    """
    tokens: dict[str, str] = {}
    for kind, name, counter in wanted:
        known = await row(
            Device,
            DeviceTable.select().where(
                (DeviceTable.office == office) & (DeviceTable.kind == kind) & (DeviceTable.name == name)
            ),
        )
        if known is None:
            tokens[kind] = (await add_device(office, kind, name, counter))[1]
            continue
        tokens[kind] = secrets.token_urlsafe(32)
        async with transaction():
            await Token.update({Token.revoked_at: clock.now()}).where(
                (Token.subject == known.id) & Token.revoked_at.is_null() & (Token.kind != "session")
            )
            await _store(tokens[kind], "device", office, known.id, None)
    return tokens


class _Place(msgspec.Struct, frozen=True):
    place: int


def _kind(kind: str) -> DeviceKind:
    converted: DeviceKind = msgspec.convert(kind, DeviceKind)
    return converted


async def _store(token: str, kind: str, office: str, subject: str, length: timedelta | None) -> None:
    now = clock.now()
    await Token.insert(
        Token(
            hash=token_hash(token), kind=kind, office=office, subject=subject, created_at=now,
            expires_at=now + length if length else None, revoked_at=None,
        )
    )  # fmt: skip


async def _count_failure(officer: int) -> None:
    async with transaction():
        counted = await rows(
            _Failures,
            OfficerTable.raw("UPDATE officer SET failures = failures + 1 WHERE id = {} RETURNING failures", officer),
        )
        until = lock_out(counted[0].failures, clock.now()) if counted else None
        if until is not None:
            await OfficerTable.update({OfficerTable.locked_until: until}).where(OfficerTable.id == officer)


class _Failures(msgspec.Struct, frozen=True):
    failures: int


def _composed(text: str) -> str:
    """The same letters however a keyboard put them together."""
    return unicodedata.normalize("NFC", text)


async def _hash(password: str) -> str:
    if len(password) < MIN_PASSWORD:
        raise Refusal("short-password", n=MIN_PASSWORD)
    return await asyncio.to_thread(_hasher.hash, _composed(password))


async def _verify(stored: str, password: str) -> bool:
    try:
        return await asyncio.to_thread(_hasher.verify, stored, _composed(password))
    except (VerifyMismatchError, InvalidHashError):
        return False
