"""The chapter of the tag types."""

from collections.abc import Iterator, Mapping

from gateway.language.reference.page import code, codes, table
from gateway.language.tag_types import Setting, SettingKind, TagType
from gateway.model import Form

_STANDS = {
    SettingKind.URL: "an address",
    SettingKind.TEXT: "text",
    SettingKind.WHOLE_NUMBER: "a whole number",
    SettingKind.PATH: "a path",
    SettingKind.SECRET: "a secret",
    SettingKind.GOALS: "a map of event and number",
    SettingKind.FLAG: "`yes` or `no`",
    SettingKind.TEXTS: "a map of name and text",
    SettingKind.CODE: "JavaScript",
}


def receivers(types: Mapping[str, TagType]) -> Iterator[str]:
    """Every tag type with its settings and what it sends."""
    yield "## Tag types"
    yield "What each type sends by itself is fixed; all else comes from `fields` and `identifiers`."
    for kind in types.values():
        yield f"### type: {kind.name}"
        yield f"{kind.description.rstrip('.')}."
        yield table(
            ("setting", "what stands there", "meaning"),
            ((code(name), _stands(setting), _sentence(setting.description)) for name, setting in kind.settings.items()),
        )
        yield "\n".join(f"- {line}" for line in _facts(kind))


def _stands(setting: Setting) -> str:
    if setting.kind in (SettingKind.FLAG, SettingKind.CODE):
        return _STANDS[setting.kind]
    example = f"{{ secret: {setting.example} }}" if setting.kind is SettingKind.SECRET else setting.example
    return f"{_STANDS[setting.kind]}, like {code(example)}{' (must be there)' if setting.required else ''}"


def _sentence(text: str) -> str:
    return text.rstrip(".") + "."


def _facts(kind: TagType) -> Iterator[str]:
    if kind.one_of:
        yield f"One of {codes(kind.one_of)} must be there."
    if kind.by_browser:
        yield "The page runs it when the answer to a hit says so; nothing of it is queued or tried again."
    yield f"One receiver is named by {codes(kind.address)}."
    words = [form.word for form in sorted(kind.forms) if form is not Form.NONE]
    yield f"The User ID: {codes(words)}." if words else "It takes no User ID."
    if not kind.without_id:
        yield "It gets nothing where the User ID is dropped."
    yield f"`fields`: {_named(kind.fields)}. `identifiers`: {_named(kind.identifiers)}."
    if kind.sends:
        yield f"By itself it sends: {', '.join(kind.sends)}."
    yield from _details(kind)
    yield from (f"`{name}` is always `{fixed.value}`: {fixed.why}" for name, fixed in kind.fixed.items())
    yield (
        f"Deletion of a person: {_sentence(kind.deletes)}"
        if kind.deletes
        else "No deletion of a person is known for it."
    )


def _details(kind: TagType) -> Iterator[str]:
    """The event's own fields."""
    every = [name for name in kind.details.get("*", ()) if all(name in fields for fields in kind.details.values())]
    if every:
        yield f"And of every event: {codes(every)}."
    for event, fields in kind.details.items():
        whose = "of any other event" if event == "*" else f"of {code(event)}"
        if own := [name for name in fields if name not in every]:
            yield f"And {whose}: {codes(own)}."


def _named(patterns: tuple[str, ...] | None) -> str:
    if patterns is None:
        return "any name"
    # A pattern that excludes is for names that are nothing special there.
    said = codes(pattern for pattern in patterns if not pattern.startswith("(?!"))
    more = any(pattern.startswith("(?!") for pattern in patterns)
    return said + ", and names of your own" * more or "none"
