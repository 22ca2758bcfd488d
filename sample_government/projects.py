"""The register of public projects, shaped after OC4IDS 0.9 with the few fields that fit a phone. Bearer token."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from sample_government.counter import Job, bearer, problem, same, serve

TOKEN = "demo-projects-key"  # noqa: S105 (made up)
MAGIC = {"9999": "slow", "8888": "down", "7777": "refuse", "6666": "nonsense"}

router = APIRouter(prefix="/projects", tags=["projects"])


def _project(code: str, title: str, status: str, amount: int, contractor: str, percent: int) -> dict[str, Any]:
    return {
        "id": f"oc4ids-sample-{code}",
        "code": code,
        "title": title,
        "status": status,
        "budget": {"amount": {"amount": amount, "currency": "KES"}},
        "publicAuthority": {"name": "County Public Works"},
        "contractor": {"name": contractor},
        "completion_percent": percent,
        "data_date": "2026-10-31",
    }


PROJECTS = {
    row[0]: _project(*row)
    for row in (
        ("1001", "Kalundu borehole", "implementation", 4_200_000, "Maji Bora Works", 60),
        ("1002", "Market road paving", "completion", 18_500_000, "Barabara Builders", 100),
        ("1003", "Health centre maternity wing", "preparation", 32_000_000, "Not yet chosen", 0),
        ("1004", "Riverside footbridge", "cancelled", 2_750_000, "Daraja Engineers", 15),
        ("1005", "Bus park lights", "maintenance", 1_900_000, "Taa Electricals", 100),
    )
}
PROJECTS |= {code: _project(code, "Magic project", "implementation", 1_000_000, "Nobody", 50) for code in MAGIC}


@router.get("/{code}")
async def project(code: str, request: Request) -> Response:
    """Tell how a public project stands; 404 where there is no such project."""
    if not same(bearer(request), TOKEN):
        return problem(401, "no-token", "The bearer token is missing or wrong.")

    def work() -> Response:
        found = PROJECTS.get(code.strip())
        return JSONResponse(found) if found else problem(404, "no-such-project", "No such project.")

    def refusal() -> Response:
        return problem(422, "not-public", "This project is not public.")

    return await serve(request, Job("projects", "project", {"code": code}, work, refusal, MAGIC.get(code, "ok")))
