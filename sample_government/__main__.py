"""Run the sample government: `python -m sample_government`. Listens on a socket; loopback unless told otherwise."""

from __future__ import annotations

import argparse

import uvicorn

from sample_government.app import build


def main() -> None:
    """Serve until interrupted."""
    words = argparse.ArgumentParser(
        prog="python -m sample_government", description="Make-believe offices and telecoms for the gateway to talk to."
    )
    words.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    words.add_argument("--port", type=int, default=8001, help="port to listen on (default: %(default)s)")
    words.add_argument("--gateway", default="", help="base URL of the gateway; delivery reports are posted there")
    given = words.parse_args()
    # No access log: paths hold account numbers.
    uvicorn.run(build(given.gateway), host=given.host, port=given.port, access_log=False)


if __name__ == "__main__":
    main()
