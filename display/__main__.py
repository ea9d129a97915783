"""motcua-display: the agent behind the wall. Every option also comes from the environment as MOTCUA_DISPLAY_…."""

import logging
import os
import signal
import socket
import sys
from pathlib import Path

import click
import uvicorn

from display.app import create_app
from display.follower import Follower
from display.source import Source

__all__ = ["main"]

LOOPBACK = "127.0.0.1"


def _state_folder() -> Path:
    home = os.environ.get("XDG_STATE_HOME")
    return (Path(home) if home else Path.home() / ".local" / "state") / "motcua-display"


@click.command(context_settings={"auto_envvar_prefix": "MOTCUA_DISPLAY", "help_option_names": ["-h", "--help"]})
@click.option("--server", required=True, metavar="URL", help="Where the Motcua server is, e.g. https://motcua.example.")
@click.option(
    "--token-file",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The file with this wall's token, from `motcua device add display`.",
)
@click.option("--port", default=8702, show_default=True, type=click.IntRange(0, 65535), help="0: any free one.")
@click.option(
    "--voice",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder with the office's own clips; what it lacks is spoken by the built-in voice.",
)
@click.option("--mute", is_flag=True, help="Make no sound.")
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the last board is kept over a restart.  [default: a folder of this user]",
)
@click.option("--log-level", default="warning", type=click.Choice(["debug", "info", "warning"]), show_default=True)
@click.version_option(package_name="motcua")
def main(
    server: str, token_file: Path, port: int, voice: Path | None, mute: bool, state: Path | None, log_level: str
) -> None:
    """Follow an office's calls and serve its wall on this computer, also while the server is away."""
    if not server.startswith(("http://", "https://")):
        raise click.BadParameter("must begin with http:// or https://", param_hint="--server")
    token = token_file.read_text("utf-8").strip()
    if not token:
        raise click.BadParameter(f"{token_file} is empty", param_hint="--token-file")
    logging.basicConfig(level=log_level.upper(), format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("httpx").setLevel("WARNING")

    # named TCP, or asyncio leaves Nagle's algorithm on and frames wait 40 ms
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
    except OSError as trouble:
        click.echo(f"motcua-display: port {port} cannot be used: {trouble.strerror}", err=True)
        sys.exit(1)
    listening.listen(128)
    port = listening.getsockname()[1]

    source = Source(server, token)
    follower = Follower(source, (state or _state_folder()) / "board.json")

    def ready() -> None:
        click.echo(f"motcua-display: http://{LOOPBACK}:{port}/")

    app = create_app(source, follower, port=port, voice=voice, mute=mute, ready=ready)
    config = uvicorn.Config(
        app,
        ws="websockets-sansio",
        lifespan="on",
        log_config=None,
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    # uvicorn stops at these, and then sends them once more to whoever was there before it: by then all is done
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: None)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
