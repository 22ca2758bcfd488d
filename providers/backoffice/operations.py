"""What config.yaml says of an office with JSON over HTTP: its operations, and how to read its answers. Pure."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from gateway.messages import JSON
from providers.answers import JsonPath, ListAt
from providers.exchange import HeaderSecret, Url
from providers.templates import names_in

_STRICT = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
_SET_BY_US: Final = frozenset(
    {"authorization", "connection", "content-length", "content-type", "host", "idempotency-key", "transfer-encoding"}
)


def _listed(value: Any) -> Any:
    """Let one rule or status stand for a list of one."""
    return value if isinstance(value, list | tuple) else [value]


def _plain_path(path: str) -> str:
    segments = path.split("/")
    if not path.startswith("/") or not re.fullmatch(r"[!-~]*", path) or any(mark in path for mark in "?#\\"):
        raise ValueError(f"{path!r} is not a path: it begins with / and holds no blanks, ? or #; see `query`")
    if any(segment in (".", "..") for segment in segments) or "" in segments[1:-1]:
        raise ValueError(f"{path!r} holds a blank segment, . or ..")
    if re.search(r"[{}]", re.sub(r"\{[A-Za-z_]\w*\}", "", path)):
        raise ValueError(f"{path!r} holds a brace that is not part of a {{name}}")
    return path


def _plain_headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        if not re.fullmatch(r"[A-Za-z0-9-]+", name) or not re.fullmatch(r"[ -~]*", value):
            raise ValueError(f"the header {name!r} has a name or a value that HTTP cannot carry")
        if name.lower() in _SET_BY_US:
            raise ValueError(f"the header {name!r} is set by the gateway itself; credentials belong under `auth`")
    return headers


Path = Annotated[str, AfterValidator(_plain_path)]


class Rule(BaseModel):
    """What an answer looks like: one of the statuses, or something at a JSON path (one of `is`, if given), or both."""

    model_config = _STRICT

    status: Annotated[tuple[int, ...], BeforeValidator(_listed)] = ()
    where: JsonPath | None = None
    is_: Annotated[tuple[str | int | float | bool | None, ...], BeforeValidator(_listed)] = Field((), alias="is")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.status and self.where is None:
            raise ValueError("a rule has `status`, or `where` with a JSON path, or both")
        if self.is_ and self.where is None:
            raise ValueError("`is` says what stands at a path; add `where`")
        return self


Rules = Annotated[tuple[Rule, ...], BeforeValidator(_listed)]


class Operation(BaseModel):
    """One thing that the office can be asked or sent. Rules are read in the order `later`, `missing`, `refused`.

    `send` is the JSON to send, with {name} for what the menu sends; without it, all that the menu sends.
    """

    model_config = _STRICT

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "POST"
    path: Path
    query: dict[str, str] = {}
    send: dict[str, JSON] | None = None
    answer: dict[str, JsonPath | ListAt] = {}
    later: Rules = ()
    missing: Rules = ()
    refused: Rules = ()
    status: str | None = Field(None, description="the operation that asks how it stands")

    @model_validator(mode="after")
    def _sends_a_body(self) -> Self:
        if self.method == "GET" and self.send is not None:
            raise ValueError("a GET has no body; put what it sends into `query` or `path`")
        return self

    def needs(self) -> frozenset[str]:
        """Return the names that the operation's templates use."""
        return names_in(self.path) | names_in(self.query) | names_in(self.send)

    def answers(self) -> dict[str, frozenset[str]]:
        """Return the names that the answer can hold, each with its fields if it is a list."""
        return {name: frozenset(at.each if isinstance(at, ListAt) else ()) for name, at in self.answer.items()}

    def reads_body(self) -> bool:
        """Return whether what the office means stands in the body, so that an unreadable one decides nothing."""
        return bool(self.answer) or any(rule.where for rule in (*self.later, *self.missing, *self.refused))


class ApiKey(BaseModel):
    """A key in a header of the office's own naming."""

    model_config = _STRICT

    header: str = Field(pattern=r"^[A-Za-z0-9-]+$")
    value: HeaderSecret


class Basic(BaseModel):
    """HTTP Basic."""

    model_config = _STRICT

    username: str = Field(pattern=r"^[^:\x00-\x1f]+$")
    password: HeaderSecret


class Auth(BaseModel):
    """How we prove to the office who we are: one of the three."""

    model_config = _STRICT

    api_key: ApiKey | None = None
    basic: Basic | None = None
    bearer: HeaderSecret | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if sum(way is not None for way in (self.api_key, self.basic, self.bearer)) != 1:
            raise ValueError("`auth` is one of `api_key`, `basic` and `bearer`")
        return self


class Settings(BaseModel):
    """An office's keys in config.yaml."""

    model_config = _STRICT

    url: Url
    auth: Auth | None = None
    headers: Annotated[dict[str, str], AfterValidator(_plain_headers)] = {}
    operations: dict[str, Operation] = Field(min_length=1)
    health: Path | None = None

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        if "?" in self.url:
            raise ValueError("`url` holds no ?; a query belongs to an operation")
        for name, operation in self.operations.items():
            asked = operation.status
            if asked is not None and asked not in self.operations:
                raise ValueError(f"operation {name!r} has the status operation {asked!r}, which is not there")
            unknown = self.operations[asked].needs() - {"reference", *operation.answer} if asked is not None else ()
            if unknown:
                known = ", ".join(["reference", *operation.answer])
                raise ValueError(f"operation {asked!r} asks for a status, so its only names are {known}")
        return self
