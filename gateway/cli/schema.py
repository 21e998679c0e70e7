"""`taggate schema`: the JSON Schema for editors, or the reference for people."""

from enum import StrEnum
from typing import Annotated

import typer

from gateway.cli.output import print_json
from gateway.destinations import TYPES
from gateway.language.reference import reference
from gateway.language.schema import for_editors


class Form(StrEnum):
    """`--format`."""

    JSON = "json"
    MARKDOWN = "markdown"


def schema(form: Annotated[Form, typer.Option("--format", help="For editors, or for people.")] = Form.JSON) -> None:
    """Print the JSON Schema that editors read, or the reference of the whole language."""
    if form is Form.MARKDOWN:
        typer.echo(reference(TYPES), nl=False)
    else:
        print_json(for_editors(TYPES))
