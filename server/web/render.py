"""Templates with all they may use: sentences, the language, static files by content, the catalogue for scripts."""

import hashlib
import json
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, select_autoescape
from litestar import Request, Response

from server.phrases import Language, say, sentences
from server.web import context, formats

__all__ = ["STATIC", "TEMPLATES", "environment", "page", "phrases_for", "static_url"]

STATIC = Path(__file__).parent / "static"
TEMPLATES = Path(__file__).parent / "templates"

_environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=select_autoescape(("html", "svg")),
    trim_blocks=True,
    lstrip_blocks=True,
)


def environment() -> Environment:
    """The one template environment; undefined names print nothing, so that optional context may be left out."""
    return _environment


def page(
    request: Request[Any, Any, Any],
    template: str,
    *,
    status: int = 200,
    language: Language | None = None,
    headers: dict[str, str] | None = None,
    **values: object,
) -> Response[bytes]:
    """Render a template in the caller's language."""
    lang = language or context.language(request)
    values.setdefault("in_language", partial(_in_language, request))
    text = _environment.get_template(template).render(**globals_for(lang), **values)
    answer = Response(
        text.encode(), status_code=status, media_type="text/html",
        headers={"Content-Language": lang, "Cache-Control": "no-store", **(headers or {})},
    )  # fmt: skip
    chosen = request.query_params.get("lang")
    if chosen in ("vi", "en"):
        answer.set_cookie(
            "lang", chosen, max_age=400 * 86400, path="/", samesite="lax", secure=context.settings_of(request).secure
        )
    return answer


def _in_language(request: Request[Any, Any, Any], code: Language) -> str:
    """This very address in another language, the rest of its query kept."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in ("lang", "k")]
    return f"{request.url.path}?{urlencode([*kept, ('lang', code)])}"


def globals_for(language: Language) -> dict[str, object]:
    """What every template may use."""
    speak: Callable[..., str] = lambda key, **values: say(language, key, **values)  # noqa: E731
    return {
        "say": speak,
        "lang": language,
        "static": static_url,
        "phrases": lambda *prefixes: phrases_for(language, *prefixes),
        "time_of_day": formats.time_of_day,
        "minutes": partial(formats.minutes, language),
    }


@cache
def static_url(path: str) -> str:
    """The address of a static file, with its content's hash, so that it may be kept for ever."""
    digest = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:10]
    return f"/static/{path}?v={digest}"


@cache
def phrases_for(language: Language, *prefixes: str) -> str:
    """The part of the catalogue that a page's scripts speak, as JSON."""
    return json.dumps(
        {key: text for key, text in sentences(language).items() if key.startswith(prefixes)}, ensure_ascii=False
    )
