"""An office as a table: what it can be asked, what can be filed there, and how a filed thing stands. Bearer token."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sample_government.counter import Job, bearer, problem, same, serve
from sample_government.desk import Desk

TOKEN = "demo-county-key"  # noqa: S105 (made up)
Asked = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Question:
    """What can be asked: the answer to the names in path, query and body; None where there is no such thing.

    A question that carries a secret is posted.
    """

    name: str
    path: str
    answer: Callable[[Asked], Any]
    method: str = "GET"


@dataclass(frozen=True, slots=True)
class Form:
    """What can be filed, once per Idempotency-Key: the fields it must have, and the state of what was filed."""

    name: str
    path: str
    fields: frozenset[str]
    state: str = "open"


@dataclass(frozen=True, slots=True)
class Office:
    """One office: its name in paths and faults, the letter of its tickets, its questions and forms."""

    name: str
    letter: str
    questions: tuple[Question, ...] = ()
    forms: tuple[Form, ...] = ()


def router(office: Office) -> APIRouter:
    """Return the routes of an office; `GET /{office}/tickets/{ticket}` tells how what was filed stands."""
    routes = APIRouter(prefix=f"/{office.name}", tags=[office.name])
    for question in office.questions:
        routes.add_api_route(
            question.path, _asks(office, question), methods=[question.method], name=question.name, response_model=None
        )
    for form in office.forms:
        routes.add_api_route(form.path, _files(office, form), methods=["POST"], name=form.name, response_model=None)
    if office.forms:
        routes.add_api_route("/tickets/{ticket}", _stands(office), methods=["GET"], name="ticket", response_model=None)
    return routes


Handler = Callable[[Request], Any]


def _asks(office: Office, question: Question) -> Handler:
    async def handler(request: Request) -> Response:
        body = await _body(request)
        if body is None:
            return _unreadable()
        asked = {**request.path_params, **request.query_params, **body}

        def work() -> Response:
            found = question.answer({name: str(value) for name, value in asked.items()})
            return JSONResponse(found) if found is not None else problem(404, "not-found", "There is no such thing.")

        return await _served(request, Job(office.name, question.name, asked, work, _refusal))

    return handler


def _files(office: Office, form: Form) -> Handler:
    async def handler(request: Request) -> Response:
        body = await _body(request)
        if body is None or not form.fields <= body.keys():
            return _unreadable(form.fields)
        desk: Desk = request.app.state.desk

        def work() -> Response:
            ticket = f"{office.letter}-{next(desk.numbers):05}"
            desk.tickets[ticket] = {"ticket": ticket, "state": form.state}
            return JSONResponse({"ticket": ticket}, 201, {"Location": f"/{office.name}/tickets/{ticket}"})

        return await _served(request, Job(office.name, form.name, body, work, _refusal, keyed=True))

    return handler


def _stands(office: Office) -> Handler:
    async def handler(request: Request) -> Response:
        desk: Desk = request.app.state.desk
        ticket = request.path_params["ticket"]

        def work() -> Response:
            found = desk.tickets.get(ticket)
            return JSONResponse(found) if found else problem(404, "no-such-ticket", "No such ticket.")

        return await _served(request, Job(office.name, "ticket", {"ticket": ticket}, work, _refusal))

    return handler


async def _served(request: Request, job: Job) -> Response:
    if not same(bearer(request), TOKEN):
        return problem(401, "no-token", "The bearer token is missing or wrong.")
    return await serve(request, job)


async def _body(request: Request) -> dict[str, Any] | None:
    """Return the JSON object that was sent, an empty one where there is no body; None where it is no object."""
    if not await request.body():
        return {}
    try:
        sent = await request.json()
    except ValueError:
        return None
    return sent if isinstance(sent, dict) else None


def _unreadable(fields: frozenset[str] = frozenset()) -> Response:
    wanted = f" with {', '.join(sorted(fields))}" if fields else ""
    return problem(422, "unreadable", f"Send a JSON object{wanted}.")


def _refusal() -> Response:
    return problem(422, "refused", "This cannot be done here. Ask at the office.")
