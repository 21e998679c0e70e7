"""Whether a database's log (`*-wal`, sqlite.org/walformat.html) is whole. SQLite reads it up to the first frame that is
not as it was written, and takes the rest for what a power cut left of the last transaction: what was fsynced would be
gone without a word, a refusal among it."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from gateway.store.errors import Damaged

_HEADER = 32
_FRAME = 24
_SALTS = slice(16, 24)
_MAGIC = {0x377F0682: "<", 0x377F0683: ">"}
"""And the order of bytes in which the sums are made."""
_COMMIT = slice(4, 8)
"""Of a frame's header: not zero where the frame ends a transaction."""
_INDEX = 24
_READ = slice(16, 20)
"""In the log's index (`*-shm`): the frames that SQLite takes, as the machine writes numbers."""


def check_log(path: Path) -> None:
    """Of this database; a connection has read it. Raises Damaged, OSError."""
    try:
        with Path(f"{path}-wal").open("rb") as log, Path(f"{path}-shm").open("rb") as index:
            (taken,) = struct.unpack("=I", index.read(_INDEX)[_READ])
            if not _whole(log, taken):
                raise Damaged(f"the log of {path.name} is damaged")
    except FileNotFoundError:
        return


def check_left_log(path: Path) -> None:
    """The same where nobody has it open: then no index says what SQLite takes. Raises Damaged, OSError."""
    try:
        with Path(f"{path}-wal").open("rb") as log:
            taken = _taken(log)
            log.seek(0)
            if not _whole(log, taken):
                raise Damaged(f"the log of {path.name} is damaged")
    except FileNotFoundError:
        return


def is_orphan(path: Path) -> bool:
    """Whether there is something in the log of a database that is not there. Raises OSError."""
    if path.exists():
        return False
    try:
        with Path(f"{path}-wal").open("rb") as log:
            return any(log.read(_HEADER + _FRAME))
    except FileNotFoundError:
        return False


def _taken(log: BinaryIO) -> int:
    """The frames up to the first that is not as it was written."""
    header = log.read(_HEADER)
    if len(header) < _HEADER or not _valid(header):
        return 0
    order, sums, taken = _MAGIC[int.from_bytes(header[:4], "big")], struct.unpack(">2I", header[24:]), 0
    size = _FRAME + int.from_bytes(header[8:12], "big")
    while len(frame := log.read(size)) == size and frame[8:16] == header[_SALTS]:
        sums = _sums(order, frame[:8] + frame[_FRAME:], sums)
        if struct.pack(">2I", *sums) != frame[16:_FRAME]:
            break
        taken += 1
    return taken


def _whole(log: BinaryIO, taken: int) -> bool:
    header = log.read(_HEADER)
    if len(header) < _HEADER or not _valid(header):
        # Nobody writes a frame before the header is on disk; zeros are what was set aside.
        return not any(log.read(_FRAME))
    # The last transaction may be there in parts, its last frame among them. The one before was fsynced.
    ends = (frame for frame in _frames(log, header, taken) if frame[8:16] == header[_SALTS] and any(frame[_COMMIT]))
    return next(ends, None) is None or next(ends, None) is None


def _valid(header: bytes) -> bool:
    order = _MAGIC.get(int.from_bytes(header[:4], "big"))
    return order is not None and struct.pack(">2I", *_sums(order, header[:24], (0, 0))) == header[24:]


def _sums(order: str, content: bytes, before: tuple[int, int]) -> tuple[int, int]:
    first, second = before
    for one, other in struct.iter_unpack(f"{order}2I", content):
        first = (first + one + second) & 0xFFFFFFFF
        second = (second + other + first) & 0xFFFFFFFF
    return first, second


def _frames(log: BinaryIO, header: bytes, after: int) -> Iterator[bytes]:
    """The headers of those after so many."""
    size = _FRAME + int.from_bytes(header[8:12], "big")
    at = _HEADER + after * size
    while len(frame := _at(log, at)) == _FRAME:
        yield frame
        at += size


def _at(log: BinaryIO, place: int) -> bytes:
    log.seek(place)
    return log.read(_FRAME)
