"""Every command can be sent twice: the first answer is kept and given again.

The key is written in the command's own transaction, so there is no moment in which one is stored and the other not.
Two at once: the second waits for the first's transaction. What is kept is encrypted under a key made from the
caller's idempotency key, which is itself stored only as a hash: a copy of the database gives nothing away.
"""

import asyncio
import base64
import hashlib
import os
from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import timedelta
from typing import Any

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from litestar import Request, Response
from msgspec import Struct

from server import clock
from server.db import PerDatabase, rows, savepoint, transaction
from server.errors import Refusal
from server.people.secrets import server_key
from server.people.tables import IdempotencyKey
from server.web import context
from server.web.problems import problem_of

__all__ = ["KEPT", "Answer", "forget_old_keys", "once"]

KEPT = timedelta(hours=24)
MAX_KEY = 200
NONCE = 12
AT_A_TIME = 100

JSON = "application/json"
PROBLEM = "application/problem+json"


class Answer(Struct, frozen=True):
    """What a command answers: a status and a body, if any."""

    status: int
    body: object = None


class _Stored(Struct, frozen=True):
    scope: str
    body_hash: str
    status: int
    answer: str


class _Scope(Struct, frozen=True):
    scope: str


class _Keeper:
    """Refusals that came before the command was begun, kept many in one transaction: whoever comes while one is being
    written is of the next. In a rush nearly everybody is refused, and each must be stored before it is answered."""

    def __init__(self) -> None:
        self._coming: list[tuple[_Stored, asyncio.Future[_Stored]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def keep(self, answer: _Stored) -> _Stored:
        """The answer, when it is stored; or what is stored under that key already."""
        stored: asyncio.Future[_Stored] = asyncio.get_running_loop().create_future()
        self._coming.append((answer, stored))
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())
        return await stored

    async def _write(self) -> None:
        try:
            while self._coming:
                batch, self._coming = self._coming[:AT_A_TIME], self._coming[AT_A_TIME:]
                waiting = [(answer, news) for answer, news in batch if not news.done()]  # who hung up needs none
                if not waiting:
                    continue
                try:
                    async with transaction():
                        found = {one.scope: one for one in await _claim([answer for answer, _ in waiting])}
                except Exception as exc:
                    for _, news in waiting:
                        if not news.done():
                            news.set_exception(exc)
                    continue
                stored = {answer.scope: answer for answer, _ in waiting} | found
                for answer, news in waiting:
                    if not news.done():
                        news.set_result(stored[answer.scope])
        finally:
            self._writer = None


_keeper: PerDatabase[_Keeper] = PerDatabase(_Keeper)


Command = Callable[[], Awaitable[Answer]]
Turn = AbstractAsyncContextManager[None]


async def once(request: Request[Any, Any, Any], command: Command, turn: Turn | None = None) -> Response[bytes]:
    """Carry out a command, or answer as it was answered the first time.

    `turn` is entered before the transaction is opened, and left when it is over: what a command has to wait for
    without holding a connection. A refusal from entering it is answered, and kept, like the command's own.

    Kept are successes and the domain's refusals, never 401, 428, 429 or 5xx. Raises Refusal key-reused where the same
    key comes with another body. Without a key the command is simply carried out.
    """
    key = request.headers.get("idempotency-key")
    if key is None:
        answer = await command()
        return _response(answer.status, _body(answer), JSON)
    if not 1 <= len(key) <= MAX_KEY or not key.isprintable():
        raise Refusal("invalid-key", n=MAX_KEY)
    who = await context.caller(request)
    scope = _digest(who.name, request.method, request.url.path, key)
    body_hash = hashlib.sha256(await request.body()).hexdigest()
    seal = AESGCM(hashlib.sha256(await server_key() + b"answer" + key.encode() + scope.encode()).digest())
    async with AsyncExitStack() as stack:
        if turn is not None:
            try:
                await stack.enter_async_context(turn)
            except Refusal as refusal:
                if _is_kept(refusal):
                    content = msgspec.json.encode(problem_of(refusal, context.language(request)))
                    answered = _Stored(scope, body_hash, refusal.status, _sealed(seal, content))
                    return _again(seal, await _keeper.here().keep(answered), body_hash)
                command = _refusing(refusal)
        await stack.enter_async_context(transaction())
        for kept in await _claim([_Stored(scope, body_hash, 0, "")]):
            return _again(seal, kept, body_hash)
        try:
            async with savepoint():
                answer = await command()
            status, content, media = answer.status, _body(answer), JSON
        except Refusal as refusal:
            if not _is_kept(refusal):
                raise
            status, media = refusal.status, PROBLEM
            content = msgspec.json.encode(problem_of(refusal, context.language(request)))
        await IdempotencyKey.update(
            {IdempotencyKey.status: status, IdempotencyKey.answer: _sealed(seal, content)}
        ).where(IdempotencyKey.scope == scope)
    return _response(status, content, media)


def _is_kept(refusal: Refusal) -> bool:
    return refusal.status not in (401, 428, 429) and refusal.status < 500


def _refusing(refusal: Refusal) -> Command:
    async def command() -> Answer:
        raise refusal

    return command


def _sealed(seal: AESGCM, content: bytes) -> str:
    nonce = os.urandom(NONCE)
    return base64.b64encode(nonce + seal.encrypt(nonce, content, None)).decode()


def _again(seal: AESGCM, kept: _Stored, body_hash: str) -> Response[bytes]:
    """What is stored under a key. Refuses key-reused where that was said to another body."""
    if kept.body_hash != body_hash:
        raise Refusal("key-reused")
    sealed = base64.b64decode(kept.answer)
    content = seal.decrypt(sealed[:NONCE], sealed[NONCE:], None)
    return _response(kept.status, content, PROBLEM if kept.status >= 400 else JSON)


async def forget_old_keys() -> None:
    """Drop keys older than a day. Nothing relies on when it runs: an old key is ignored anyway."""
    await IdempotencyKey.delete().where(IdempotencyKey.at < clock.now() - KEPT)


async def _claim(answers: Collection[_Stored]) -> list[_Stored]:
    """Within a transaction, take these keys with what is to be stored, or return what is stored for those taken before.

    Who has taken one of them in a transaction that is still open is waited for.
    """
    now = clock.now()
    # In one order, so that two who take several cannot wait for each other.
    wanted = {answer.scope: answer for answer in sorted(answers, key=lambda answer: answer.scope)}
    values = [value for one in wanted.values() for value in (one.scope, one.body_hash, one.status, one.answer, now)]
    taken = await rows(
        _Scope,
        IdempotencyKey.raw(
            "INSERT INTO idempotency_key (scope, body_hash, status, answer, at)"  # noqa: S608 - as many as there are
            f" VALUES {', '.join(['({}, {}, {}, {}, {})'] * len(wanted))} ON CONFLICT (scope) DO UPDATE"
            " SET body_hash = excluded.body_hash, status = excluded.status, answer = excluded.answer, at = excluded.at"
            " WHERE idempotency_key.at < {} RETURNING scope",  # a day old, and so forgotten
            *values, now - KEPT,
        ),
    )  # fmt: skip
    before = wanted.keys() - {one.scope for one in taken}
    if not before:
        return []
    return await rows(_Stored, IdempotencyKey.select().where(IdempotencyKey.scope.is_in(sorted(before))))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _body(answer: Answer) -> bytes:
    return b"" if answer.body is None else msgspec.json.encode(answer.body)


def _response(status: int, content: bytes, media: str) -> Response[bytes]:
    if not content:
        return Response(b"", status_code=status, media_type="text/plain")
    return Response(content, status_code=status, media_type=media)
