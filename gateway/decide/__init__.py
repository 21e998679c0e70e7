"""Hit → Facts → Decision → Delivery; pure."""
