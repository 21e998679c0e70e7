"""Patterns of RE2, whose time only grows with the length of the text. A pattern in; what is wrong with it, or a test
of texts, out."""

import re
from collections.abc import Callable
from functools import lru_cache

import re2

LONGEST = 1000
"""Characters of a pattern."""
MOST_REPEATED = 100
"""A part that is repeated more often makes some texts cost milliseconds."""
_LARGEST = 1 << 17
_MEMORY = 1 << 21
"""Bytes in which what is not larger always runs: a set that lacks memory would find nothing."""
_REMEMBERED = 4096
_COUNTS = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_BACKSLASH = "Write \\. for a point, \\d for a digit, \\\\ for a backslash."
_NOTHING_BEFORE = "Write .* for any text, \\* for the character; or take like, where * alone stands for any text."
_CAUSES = (
    (r"missing \)", "A ( is not closed.", "Close it with ), or write \\( if the character is meant."),
    (r"unexpected \)", "A ) stands there without its (.", "Write \\) if the character is meant."),
    (r"missing \]", "A [ is not closed.", "Close it with ], or write \\[ if the character is meant."),
    (
        r"invalid perl operator: \(\?<?[=!]",
        "It looks ahead or behind, which is not possible.",
        "Ask twice in its place: not_matches may stand beside matches.",
    ),
    (
        r"escape sequence: \\[0-9]",
        "It asks for what was found before, which is not possible.",
        "Write out what is meant.",
    ),
    (r"invalid escape sequence: (.*)", "{0} means nothing.", _BACKSLASH),
    (r"invalid character class range: (\[:.*|\\.*)", "There is no class of characters {0}.", _BACKSLASH),
    (r"invalid character class range: (.*)", "{0} is no range.", "Write it from the lower to the higher: [a-z]."),
    (r"repetition operator: (.*)", "{0} has nothing before it to repeat.", _NOTHING_BEFORE),
    (r"trailing \\", "It ends with a backslash.", "Write \\\\ if the character is meant."),
    (
        r"repetition size|too large",
        "It repeats too much.",
        "Make it shorter, or two triggers of it, joined with any_of.",
    ),
)

Test = Callable[[str], bool]
Wrong = tuple[str, str]
"""What is wrong, and what to write instead."""


def too_long(pattern: str) -> Wrong | None:
    """Of any kind of pattern."""
    if len(pattern) <= LONGEST:
        return None
    return f"It is longer than {LONGEST} characters.", "Make two triggers of it, joined with any_of."


def wrong(pattern: str) -> Wrong | None:
    """None: nothing is wrong with it."""
    counts = [int(count) for pair in _COUNTS.findall(pattern) for count in pair if count]
    if max(counts, default=0) > MOST_REPEATED:
        return "It repeats too much.", f"At most {{{MOST_REPEATED}}} is possible."
    try:
        re2.compile(pattern, _options(fold=False, memory=_LARGEST))
    except re2.error as error:
        return _plainly(error.args[0].decode("utf-8", "replace"))
    return too_long(pattern)


@lru_cache(_REMEMBERED)
def found(pattern: str, *, fold: bool = False) -> Test:
    """A test whether the pattern fits anywhere in a text; `fold`: capital and small letters are the same."""
    # A set of one answers in a tenth of the time of a search.
    one = re2.Set.SearchSet(_options(fold=fold, memory=_MEMORY))
    one.Add(pattern)
    one.Compile()
    return lambda text: bool(one.Match(text.encode("utf-8", "replace")))


def whole(shape: str) -> str:
    """The pattern of a shape: `*` stands for any characters, `?` for one, and the whole text must fit."""
    parts = {"*": ".*", "?": "."}
    return r"(?s)\A" + "".join(parts.get(one) or str(re2.escape(one)) for one in shape) + r"\z"


def _options(*, fold: bool, memory: int) -> re2.Options:
    options = re2.Options()
    options.case_sensitive = not fold
    # What stands in a container is nobody else's business.
    options.log_errors = False
    options.max_mem = memory
    return options


def _plainly(said: str) -> Wrong:
    for cause, message, hint in _CAUSES:
        if match := re.search(cause, said):
            return message.format(*(f'"{part}"' for part in match.groups())), hint
    return f"RE2 cannot read it: {said.partition(': ')[0]}.", "See github.com/google/re2/wiki/Syntax."
