"""A Delivery as bytes and back: MessagePack."""

from msgspec import msgpack

from gateway.model import Delivery

_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(Delivery)


def encode(delivery: Delivery) -> bytes:
    """What a Parcel's `body` is. Raises TypeError or ValueError for a value that has no MessagePack form."""
    return _encoder.encode(delivery)


def decode(body: bytes) -> Delivery:
    """The inverse of `encode`. Raises msgspec.DecodeError."""
    return _decoder.decode(body)
