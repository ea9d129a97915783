"""An application served in the test's own loop, as uvicorn serves it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn

__all__ = ["serving"]


@asynccontextmanager
async def serving(config: uvicorn.Config, listener: socket.socket) -> AsyncIterator[None]:
    """Serve at that socket, from when the application is up until it is down again; the socket is closed then."""
    # Not serve(), which would take the signals that are meant for pytest, and does not tell when it is up.
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    turning = asyncio.create_task(server.main_loop())
    try:
        yield
    finally:
        server.should_exit = True
        await turning
        await server.shutdown(sockets=[listener])
