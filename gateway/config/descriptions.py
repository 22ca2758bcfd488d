"""The file that describes a channel's telecom: found, read, and every value with its place there. Touches files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gateway.config.secrets import SECRET, unread
from gateway.language import places
from gateway.language.places import Document

_CODE = "config-unreadable-description"


def described(document: Document, path: places.Path, body: Any) -> tuple[Any, Document | None]:
    """Return a channel with the description that it names as `file:PATH`, and that file with its places.

    What cannot be read is left out of the channel, and is in `document.lost`.
    """
    told = body.get("describe") if isinstance(body, dict) else None
    if not isinstance(told, str):
        return body, None
    without, place = {key: value for key, value in body.items() if key != "describe"}, (*path, "describe")
    named = SECRET.match(told)
    if named is None or named[1] != "file":
        file = told.removeprefix("env:") if "." in told else "wonderland.yaml"
        what = "a description stands in a file, or here as keys and values"
        document.complain_once(_CODE, place, what, f"write describe: file:{file}")
        return without, None
    try:
        text = (Path(document.file).parent / named[2]).read_bytes()
    except OSError as error:
        what = f"the file {named[2]} cannot be read: {unread(error)}"
        todo = "write the telecom's description into that file; its path begins at the folder of the configuration"
        document.complain_once(_CODE, place, what, todo)
        return without, None
    return _read(document, body, text, str(Path(document.file).parent / named[2]))


def _read(document: Document, body: dict[str, Any], text: bytes, file: str) -> tuple[Any, Document]:
    written = places.read(text, file, "write the telecom's description into it")
    document.complaints += written.complaints
    written.values = {("describe", *place): at for place, at in written.values.items()}
    written.keys = {("describe", *place): at for place, at in written.keys.items()}
    return {**body, "describe": written.data}, written
