"""What a turn promises, as the store keeps it: requests, messages, a remembered language. Touches nothing.

A call to an office is composed here, once; every attempt sends these bytes.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gateway import engine
from gateway.config import Channel, Config
from gateway.crypto import Chance, Keys
from gateway.engine import Facts
from gateway.messages import Call
from gateway.spending import Caps
from gateway.store.records import NewMessage, NewRequest, Rating


@dataclass(frozen=True, slots=True)
class Promised:
    """What is committed with a turn, beside the session."""

    requests: tuple[NewRequest, ...] = ()
    messages: tuple[NewMessage, ...] = ()
    ratings: tuple[Rating, ...] = ()
    language: str | None = None


NOTHING = Promised()


class Promises:
    """Makes promises of effects."""

    def __init__(self, config: Config, keys: Keys, chance: Chance) -> None:
        self._config, self._keys, self._chance = config, keys, chance
        self._caps = Caps(config.sms_limits)

    def of(self, channel: Channel, effects: Sequence[engine.Effect], edition: str, facts: Facts) -> Promised:
        """Return what a turn's effects promise."""
        if not effects:
            return NOTHING
        requests, messages, ratings, language = [], [], [], None
        for effect in effects:
            match effect:
                case engine.Submit():
                    requests.append(self._request(channel, effect, edition, facts))
                case engine.Message():
                    messages.extend(self._message(channel, effect, facts))
                case engine.Rated():
                    ratings.append(Rating(effect.reference, effect.score, effect.comment))
                case engine.Remember():
                    language = effect.language
        return Promised(tuple(requests), tuple(messages), tuple(ratings), language)

    def answer(self, channel: str, number: str, text: str, link: str = "") -> NewMessage:
        """Return an SMS that answers what a citizen just texted, opted out or not; it goes out where hers came in."""
        caps = self._caps.of_answer(number, text, self._price(channel))
        return NewMessage(f"answer-{self._new_id()}", channel, number, text, link=link, caps=caps)

    def _request(self, channel: Channel, effect: engine.Submit, edition: str, facts: Facts) -> NewRequest:
        return NewRequest(
            reference=effect.reference,
            service=effect.service,
            agency=effect.agency,
            title=effect.title,
            office=effect.office,
            ask=effect.ask,
            number=facts.phone,
            channel=channel.name,
            language=effect.language,
            edition=edition,
            call=self._call(effect),
            key=self._new_id(),
            sealed=effect.secret,
        )

    def _call(self, effect: engine.Submit) -> Call:
        office = self._config.offices.get(effect.office)
        if office is None:
            raise engine.MenuTrouble(f"{effect.service}: the office {effect.office!r} is not configured")
        call = office.adapter.compose(office.settings, effect.ask, effect.send)
        if not effect.secret:
            return call
        plain = b"%b\n%b" % (call.path.encode(), call.body)  # an operation may put a secret into its path, too
        return replace(call, path="", body=self._keys.seal(plain, effect.reference.encode()))

    def _message(self, channel: Channel, effect: engine.Message, facts: Facts) -> list[NewMessage]:
        """A receipt goes out by its route, else on the channel it came by, else on the first that has SMS.

        It is a notice: not sent to a number that opted out, and counted against the caps. Without SMS, not at all.
        """
        ways = self._ways(channel, facts)
        if not ways:
            return []
        text = self._in_letters(effect.text, ways, facts.network)
        caps = self._caps.of_notice(facts.phone, text, effect.service, self._price(ways[0]))
        key, reference = f"notice-{self._new_id()}", effect.reference or None
        return [NewMessage(key, ways[0], facts.phone, text, "", reference, tuple(ways[1:]), caps)]

    def _in_letters(self, text: str, ways: Sequence[str], network: str) -> str:
        """Return a text as it can be read whichever of the ways it goes."""
        for way in ways:
            text = self._config.channels[way].limits_of(network).as_sms().shown(text)
        return text

    def _ways(self, channel: Channel, facts: Facts) -> Sequence[str]:
        for route in self._config.routes:
            if facts.phone.startswith(route.prefix) and route.network in ("", facts.network):
                return route.channels
        by = channel if channel.sms is not None else next((c for c in self._config.channels.values() if c.sms), None)
        return [by.name] if by is not None else []

    def _price(self, channel: str) -> float:
        sms = self._config.channels[channel].sms
        return sms.price if sms is not None else 0.0

    def _new_id(self) -> str:
        return str(uuid.UUID(int=self._chance.bits(), version=4))
