"""The water company: billing look-up, and a desk that takes fault reports and gives a ticket. Key in X-Api-Key."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from sample_government.counter import Job, problem, same, serve
from sample_government.desk import Desk

KEY = "demo-water-key"
ACCOUNTS = {
    "10000001": ("Amina Wekesa", 125_000),
    "10000002": ("Baraka Otieno", 0),
    "10000003": ("Chebet Kiplagat", 4_250),
    "10000004": ("Daudi Mwangi Traders and Sons Limited", 9_876_550),
    "12345678": ("Esther Njeri", 78_500),
}
MAGIC = {"99999999": "slow", "88888888": "down", "77777777": "refuse", "66666666": "nonsense"}
NO_KEY = "The header X-Api-Key is missing or wrong."

router = APIRouter(prefix="/water", tags=["water"])


class FaultReport(BaseModel):
    """What a citizen reports. `account` is "0" where there is none; anything else the office sends is kept."""

    model_config = ConfigDict(extra="allow", coerce_numbers_to_str=True)

    type: str
    place: str
    account: str = "0"
    phone: str = ""


@router.get("/accounts/{number}")
async def account(number: str, request: Request) -> Response:
    """Tell whose account it is and what is owed, in cents; 404 where there is no such account."""
    if not _known(request):
        return problem(401, "no-key", NO_KEY)

    def work() -> Response:
        if number in MAGIC:
            return JSONResponse({"customer": {"name": "Magic Account"}, "balance_cents": 100})
        if number not in ACCOUNTS:
            return problem(404, "no-such-account", "No such account.")
        name, cents = ACCOUNTS[number]
        return JSONResponse({"customer": {"name": name}, "balance_cents": cents})

    job = Job("water", "account", {"number": number}, work, _refusal, MAGIC.get(number, "ok"))
    return await serve(request, job)


@router.post("/faults")
async def fault(report: FaultReport, request: Request) -> Response:
    """Open a ticket, once per Idempotency-Key."""
    if not _known(request):
        return problem(401, "no-key", NO_KEY)
    desk: Desk = request.app.state.desk
    body = report.model_dump()

    def work() -> Response:
        ticket = f"W-{next(desk.numbers):05}"
        desk.tickets[ticket] = {"ticket": ticket, "state": "open", "type": report.type, "place": report.place}
        return JSONResponse({"ticket": ticket}, 201, {"Location": f"/water/faults/{ticket}"})

    job = Job("water", "fault", body, work, _refusal, MAGIC.get(report.account, "ok"), keyed=True)
    return await serve(request, job)


@router.get("/faults/{ticket}")
async def ticket(ticket: str, request: Request) -> Response:
    """Tell how a ticket stands."""
    if not _known(request):
        return problem(401, "no-key", NO_KEY)
    desk: Desk = request.app.state.desk

    def work() -> Response:
        found: dict[str, Any] | None = desk.tickets.get(ticket)
        return JSONResponse(found) if found else problem(404, "no-such-ticket", "No such ticket.")

    return await serve(request, Job("water", "ticket", {"ticket": ticket}, work, _refusal))


def _known(request: Request) -> bool:
    return same(request.headers.get("x-api-key"), KEY)


def _refusal() -> Response:
    return problem(422, "account-closed", "The account is closed. Ask at the office.")
