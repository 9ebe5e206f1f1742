"""Pages from templates, Chinese first or in English: which language was asked for, and what a page's script may do."""

from pathlib import Path
from typing import Literal

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .messages import DEVELOPMENT_NOTICE

Language = Literal["zh", "en"]

LANGUAGE = "lang"
"""Name of the query parameter that switches, and of the cookie that remembers; it holds `zh` or `en` and no more."""
_LANGUAGES: tuple[Language, ...] = ("zh", "en")
_COOKIE_SECONDS = 365 * 24 * 3600
_TEMPLATES = Path(__file__).parent / "templates"

# A page with a script of ours: it may ask this server, and nothing else anywhere.
_SCRIPT_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_CAMERA = "camera=(self), microphone=(), geolocation=()"


def _environment(language: Language) -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    made.globals[LANGUAGE] = language  # not a value of each page: macros that are imported see globals only
    return made


_ENVIRONMENTS = {language: _environment(language) for language in _LANGUAGES}


def language_of(request: Request) -> Language:
    """Return the language in which to answer: what the address asks for, else what was chosen before, else Chinese."""
    for wanted in (request.query_params.get(LANGUAGE), request.cookies.get(LANGUAGE)):
        if wanted in _LANGUAGES:
            return wanted
    return "zh"


def page(
    request: Request,
    template: str,
    *,
    status_code: int = 200,
    script: bool = False,
    camera: bool = False,
    **values: object,
) -> HTMLResponse:
    """Answer with a page; `script` allows our own scripts on it, `camera` the camera."""
    language = language_of(request)
    text = _ENVIRONMENTS[language].get_template(template).render(development_notice=DEVELOPMENT_NOTICE, **values)
    response = HTMLResponse(text, status_code=status_code)
    if script:
        response.headers["Content-Security-Policy"] = _SCRIPT_POLICY
    if camera:
        response.headers["Permissions-Policy"] = _CAMERA
    if request.query_params.get(LANGUAGE) == language:
        response.set_cookie(
            LANGUAGE,
            language,
            max_age=_COOKIE_SECONDS,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
    return response
