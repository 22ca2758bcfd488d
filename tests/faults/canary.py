"""A whole run with a PIN, a secret word and a phone number that occur nowhere else, and the search for them."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from twilio.request_validator import RequestValidator

from tests.faults import harness
from tests.faults.harness import CODE, MENUS, USSD, Cut, Ground, Line
from tests.faults.office import Asked, Office, an_office

PIN, WORD, PHONE = "739105846217", "Mzunguko-Zebaki-48151", "+254700948362"
HOME = "/in/africastalking/demo-secret"
TOKEN = "0123456789abcdef0123456789abcdef"
TAX = "A000000000Y"
WRONG = {"ErrorCode": "84003", "ErrorMessage": f"wrong PIN {PIN}"}
RIGHT = {"responseData": {"compliance": "compliant", "name": "Amina", "validUntil": "2027-01-01"}}
SENT = {"SMSMessageData": {"Recipients": [{"statusCode": 101, "messageId": "ATXid_1", "cost": "KES 0.8"}]}}
ECHO = f"<html>Error: you sent {PIN} and {WORD} from {PHONE}</html>".encode()


@dataclass(slots=True)
class Canary:
    """One run: what the gateway answered, what the offices were sent, and where something was found."""

    ground: Ground
    office: Office = field(init=False)
    down: bool = True
    taxed: int = 0
    answered: list[bytes] = field(default_factory=list)
    found: list[str] = field(default_factory=list)
    sessions: int = 0

    async def answer(self, asked: Asked) -> tuple[int, bytes]:
        """Answer as offices in trouble do: with what they were sent, in the error."""
        if asked.path.startswith("/africastalking"):
            return 201, json.dumps(SENT).encode()
        if asked.path.startswith("/twilio"):
            return 201, b'{"sid": "SM1", "status": "queued"}'
        if asked.path.startswith("/water"):
            return (503, ECHO) if self.down else (201, b'{"ticket": "W-1"}')
        if asked.path.startswith("/tax"):
            self.taxed += 1
            return [(200, json.dumps(WRONG).encode()), (500, ECHO), (200, ECHO), (200, json.dumps(RIGHT).encode())][
                min(self.taxed - 1, 3) if self.taxed != 2 else 0
            ]
        return 404, ECHO

    async def walk(self, line: Line, *inputs: str, first: str = "") -> str:
        """Dial (`first` is a long dial) and type; return the session's last transcript."""
        self.sessions += 1
        text = first
        for typed in (None, *inputs):
            text = text if typed is None else f"{text}*{typed}" if text else typed
            self.answered.append(await line.dialled(f"ATUid_{self.sessions}", PHONE, text))
        return text

    async def post(self, line: Line, path: str, form: dict[str, str], **headers: str) -> None:
        """Send any callback and keep its answer."""
        status, body = await line.post(path, urlencode(form).encode(), **headers)
        self.answered.append(b"%d %b" % (status, body))

    # --- the run

    async def asks_tax(self, line: Line) -> None:
        """Wrong PINs, an office in trouble, long dials with the PIN in them, an end notice with all that was typed."""
        await self.walk(line, "1", TAX, PIN[:-1], PIN + "1", PIN, TAX, PIN, TAX, PIN)
        await self.walk(line, "1", TAX, PIN)
        await self.walk(line, first=f"1*{TAX}*{PIN}")
        await self.walk(line, "9", "1", first=f"1*{TAX}*{PIN}*8")
        text = await self.walk(line, first=f"1*{TAX}*{PIN[:-1]}")
        await self.ended(line, text)
        await self.walk(line, "1", PIN)

    async def ended(self, line: Line, text: str) -> None:
        """Send the telecom's notice that the last session is over."""
        form = {
            "sessionId": f"ATUid_{self.sessions}", "phoneNumber": PHONE, "serviceCode": CODE, "networkCode": "63902",
            "status": "Incomplete", "input": text, "lastAppResponse": f"CON {text}", "durationInMillis": "4000",
            "hopsCount": "3", "date": "2026-11-23 10:00:00", "cost": "KES 1",
        }  # fmt: skip
        await self.post(line, HOME + "/ussd-end", form)

    async def tells(self, line: Line) -> None:
        """Two secrets, dropped before the confirmation, resumed, filed while the office is down."""
        text = await self.walk(line, "2", "2", WORD, PIN, "Kalundu")
        await self.ended(line, text)
        self.look("while a session with secrets was dropped")
        await self.walk(line, "1", "1")
        await self.walk(line, "1", first=f"2*{WORD}*{PIN}*Kalundu")
        await self.walk(line, f"../{WORD}", first="3")
        await self.walk(line, first=f"3*{WORD}")
        await self.walk(line, "0", "0", "1", first=f"1*{PIN}")

    async def texts(self, line: Line) -> None:
        """The same by SMS of both telecoms, and what no service knows."""
        says = (
            f"TAX {TAX} {PIN}", "1", "1", f"TAX {PIN}", f"TELL {WORD}", PIN, "Kalundu", "1", f"FIND {PIN} {WORD}",
            f"STATUS {PIN}", "STOP",
        )  # fmt: skip
        for n, text in enumerate(says):
            form = {"id": f"sms-{n}", "from": PHONE, "to": "22384", "text": text, "date": "2026-11-23 10:00:00"}
            await self.post(line, HOME + "/sms", form)
            form = {
                "MessageSid": f"SM{n:032}",
                "From": PHONE,
                "To": "+15005550006",
                "Body": text,
                "AccountSid": "AC" + "0" * 31 + "1",
            }
            url = f"http://127.0.0.1:{self.ground.port}/in/twilio/sms"
            signature = RequestValidator(TOKEN).compute_signature(url, form)
            await self.post(line, "/in/twilio/sms", form, X_Twilio_Signature=signature)
            await self.post(line, "/in/twilio/sms", form, X_Twilio_Signature=signature[:-4] + "AAA=")

    async def misspeaks(self, line: Line) -> None:
        """Everything malformed that a telecom, a stranger or a proxy may send, with the secrets in it."""
        full = {"sessionId": "ATUid_0", "phoneNumber": PHONE, "serviceCode": CODE, "text": f"1*{TAX}*{PIN}*{WORD}"}
        for missing in full:
            await self.post(line, USSD, {name: value for name, value in full.items() if name != missing})
        await self.post(line, USSD, full | {"phoneNumber": f"{PHONE}x{PIN}"})
        await self.post(line, USSD, full | {"text": f"{PIN}*{WORD}" * 2000})
        await self.post(line, USSD.replace("demo", PIN), full)
        await self.post(line, f"{HOME}/{PIN}", full)
        await self.post(
            line, HOME + "/ussd-end", {"sessionId": PIN, "phoneNumber": PHONE, "status": PIN, "input": WORD}
        )
        await self.post(line, HOME + "/receipt", {"id": PIN, "phoneNumber": PHONE})
        await self.post(line, HOME + "/opt-out", {"phoneNumber": f"{PHONE}{PIN}"})
        query = urlencode(full)
        bodies = (
            query.encode() + b"&text=" + PIN.encode(), query.encode() + b"&x=%ff%fe", b"\xff" + query.encode(),
            json.dumps(full).encode(), query.replace("=", "%").encode(),
        )  # fmt: skip
        for body in bodies:
            for kind in ("application/x-www-form-urlencoded", "application/json", f"text/{PIN}"):
                self.answered.append((await line.post(USSD, body, kind))[1])
        for path in (f"{USSD}?{query}", f"/{PIN}/{WORD}", f"/health/live?{query}", "/health/ready", "/metrics"):
            self.answered.append((await line.get(path))[1])
        with suppress(Cut, ValueError):
            await line._asked(f"POST {USSD} HTTP/9.{PIN}\r\n{WORD}: \x00{PHONE}\r\n\r\n".encode())
        line.close()

    async def run(self, sabotage: str = "") -> None:
        """Do everything, with a look at every place in between and at the end."""
        self.office = Office(self.answer)
        async with (
            an_office(self.ground.office_port, self.office),
            harness.a_gateway(self.ground, sabotage, "debug") as process,
            harness.lines(self.ground.port, 1) as (line,),
        ):
            for part in (self.asks_tax, self.tells, self.texts, self.misspeaks):
                await part(line)
                self.look(f"after {part.__name__}")
            self.down = False
            filed = "SELECT count(*) FROM outbox WHERE state = 'queued'"
            assert await harness.until(lambda: self.ground.rows(filed) == [(0,)], 30), "not everything was delivered"
            self.answered.append((await line.get("/metrics"))[1])
            self.look("after delivery")
            process.end()
        self.look("at the end")
        listed = [self.ground.run("requests", "list", "--json"), self.ground.run("verify")]
        self.answered += [(done.stdout + done.stderr).encode() for done in listed]
        self.search("an answer or the command line", b"\n".join(self.answered), phone=True)
        for asked in self.office.asked:
            self.search_office(asked)

    # --- the search

    def look(self, when: str) -> None:
        """Search every file of the gateway. The phone number may be in the database."""
        for path in sorted(self.ground.folder.rglob("*")):
            if path.is_file() and path != self.ground.config:
                self.search(f"{path.name} {when}", path.read_bytes(), phone="gateway.db" not in path.name)

    def search(self, where: str, data: bytes, *, phone: bool) -> None:
        """Note which canary is in some bytes, in the forms in which it could hide."""
        canaries = {"PIN": PIN[:8], "word": WORD} | ({"phone number": PHONE[4:]} if phone else {})
        for name, text in canaries.items():
            self.found += [f"the {name} is in {where} ({form})" for form, bytes_ in _forms(text) if bytes_ in data]

    def search_office(self, asked: Asked) -> None:
        """Say whether somebody was sent what is not for them."""
        sent = asked.path.encode() + asked.body
        if not asked.path.startswith(("/tax/", "/water/faults")) and PIN.encode() in sent:
            self.found.append(f"the PIN was sent to {asked.path}")
        if not asked.path.startswith(("/water/faults", "/projects/")) and WORD.encode() in sent:
            self.found.append(f"the word was sent to {asked.path}")
        if not asked.path.startswith(("/water/faults", "/africastalking", "/twilio")) and PHONE[4:].encode() in sent:
            self.found.append(f"the phone number was sent to {asked.path}")


def _forms(text: str) -> Iterator[tuple[str, bytes]]:
    yield "as it is", text.encode()
    yield "upper case", text.upper().encode()
    yield "lower case", text.lower().encode()
    yield "quoted", quote(text).encode()
    yield "hexadecimal", text.encode().hex().encode()
    yield "UTF-16", text.encode("utf-16-le")
    for shift in range(3):
        yield "base64", base64.b64encode(b"." * shift + text.encode())[4:-4]


def secrets(config: dict[str, Any]) -> None:
    """Open the services with secrets in them."""
    config["channels"]["africastalking"]["codes"] = {CODE: {"service": "desk", "toll_free": True}}
    config["offices"]["water-crm"]["rate"] = 100


async def canary(sabotage: str = "") -> tuple[list[str], Canary]:
    """Run it on a ground of its own; return where a canary was found, and the run."""
    with harness.a_ground(MENUS / "secrets", secrets) as ground:
        run = Canary(ground)
        async with asyncio.timeout(150):
            await run.run(sabotage)
        return sorted(set(run.found)), run
