"""A Delivery as bytes and back: MessagePack."""

from msgspec import MsgspecError, msgpack

from gateway.model import Delivery

encode = msgpack.Encoder().encode
"""What a Parcel's `body` is. Raises TypeError or ValueError for a value that has no MessagePack form."""

decode = msgpack.Decoder(Delivery).decode
"""The inverse of `encode`. Raises one of DAMAGE."""

DAMAGE = (MsgspecError, ValueError, TypeError, RecursionError)
"""What reading bytes raises that are not as they were written: text may be no UTF-8, a column of another type."""
