"""Identity and consent, kept: one protocol, one file an implementation."""
