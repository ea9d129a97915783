"""Running the server: one process, or several that share a PostgreSQL."""

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress

import click
import msgspec
import uvicorn
from litestar import Litestar

from server.app import create_app
from server.settings import Settings

__all__ = ["listening_socket", "run", "server_config"]

GRACE_SECONDS = 3


def run(settings: Settings, workers: int = 1) -> int:
    """Serve until told to stop; returns the exit code. A port that is taken is said in one line."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        sock = listening_socket(settings.host, settings.port)
    except OSError as exc:
        click.echo(f"motcua: port {settings.port} on {settings.host} cannot be used: {exc.strerror}", err=True)
        return 1
    settings = msgspec.structs.replace(settings, port=sock.getsockname()[1])
    if not settings.secure:
        click.echo("motcua: cookies are not Secure, because the public address is plain http", err=True)
    if workers == 1:
        return asyncio.run(_serve(settings, sock))
    return _supervise(settings, sock, workers)


def server_config(app: Litestar, settings: Settings) -> uvicorn.Config:
    """How uvicorn runs this application: quietly, because its own lines hold raw paths, and those hold tokens."""
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    return uvicorn.Config(
        app, ws="websockets-sansio", lifespan="on", log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS, ws_max_size=64 * 1024, proxy_headers=settings.trust_proxy,
    )  # fmt: skip


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens there. Raises OSError where the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named TCP, or asyncio leaves Nagle's algorithm on: an answer's body would wait 40 ms for its head's receipt.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
        sock.listen(2048)
    except OSError:
        sock.close()
        raise
    sock.set_inheritable(True)
    return sock


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    ready_line = ""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            click.echo(self.ready_line)


async def _serve(settings: Settings, sock: socket.socket) -> int:
    server = _Server(server_config(create_app(settings), settings))
    server.ready_line = f"motcua: ready at {settings.address}"
    # uvicorn stops at these, then sends them once more to whoever was there before: being told to stop is no failure
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, server.handle_exit)
    with suppress(SystemExit):
        await server.serve(sockets=[sock])
    return 0 if server.started else 1


def _supervise(settings: Settings, sock: socket.socket, workers: int) -> int:
    """Keep so many processes on one socket; one that dies is replaced."""
    environment = os.environ | {"MOTCUA_WORKER": msgspec.json.encode(settings).decode()}
    command = [sys.executable, "-m", "server.serving", str(sock.fileno())]

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, env=environment, pass_fds=[sock.fileno()], stdout=subprocess.PIPE)  # noqa: S603

    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True
        for process in processes:
            if process.poll() is None:
                process.terminate()

    processes = [start() for _ in range(workers)]
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    for process in processes:
        if process.stdout is None or not process.stdout.readline():
            stop(0, None)
            return 1
    click.echo(f"motcua: ready at {settings.address} ({workers} workers)")
    while not stopping:
        with suppress(ChildProcessError):
            ended, _ = os.wait()
            processes = [process if process.pid != ended else start() for process in processes if not stopping]
    for process in processes:
        process.wait()
    return 0


def main() -> None:
    """One worker: serves on the socket whose number it is given, and writes a line when it is ready."""
    settings = msgspec.json.decode(os.environ["MOTCUA_WORKER"], type=Settings)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    sock = socket.socket(fileno=int(sys.argv[1]))
    sys.exit(asyncio.run(_serve(settings, sock)))


if __name__ == "__main__":
    main()
