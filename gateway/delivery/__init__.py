"""Outbox → receiver."""
