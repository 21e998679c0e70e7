"""Container → JavaScript."""
