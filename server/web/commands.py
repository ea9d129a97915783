"""Every command can be sent twice: the first answer is kept and given again.

The key is written in the command's own transaction, so there is no moment in which one is stored and the other not.
Two at once: the second waits for the first's transaction. What is kept is encrypted under a key made from the
caller's idempotency key, which is itself stored only as a hash: a copy of the database gives nothing away.
"""

import base64
import hashlib
import os
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import timedelta
from typing import Any

import msgspec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from litestar import Request, Response
from msgspec import Struct

from server import clock
from server.db import row, rows, savepoint, transaction
from server.errors import Refusal
from server.people.secrets import server_key
from server.people.tables import IdempotencyKey
from server.web import context
from server.web.problems import problem_of

__all__ = ["KEPT", "Answer", "forget_old_keys", "once"]

KEPT = timedelta(hours=24)
MAX_KEY = 200
NONCE = 12

JSON = "application/json"
PROBLEM = "application/problem+json"


class Answer(Struct, frozen=True):
    """What a command answers: a status and a body, if any."""

    status: int
    body: object = None


class _Stored(Struct, frozen=True):
    body_hash: str
    status: int
    answer: str


class _Scope(Struct, frozen=True):
    scope: str


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
                command = _refusing(refusal)
        await stack.enter_async_context(transaction())
        kept = await _claim(scope, body_hash)
        if kept is not None:
            if kept.body_hash != body_hash:
                raise Refusal("key-reused")
            sealed = base64.b64decode(kept.answer)
            content = seal.decrypt(sealed[:NONCE], sealed[NONCE:], None)
            return _response(kept.status, content, PROBLEM if kept.status >= 400 else JSON)
        try:
            async with savepoint():
                answer = await command()
            status, content, media = answer.status, _body(answer), JSON
        except Refusal as refusal:
            if refusal.status in (401, 428, 429) or refusal.status >= 500:
                raise
            status, media = refusal.status, PROBLEM
            content = msgspec.json.encode(problem_of(refusal, context.language(request)))
        nonce = os.urandom(NONCE)
        answer_text = base64.b64encode(nonce + seal.encrypt(nonce, content, None)).decode()
        await IdempotencyKey.update({IdempotencyKey.status: status, IdempotencyKey.answer: answer_text}).where(
            IdempotencyKey.scope == scope
        )
    return _response(status, content, media)


def _refusing(refusal: Refusal) -> Command:
    async def command() -> Answer:
        raise refusal

    return command


async def forget_old_keys() -> None:
    """Drop keys older than a day. Nothing relies on when it runs: an old key is ignored anyway."""
    await IdempotencyKey.delete().where(IdempotencyKey.at < clock.now() - KEPT)


async def _claim(scope: str, body_hash: str) -> _Stored | None:
    """Take the key for this transaction, or return what is stored for it."""
    now = clock.now()
    await IdempotencyKey.delete().where((IdempotencyKey.scope == scope) & (IdempotencyKey.at < now - KEPT))
    taken = await rows(
        _Scope,
        IdempotencyKey.raw(
            "INSERT INTO idempotency_key (scope, body_hash, status, answer, at) VALUES ({}, {}, 0, '', {}) "
            "ON CONFLICT DO NOTHING RETURNING scope",
            scope, body_hash, now,
        ),
    )  # fmt: skip
    if taken:
        return None
    return await row(_Stored, IdempotencyKey.select().where(IdempotencyKey.scope == scope))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _body(answer: Answer) -> bytes:
    return b"" if answer.body is None else msgspec.json.encode(answer.body)


def _response(status: int, content: bytes, media: str) -> Response[bytes]:
    if not content:
        return Response(b"", status_code=status, media_type="text/plain")
    return Response(content, status_code=status, media_type=media)
