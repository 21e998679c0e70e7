"""`taggate schema`: the JSON Schema for editors."""

from gateway.cli.output import print_json
from gateway.destinations import TABLE
from gateway.language.schema import for_editors


def schema() -> None:
    """Print the JSON Schema that editors read."""
    print_json(for_editors({name: destination.type for name, destination in TABLE.items()}))
