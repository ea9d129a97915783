"""The wall's page and the files it needs, taken from where the server has its own: one design for both."""

import hashlib
import json
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape

from server import phrases as catalogue
from server.phrases import Language
from server.wire import OfficeView

__all__ = ["STATIC", "VOICE", "voice_files", "wall_page"]

WEB = Path(catalogue.__file__).parent / "web"
STATIC = WEB / "static"
VOICE = STATIC / "sounds"
SOUNDS = (".wav", ".ogg", ".opus", ".mp3", ".m4a", ".flac", ".webm")


def wall_page(language: Language, office: OfficeView | None, *, mute: bool) -> str:
    """The page as HTML; without an office, one that looks again every few seconds."""
    page = _environment(language).get_template("wall.html")
    return page.render(office=office, mute=mute, voice="/voice/voice.json")


def voice_files(folder: Path | None) -> dict[str, Path]:
    """Where each clip lies: in `folder` under the clip's name in any sound format, otherwise among our own."""
    listing: dict[str, dict[str, dict[str, str]]] = json.loads((VOICE / "voice.json").read_text("utf-8"))
    files = {name: VOICE / clip["file"] for name, clip in listing["clips"].items()}
    for path in sorted(folder.iterdir()) if folder else []:
        if path.stem in files and path.suffix.lower() in SOUNDS:
            files[path.stem] = path
    return files


@cache
def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(WEB / "templates"), autoescape=select_autoescape(), trim_blocks=True, lstrip_blocks=True
    )

    def say(key: str, **values: object) -> str:
        return catalogue.say(language, key, **values)

    def spoken(*prefixes: str) -> str:
        said = catalogue.sentences(language)
        return json.dumps({key: said[key] for key in said if key.startswith(prefixes)}, ensure_ascii=False)

    environment.globals.update(lang=language, say=say, phrases=spoken, static=_static)
    return environment


@cache
def _static(name: str) -> str:
    """The address of a shipped file; its content's hash makes a new version a new address."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:8]
    return f"/static/{name}?v={digest}"
