"""The durable queue: one protocol, one file an implementation."""
