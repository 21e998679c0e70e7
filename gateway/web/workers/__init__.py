"""`taggate serve --workers N`: one keeper that holds all that is kept, and processes that answer."""
