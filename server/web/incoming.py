"""What is refused before anybody looks at it: forged commands, bodies that are no JSON, and signs nobody types."""

import re

from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.types import ASGIApp, HTTPReceiveMessage, Receive, Scope, Send, WebSocketReceiveMessage

from server.errors import Refusal
from server.web import context

__all__ = ["IncomingGuard"]

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})

# Control signs but tab and line breaks, and those that turn the direction of writing: as they stand, or as JSON
# escapes. PostgreSQL cannot store the first of them, and screens would show something else than what was typed.
NEVER_TYPED = re.compile(
    rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xaa-\xae]|\xe2\x81[\xa6-\xa9]"
    rb"|\\u00(?:0[0-8bcef]|1[0-9a-f]|7f|8[0-9a-f]|9[0-9a-f])|\\u202[a-e]|\\u206[6-9]",
    re.IGNORECASE,
)
LONGEST_SIGN = 6


class IncomingGuard:
    """ASGI middleware over all requests and WebSockets."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if "%00" in str(scope.get("raw_path", b"")) + str(scope.get("query_string", b"")):
            raise Refusal("bad-text")
        if str(scope["type"]) == "http" and scope.get("method") in UNSAFE:
            connection = ASGIConnection[object, object, object, State](scope)
            context.check_origin(connection)
            if scope["path"].startswith("/api/"):
                _refuse_other_media(connection.headers.get("content-type"))
                receive = _checked(receive)
        await self.app(scope, receive, send)


def _refuse_other_media(content_type: str | None) -> None:
    if content_type and content_type.partition(";")[0].strip().lower() != "application/json":
        raise Refusal("unsupported-media")


def _checked(receive: Receive) -> Receive:
    end = b""

    async def checked() -> HTTPReceiveMessage | WebSocketReceiveMessage:
        nonlocal end
        message = await receive()
        body = message.get("body", b"")
        if isinstance(body, bytes) and body:
            if NEVER_TYPED.search(end + body):
                raise Refusal("bad-text")
            end = body[-LONGEST_SIGN:]
        return message

    return checked
