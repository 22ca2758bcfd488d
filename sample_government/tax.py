"""The tax authority: compliance by tax number and PIN. Says no with HTTP 200, as Kenya's revenue authority does.

The shape follows published sandbox answers of KRA GavaConnect (2025): success is `status: "OK"` without `ErrorCode`.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from sample_government.counter import Job, basic, bearer, same, serve

USER, PASSWORD, TOKEN = "gateway", "demo-tax-password", "demo-tax-key"
WRONG_PIN = "0000"
TAX_NUMBER = re.compile(r"[A-Z][0-9]{9}[A-Z]")
PEOPLE = {
    "A000000000Y": ("Amina Wekesa", "compliant", "2027-06-30"),
    "A000000001X": ("Baraka Otieno", "not compliant", None),
    "A000000003V": ("Chebet Kiplagat", "compliant", "2026-12-31"),
}
OWED = {
    "A000000001X": [
        {"prn": "2026000117", "type": "turnover", "amountCents": 345_000, "dueDate": "2026-12-20"},
        {"prn": "2026000118", "type": "income", "amountCents": 1_200_000, "dueDate": "2027-04-30"},
    ]
}
MAGIC = {"A000000005T": "broken", "A000000009S": "slow"}

router = APIRouter(prefix="/tax", tags=["tax"])


class Question(BaseModel):
    """Whose compliance is asked for, and the PIN that proves the asker."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    tax_number: str
    pin: str


@router.post("/compliance")
async def compliance(question: Question, request: Request) -> Response:
    """Tell whether a taxpayer is compliant. Every PIN but 0000 is right; A000000002W is always refused."""
    return await _answered(
        question,
        request,
        "compliance",
        lambda number, state, until: {"compliance": state, "validUntil": until},
    )


@router.post("/balance")
async def balance(question: Question, request: Request) -> Response:
    """Tell what a taxpayer owes, in cents, one line for each payment that is due."""
    return await _answered(question, request, "balance", lambda number, state, until: _owed(number))


def _owed(number: str) -> dict[str, Any]:
    due = OWED.get(number, [])
    return {"totalCents": sum(line["amountCents"] for line in due), "obligations": due}


async def _answered(
    question: Question, request: Request, operation: str, told: Callable[[str, str, str | None], dict[str, Any]]
) -> Response:
    if not _known(request):
        return JSONResponse({"ErrorCode": "401", "ErrorMessage": "Invalid credentials"}, 401)
    number = question.tax_number.strip().upper()

    def work() -> Response:
        if not TAX_NUMBER.fullmatch(number):
            return _no("70001", "Data Validation Error")
        if question.pin == WRONG_PIN:
            return _no("84003", "Wrong PIN")
        name, state, until = PEOPLE.get(number, ("", "", None))
        if number in MAGIC:
            name, state, until = "Magic Taxpayer", "compliant", "2027-06-30"
        if not name:
            return _no("84002", "Inactive / Wrong PIN")
        data = {"taxNumber": number, "name": name, **told(number, state, until)}
        return JSONResponse(
            {"responseCode": "70000", "responseDesc": "Successful", "status": "OK", "responseData": data}
        )

    job = Job("tax", operation, question.model_dump(), work, _refusal, MAGIC.get(number, "ok"))
    return await serve(request, job)


def _known(request: Request) -> bool:
    user, password = basic(request)
    return (same(user, USER) and same(password, PASSWORD)) or same(bearer(request), TOKEN)


def _no(code: str, message: str) -> Response:
    return JSONResponse({"RequestId": str(uuid.uuid4()), "ErrorCode": code, "ErrorMessage": message})


def _refusal() -> Response:
    return _no("84005", "Service not available to this taxpayer")
