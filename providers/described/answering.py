"""How a described telecom wants its answers: screens, notices, questions of its own. Pure."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from providers.described.filling import Format, Template, compiled, fault, names_of
from providers.described.marks import Conditions, Strict

_LIKE_JSON: Final = re.compile(r'\s*(\[\s*)?\{\s*"')
_LIKE_XML: Final = re.compile(r"\s*<[A-Za-z?!]")
_HEADER: Final = re.compile(r"[A-Za-z0-9-]+")
_CONTENT_TYPES: Final[dict[Format, str]] = {
    "text": "text/plain; charset=utf-8",
    "json": "application/json",
    "xml": "text/xml; charset=utf-8",
}


def _is_content_type(value: str) -> str:
    if value and re.fullmatch(r"[!-~]+/[ -~]{1,90}", value) is None:
        raise ValueError(f"{value!r} is no content type (write it as text/plain, or leave it out)")
    return value


ContentType = Annotated[str, AfterValidator(_is_content_type)]


def _as_template(value: Any) -> Any:
    """Complain of a body that YAML has read as keys and values."""
    if isinstance(value, dict) and len(value) == 1:
        ((name, other),) = value.items()
        if not other or "?" in name:
            hole = f"{{{name}: {other}}}" if other else f"{{{name}}}"
            raise ValueError(f'braces without quotes mean something else in YAML (put it in quotes: "{hole}")')
    if isinstance(value, list) or (isinstance(value, dict) and not {"goes_on", "ends"} & value.keys()):
        raise ValueError('this is read as keys and values (write it as text in quotes: \'{"message": "{text}"}\')')
    return value


WrittenOut = Annotated[str, BeforeValidator(_as_template)]


class Bodies(Strict):
    """Two bodies, where the answer that goes on and the one that ends differ in more than words."""

    goes_on: WrittenOut
    ends: WrittenOut


class ReplyForm(Strict):
    """How a screen is said."""

    format: Format
    body: Annotated[str | Bodies, BeforeValidator(_as_template)]
    headers: dict[str, WrittenOut] = Field({})
    content_type: ContentType = ""
    status: int = Field(200, ge=200, le=299)
    newline: str = ""
    replace: dict[str, str] = Field({})

    @field_validator("body", mode="after")
    @classmethod
    def _is_well_formed(cls, body: str | Bodies, info: ValidationInfo) -> str | Bodies:
        for template in (body,) if isinstance(body, str) else (body.goes_on, body.ends):
            if "format" in info.data:
                _checked(template, info.data["format"], needs_text=True)
        return body

    @field_validator("headers", mode="after")
    @classmethod
    def _are_headers(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, template in headers.items():
            if _HEADER.fullmatch(name) is None:
                raise ValueError(f"{name!r} is no header's name (write it as X-USSD-Session: …)")
            if {"text", "first_line"} & names_of(compiled(template, "text")):
                raise ValueError(f"the screen cannot stand in the header {name} (put {{text}} into the body)")
        return headers

    @model_validator(mode="after")
    def _says_whether_it_goes_on(self) -> Self:
        bodies = [self.body] if isinstance(self.body, str) else []
        told = [names_of(compiled(one, "text")) for one in (*bodies, *self.headers.values())]
        if isinstance(self.body, str) and not any("more" in names for names in told):
            raise ValueError(
                "the answer never says whether the session goes on "
                "(add {more ? CON : END} to the body or a header, or give a body for goes_on and one for ends)"
            )
        return self

    @property
    def type(self) -> str:
        """The content type."""
        return self.content_type or _CONTENT_TYPES[self.format]

    @cached_property
    def bodies(self) -> dict[bool, Template]:
        """The body's template while the session goes on, and at its end."""
        body = Bodies(goes_on=self.body, ends=self.body) if isinstance(self.body, str) else self.body
        return {True: compiled(body.goes_on, self.format), False: compiled(body.ends, self.format)}

    @cached_property
    def header_templates(self) -> tuple[tuple[str, Template], ...]:
        """The headers' templates."""
        return tuple((name, compiled(template, "text")) for name, template in self.headers.items())

    def names(self) -> frozenset[str]:
        """Return every name that the answer needs."""
        templates = (*self.bodies.values(), *(template for _, template in self.header_templates))
        return frozenset[str]().union(*map(names_of, templates))


def _checked(template: str, format: Format, *, needs_text: bool) -> None:
    pieces = compiled(template, format)
    if needs_text and format == "text":
        for looks, name in ((_LIKE_JSON, "json"), (_LIKE_XML, "xml")):
            if looks.match(template):
                raise ValueError(f"this looks like {name}, and format says text (write format: {name})")
    if needs_text and "text" not in names_of(pieces):
        raise ValueError("the screen is nowhere in it (put {text} where the screen goes)")
    wrong = fault(pieces, format)
    if wrong:
        raise ValueError(f"{wrong} (copy the answer from the operator's document and mind its quotes and brackets)")


class Plain(Strict):
    """An answer without a screen, to a notice that a session is over or to a question of the telecom's."""

    body: WrittenOut = ""
    format: Format = "text"
    content_type: ContentType = ""
    status: int = Field(200, ge=200, le=299)

    @field_validator("format", mode="after")
    @classmethod
    def _is_well_formed(cls, format: Format, info: ValidationInfo) -> Format:
        body = info.data.get("body", "")
        if body:
            _checked(body, format, needs_text=False)
        if {"text", "first_line", "more"} & names_of(compiled(body, format)):
            raise ValueError("there is no screen to say here (use {session}, {number} or {echo.X})")
        return format

    @property
    def type(self) -> str:
        """The content type."""
        return self.content_type or _CONTENT_TYPES[self.format]

    @cached_property
    def template(self) -> Template:
        """The body's template."""
        return compiled(self.body, self.format)


class Other(Strict):
    """A callback that is no turn of a session: understood, noted, answered."""

    when: Conditions
    what: str = Field(min_length=1, max_length=80)
    answer: Plain = Plain()
