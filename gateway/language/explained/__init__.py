"""A container in plain words: what each receiver can ever get and when, and what a new version changes."""
