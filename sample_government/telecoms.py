"""The sending APIs of Africa's Talking and Twilio: they keep each SMS and report its delivery to the gateway.

Shapes follow Africa's Talking's bulk SMS documentation (2024) and Twilio's Message resource (2010-04-01).
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Coroutine, Mapping
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl

import httpx
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from twilio.request_validator import RequestValidator

from sample_government.counter import Job, basic, same, serve
from sample_government.desk import Desk, now

API_KEY = "demo-africastalking-key"
ACCOUNT = "AC00000000000000000000000000000001"
AUTH_TOKEN = "0123456789abcdef0123456789abcdef"  # noqa: S105 (made up)
RECEIPT = "/in/africastalking/demo-secret/receipt"
STATUS = "/in/twilio/receipt"

# Numbers that stand for a handset's trouble, by their last digits.
REFUSED_NUMBERS = {"+254700000093": (403, "InvalidPhoneNumber"), "+254700000096": (406, "UserInBlacklist")}
TWILIO_REFUSALS = {403: (21211, "Invalid To number"), 406: (21610, "Attempt to send to unsubscribed recipient")}
UNREACHABLE = "+254700000099"

router = APIRouter(tags=["telecoms"])
log = logging.getLogger("sample_government")


@router.post("/africastalking/version1/messaging")
async def africastalking(request: Request) -> Response:
    """Take an SMS for one or more numbers, in Africa's Talking's form."""
    if not same(request.headers.get("apikey"), API_KEY):
        return PlainTextResponse("The supplied authentication is invalid", 401)
    desk: Desk = request.app.state.desk
    form = await _form(request)

    def work() -> Response:
        numbers = [number.strip() for number in form.get("to", "").split(",") if number.strip()]
        rows = [_recipient(desk, number, form) for number in numbers]
        sent = [row for row in rows if row["statusCode"] == 101]
        for row in sent:
            _later(desk, report_africastalking(desk, str(row["number"]), str(row["messageId"])))
        summary = f"Sent to {len(sent)}/{len(rows)} Total Cost: KES {0.8 * len(sent):.4f}"
        return JSONResponse({"SMSMessageData": {"Message": summary, "Recipients": rows}}, 201)

    def refusal() -> Response:
        return JSONResponse({"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}, 201)

    return await serve(request, Job("africastalking", "sms", form, work, refusal))


@router.post("/twilio/2010-04-01/Accounts/{sid}/Messages.json")
async def twilio(sid: str, request: Request) -> Response:
    """Take one SMS, in Twilio's form."""
    user, password = basic(request)
    if sid != ACCOUNT or not same(user, ACCOUNT) or not same(password, AUTH_TOKEN):
        return _twilio_error(401, 20003, "Authenticate")
    desk: Desk = request.app.state.desk
    form = await _form(request)

    def work() -> Response:
        to = form.get("To", "")
        if to in REFUSED_NUMBERS:
            return _twilio_error(400, *TWILIO_REFUSALS[REFUSED_NUMBERS[to][0]])
        message = "SM" + uuid.uuid4().hex
        _keep(desk, "twilio", message, to, form.get("From", ""), form.get("Body", ""))
        _later(desk, report_twilio(desk, form, message))
        return JSONResponse(_message(sid, message, form), 201)

    return await serve(
        request, Job("twilio", "sms", form, work, lambda: _twilio_error(400, 21606, "From is not a valid sender"))
    )


async def report_africastalking(desk: Desk, number: str, message: str) -> None:
    """Tell the gateway that the handset has the message, or that it could not be reached."""
    form = {"id": message, "phoneNumber": number, "networkCode": "63902", "retryCount": "0", "status": "Success"}
    if number == UNREACHABLE:
        form |= {"status": "Failed", "failureReason": "AbsentSubscriber"}
    await _report(desk, RECEIPT, desk.gateway + RECEIPT, form, {})


async def report_twilio(desk: Desk, sent: Mapping[str, str], message: str) -> None:
    """Tell the gateway, signed, that the handset has the message, or that it could not be reached."""
    url = sent.get("StatusCallback") or desk.gateway + STATUS
    reached = sent.get("To") != UNREACHABLE
    state = "delivered" if reached else "undelivered"
    form = {
        "MessageSid": message,
        "SmsSid": message,
        "MessageStatus": state,
        "SmsStatus": state,
        "To": sent.get("To", ""),
        "From": sent.get("From", ""),
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
    } | ({} if reached else {"ErrorCode": "30003"})
    signature = RequestValidator(AUTH_TOKEN).compute_signature(url, form)
    await _report(desk, STATUS, url, form, {"X-Twilio-Signature": signature})


def _later(desk: Desk, report: Coroutine[Any, Any, None]) -> None:
    # A report comes even where the answer to the send was lost, so it does not hang on the response.
    task = asyncio.create_task(report)
    desk.reports.add(task)
    task.add_done_callback(desk.reports.discard)


async def _report(desk: Desk, name: str, url: str, form: dict[str, str], headers: dict[str, str]) -> None:
    if not desk.gateway:
        return
    await asyncio.sleep(desk.report_after)
    try:
        async with httpx.AsyncClient(timeout=10) as http:
            answer = await http.post(url, data=form, headers=headers)
    except httpx.HTTPError as trouble:
        log.warning("delivery report to %s did not arrive: %s", name, type(trouble).__name__)
        return
    if answer.status_code != 200:
        log.warning("delivery report to %s was answered %s", name, answer.status_code)


def _recipient(desk: Desk, number: str, form: Mapping[str, str]) -> dict[str, str | int]:
    if number in REFUSED_NUMBERS:
        code, word = REFUSED_NUMBERS[number]
        return {"statusCode": code, "number": number, "status": word, "cost": "0", "messageId": "None"}
    message = "ATXid_" + uuid.uuid4().hex
    _keep(desk, "africastalking", message, number, form.get("from", ""), form.get("message", ""))
    return {"statusCode": 101, "number": number, "status": "Success", "cost": "KES 0.8000", "messageId": message}


def _keep(desk: Desk, channel: str, message: str, to: str, sender: str, text: str) -> None:
    desk.sms.append({"to": to, "from": sender, "text": text, "channel": channel, "id": message, "at": now()})


def _message(sid: str, message: str, form: Mapping[str, str]) -> dict[str, str | None]:
    at = formatdate(usegmt=False)
    return {
        "account_sid": sid,
        "api_version": "2010-04-01",
        "body": form.get("Body", ""),
        "date_created": at,
        "date_sent": None,
        "date_updated": at,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": form.get("From", ""),
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": "1",
        "price": None,
        "price_unit": None,
        "sid": message,
        "status": "queued",
        "to": form.get("To", ""),
        "uri": f"/2010-04-01/Accounts/{sid}/Messages/{message}.json",
    }


def _twilio_error(status: int, code: int, message: str) -> Response:
    more = f"https://www.twilio.com/docs/errors/{code}"
    return JSONResponse({"code": code, "message": message, "more_info": more, "status": status}, status)


async def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
