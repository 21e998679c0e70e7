"""The preview: what the gateway makes of a visit, shown in the page to whoever has a token."""
