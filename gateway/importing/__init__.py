"""Exports of other tag managers → a container's text, and a report of what became of everything in them. Pure."""
