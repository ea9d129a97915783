"""The kiosk's one page: the house's frame, filled in beside the screen instead of on the server."""

import hashlib
import json
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from server import phrases
from server.phrases import Language, say, sentences

__all__ = ["STATIC", "page"]

WEB = Path(phrases.__file__).parent / "web"
STATIC = WEB / "static"


def page(language: Language, large: bool) -> str:
    """The screen's HTML in that language; `large` for the large letters."""
    return _templates(language).get_template("kiosk.html").render(lang=language, large=large)


@cache
def _templates(language: Language) -> Environment:
    templates = Environment(loader=FileSystemLoader(WEB / "templates"), autoescape=True)

    def speak(key: str, /, **values: object) -> str:
        return say(language, key, **values)

    def speaks(*prefixes: str) -> str:
        known = sentences(language).items()
        return json.dumps({key: text for key, text in known if key.startswith(prefixes)}, ensure_ascii=False)

    templates.globals.update(say=speak, static=_static, phrases=speaks, lang=language)
    return templates


@cache
def _static(name: str) -> str:
    """The address of a file under `static/`; it changes with its content, so that it may be kept for ever."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
