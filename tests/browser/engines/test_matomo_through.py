"""The tests of the same name one folder up, in Firefox and WebKitGTK."""
# ruff: noqa: F403

from ..test_matomo_through import *
