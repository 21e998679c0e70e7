"""What one keyword of the schema finds wrong."""

from collections.abc import Sequence

from jsonschema import ValidationError


class Mistake(ValidationError):
    """A problem on its way up. `key`: the key within the place that is meant, `at_key`: the place's own key; `lacks`:
    the keys of which one is missing."""

    def __init__(
        self,
        code: str,
        message: str,
        hint: str = "",
        key: str = "",
        *,
        at_key: bool = False,
        lacks: Sequence[str] = (),
    ) -> None:
        super().__init__(message)
        self.code, self.hint, self.key, self.at_key, self.lacks = code, hint, key, at_key, lacks
