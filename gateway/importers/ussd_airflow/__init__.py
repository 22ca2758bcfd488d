"""ussd_airflow journeys, YAML files of screens with Jinja, in our menu language. Pure.

The format as its documentation tells it: a map of screens by name, each with a `type`; `initial_screen` says which is
the first, and may hold variables, a default language and how to page.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.importers import naming
from gateway.importers.draft import Draft
from gateway.importers.mending import Made, finished
from gateway.importers.notes import Imported, Notes
from gateway.importers.offices import Offices
from gateway.importers.ussd_airflow.journey import Journey, journeys
from gateway.importers.ussd_airflow.known import languages
from gateway.importers.ussd_airflow.screens import converted
from gateway.messages import GatewayError


def imported(files: Mapping[str, str], agency: str, service: str = "") -> Imported:
    """Return the services that the journeys make. `files` are texts by path, with those that they extend.

    `service` names it where there is just one. Raises GatewayError for what is no journey at all.
    """
    notes, offices = Notes(), Offices()
    found = journeys(files, notes)
    if not found:
        raise GatewayError(f"{', '.join(files)}: no screens in it (a journey has screens with a type)")
    if service and len(found) > 1:
        raise GatewayError("--service names one service, and there are several journeys (import them one by one)")
    drafts: list[Draft] = []
    for journey in found:
        draft = _draft(journey, agency, service, {draft.service for draft in drafts})
        converted(journey, draft, offices, notes)
        drafts.append(draft)
    return finished(Made(drafts, offices, notes))


def _draft(journey: Journey, agency: str, service: str, taken: set[str]) -> Draft:
    stem = journey.file.rpartition("/")[2].rpartition(".")[0] or journey.file
    name = service or naming.unique(naming.slug(stem, "service"), taken, "-")
    title = name.rpartition("/")[2].replace("-", " ").capitalize()
    spoken = languages(journey)
    return Draft(name, agency, title, spoken, journey.place(), f"{journey.file} (ussd_airflow)")
