"""The command line: `gateway serve · check · dial · …`, one module a command. Touches the terminal.

Exit codes for scripts: 0 all is well, 1 what was asked is not so (a bad menu, books that do not balance), 2 it could
not be asked (bad arguments, no configuration, no gateway running, an address in use), with one line on standard error.
"""

from __future__ import annotations

import sys

import typer

from gateway.cli import (
    check,
    conformance,
    costs,
    dial,
    diff,
    doctor,
    graph,
    importing,
    menus,
    new,
    requests,
    schema,
    serve,
    telco,
    test,
    verify,
)
from gateway.cli.terminal import errors, flowing
from gateway.messages import GatewayError, Misconfigured

app = typer.Typer(
    name="gateway",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",  # as markdown, the stars of short codes would be lost
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Citizens dial a short code or send an SMS; their request reaches the right government office, for certain.",
    epilog="Start with `gateway check`, `gateway serve`, then `gateway dial '*384*70#'`.",
)
app.command()(serve.serve)
app.command()(check.check)
app.command()(dial.dial)
app.command()(test.test)
app.command()(costs.report)
app.add_typer(importing.app, name="import")
app.add_typer(menus.app, name="menus")
app.add_typer(requests.app, name="requests")
app.add_typer(new.app, name="new")
app.command()(verify.verify)
app.command()(doctor.doctor)
app.command()(conformance.conformance)
app.command()(telco.telco)
app.command()(graph.graph)
app.command()(diff.diff)
app.command()(schema.schema)
flowing(app)


def main() -> None:
    """Run the command line; an error of ours is one line on standard error and exit code 2."""
    try:
        app()
    except Misconfigured as error:
        for complaint in error.complaints:
            errors.print(complaint, style="red", soft_wrap=True, markup=False, highlight=False)
        sys.exit(2)
    except GatewayError as error:
        errors.print(f"gateway: {error}", style="red", soft_wrap=True, markup=False, highlight=False)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
