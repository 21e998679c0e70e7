"""Two versions of a container → what changes in where its values come from, and in what the page listens for."""

from collections.abc import Iterator, Mapping, Set

from msgspec import structs

from gateway.language.container import Container, Event, Tag, UserId, Variable
from gateway.language.exempt import WHOLE
from gateway.language.explained.sentence import Change
from gateway.problems import Place

_NOWHERE = Place(1, 1)


def same(one: Variable, other: Variable | None) -> bool:
    """Whether both are read in the same way."""
    return other is not None and structs.replace(one, place=other.place, personal=other.personal) == other


def cut(said: Variable, dropped: Set[str]) -> bool:
    """Whether it is another where these parameters are taken out of addresses."""
    names, parameter = {name.casefold() for name in dropped}, said.source.casefold()
    if said.kind == "query":
        return parameter in names or parameter.partition("[")[0] in names
    return bool(names) and said.source in WHOLE.get(said.kind, ())


def of_sources(old: Container, new: Container) -> Iterator[Change]:
    """Of each variable and each event."""
    for name, variable in new.variables.items():
        before = old.variables.get(name)
        if before and not same(before, variable):
            yield Change(f"{name} is read from another place, or in another way.", wider=True)
        if before and before.personal != variable.personal:
            said = "now" if variable.personal else "no longer"
            yield Change(f"{name} {said} counts as personal.", wider=before.personal)
    yield from _of_known(old, new)
    for name in dict.fromkeys([*new.events, *old.events]):
        yield from _of_event(name, old.events.get(name), new.events.get(name))


def _of_known(old: Container, new: Container) -> Iterator[Change]:
    """Of what was personal, and is searched for no longer: it is gone, or its parameter is taken out before."""
    read = {(variable.kind, variable.source) for variable in new.variables.values() if variable.personal}
    dropped = new.site.drop_query - old.site.drop_query
    for name, variable in old.variables.items():
        gone = name not in new.variables and (variable.kind, variable.source) not in read
        if variable.personal and (gone or cut(variable, dropped)):
            yield Change(f"{name} is no longer known, nor taken out of what tags get.", wider=True)


def of_fields(tag: Tag, older: Tag, old: Container, new: Container) -> Iterator[Change]:
    """Of what a tag gets under the same name in both versions."""
    for what, before, after in (
        ("fields", older.fields, tag.fields),
        ("identifiers", older.identifiers, tag.identifiers),
    ):
        for field, name in after.items():
            if before.get(field) == name and _moved(name, old, new):
                text = f"{tag.name} gets {name} (as {field}, under {what}) from another place."
                yield Change(text, wider=True, tag=tag.name)


def of_user(was: UserId, now: UserId, old: Container, new: Container) -> Iterator[Change]:
    """Of the organisation, the proof and the key of the User ID."""
    if was.account and now.account and (was.account != now.account or _moved(now.account, old, new)):
        yield Change("The organisation of a person is read from another place.", wider=True)
    if was.hash_with != now.hash_with:
        said = f"made with another key: {now.hash_with}" if now.hash_with else "no longer made"
        yield Change(f"Pseudonyms are {said}.", wider=now.hash_with is not None)
    before, after = was.verified_by, now.verified_by
    if before and after:
        if before.kind != after.kind:
            text = f"Who is signed in is proved in another way: by a {before.kind} before, by a {after.kind} now."
            yield Change(text, wider=True)
        if before.variable != after.variable or _moved(after.variable, old, new):
            yield Change("The proof of who is signed in is read from another place.", wider=True)
        if before.secret != after.secret:
            yield Change(f"Who is signed in is proved with another key: {after.secret}.", wider=True)


def _of_event(name: str, old: Event | None, new: Event | None) -> Iterator[Change]:
    if old is None or new is None:
        yield Change(f"The page {'now' if new else 'no longer'} listens for {name}.", wider=new is not None)
        return
    if old.source != new.source:
        yield Change(f"The page listens for {name} elsewhere: {old.source} became {new.source}.", wider=True)
    if old.limit != new.limit:
        text = f"{name} is sent at other times: {old.limit} became {new.limit}."
        yield Change(text, wider=old.limit != "every_time")
    if structs.replace(old, source=new.source, limit=new.limit, place=new.place) != new:
        yield Change(f"The page listens for {name} in another way.", wider=True)


def _moved(name: str, old: Container, new: Container) -> bool:
    """Whether it, or what it is built from, is read otherwise."""
    return _read(name, old.variables) != _read(name, new.variables)


def _read(name: str, variables: Mapping[str, Variable]) -> tuple[object, ...]:
    if name not in variables:
        return ()
    variable = structs.replace(variables[name], place=_NOWHERE, personal=False)
    return (variable, *(_read(part, variables) for part in variable.parts))
