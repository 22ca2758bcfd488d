"""Joins the offices and telecoms to one application, with the routes that show and upset them."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from sample_government import county, projects, tables, tax, telecoms, water
from sample_government.counter import Connections
from sample_government.desk import ALSO_CALLED, MODES, OFFICES, Desk, Fault


class FaultOrder(BaseModel):
    """Which office shall behave how. `seconds` counts while it is slow."""

    office: str
    mode: str = "ok"
    seconds: float = Field(default=8.0, ge=0, le=600)


def build(gateway: str = "", report_after: float = 0.5) -> Connections:
    """Build the sample government. `gateway` is the base URL for delivery reports; empty: none are sent."""
    app = FastAPI(title="Sample government", description="Make-believe offices and telecoms. Not for citizens.")
    app.state.desk = Desk(gateway=gateway.rstrip("/"), report_after=report_after)
    _add_health(app)
    for office in (water, tax, projects, telecoms):
        app.include_router(office.router)
    for place in county.COUNTY:
        app.include_router(tables.router(place))
    _add_desk(app)
    return Connections(app)


def _add_health(app: FastAPI) -> None:
    # Before the offices' own routes: a project could be called "health".
    @app.get("/{office}/health")
    async def health(office: str, request: Request) -> JSONResponse:
        """Tell whether an office is open."""
        if office not in OFFICES:
            return JSONResponse({"error": f"There is no office {office!r}.", "offices": OFFICES}, 404)
        closed = request.app.state.desk.faults[office].mode == "down"
        return JSONResponse({"state": "down" if closed else "ok"}, 503 if closed else 200)


def _add_desk(app: FastAPI) -> None:
    @app.get("/")
    async def doors() -> dict[str, Any]:
        """Say what there is."""
        return {"see": ["/received", "/sms", "/fault", "/docs"], "offices": OFFICES, "modes": MODES}

    @app.get("/received")
    async def received(request: Request) -> list[dict[str, Any]]:
        """List what the offices were sent, oldest first. `times` counts how often the same key came."""
        desk: Desk = request.app.state.desk
        return [entry for entry in desk.received() if entry["operation"] != "sms"]

    @app.delete("/received", status_code=204)
    async def forget_received(request: Request) -> Response:
        """Forget what was received, its keys and its tickets."""
        request.app.state.desk.forget_received()
        return Response(status_code=204)

    @app.get("/sms")
    async def sms(request: Request) -> list[dict[str, Any]]:
        """List the SMS that the telecoms took, oldest first."""
        messages: list[dict[str, Any]] = request.app.state.desk.sms
        return messages

    @app.delete("/sms", status_code=204)
    async def forget_sms(request: Request) -> Response:
        """Forget the SMS."""
        request.app.state.desk.sms.clear()
        return Response(status_code=204)

    @app.get("/fault")
    async def faults(request: Request) -> dict[str, str]:
        """Tell how each office behaves."""
        return {office: fault.mode for office, fault in request.app.state.desk.faults.items()}

    @app.post("/fault")
    async def upset(order: FaultOrder, request: Request) -> JSONResponse:
        """Make an office behave as ordered until the next order."""
        office = ALSO_CALLED.get(order.office, order.office)
        if office not in OFFICES:
            return JSONResponse({"error": f"There is no office {order.office!r}.", "offices": OFFICES}, 422)
        if order.mode not in MODES:
            return JSONResponse({"error": f"There is no mode {order.mode!r}.", "modes": MODES}, 422)
        request.app.state.desk.faults[office] = Fault(order.mode, order.seconds)
        return JSONResponse({"office": office, "mode": order.mode})
