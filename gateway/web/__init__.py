"""The addresses, on Starlette."""
