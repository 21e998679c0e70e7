"""Requests → Hit; one file a dialect."""
