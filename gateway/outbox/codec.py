"""A Delivery as bytes and back: MessagePack."""

from msgspec import msgpack

from gateway.model import Delivery

encode = msgpack.Encoder().encode
"""What a Parcel's `body` is. Raises TypeError or ValueError for a value that has no MessagePack form."""

decode = msgpack.Decoder(Delivery).decode
"""The inverse of `encode`. Raises msgspec.DecodeError."""
