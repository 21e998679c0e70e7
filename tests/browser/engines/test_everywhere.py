"""The tests of the folder above in Firefox and WebKitGTK: quickly what differs there, the rest by name (-m long).

What differs: no Navigation API and no idle callback in WebKitGTK, other ways to keep a page, to leave one and to limit
what is sent meanwhile, fewer metrics.
"""
# ruff: noqa: F403

from ..test_addresses import *
from ..test_banners import *
from ..test_consent import *
from ..test_events import *
from ..test_frameworks import *
from ..test_gtag_calls import *
from ..test_identity import *
from ..test_life import *
from ..test_listening import *
from ..test_matomo_calls import *
from ..test_matomo_consent import *
from ..test_matomo_trackers import *
from ..test_page_safety import *
from ..test_page_views import *
from ..test_segment_calls import *
from ..test_send import *
from ..test_strange_pages import *
from ..test_variables import *

del test_a_page_that_shifts, test_how_fast_the_page_is  # noqa: F821 - what is missing there: test_engines
