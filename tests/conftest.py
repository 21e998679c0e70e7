"""What holds for all tests.

Property tests draw the same examples in every run, so that a change is judged by what it changed; the profile
`explore` draws others each time.
"""

from hypothesis import settings

settings.register_profile("same", derandomize=True)
settings.register_profile("explore", derandomize=False, print_blob=True)
settings.load_profile("same")
