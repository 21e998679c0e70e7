"""A database of addresses, as providers sell them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmdb_writer import MMDBWriter
from netaddr import IPSet


def written(path: Path, records: Mapping[str, Any]) -> Path:
    """Network → what is known of it."""
    writer = MMDBWriter(ip_version=4, database_type="Countries")
    for network, record in records.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(path))
    return path
