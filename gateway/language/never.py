"""Parts of a container → warnings of what can never happen, though somebody wrote it."""

from collections.abc import Iterator

from gateway.language.container import Given, Join, Tag, Trigger
from gateway.language.order import below
from gateway.language.proof.circuit import Literal
from gateway.language.proof.outcome import outcome
from gateway.language.proof.reason import reason, why_never
from gateway.language.proof.scenes import Scenes
from gateway.language.read import Parts
from gateway.problems import Problem, quoted, warning

Problems = Iterator[Problem]


def never(parts: Parts, scenes: Scenes) -> Problems:
    """Tags that get nothing at all, or nothing from servers, rules that do nothing for a tag, and exceptions that are
    never true."""
    for tag in parts.tags.values():
        if scenes.known(tag.send_when, *(rule.when for rule in parts.rules)):
            yield from _rules(parts, scenes, tag)
    yield from _from_servers(parts, scenes)
    yield from _exceptions(parts, scenes)


def _exceptions(parts: Parts, scenes: Scenes) -> Problems:
    """Triggers under none_of that no hit is: what they should hold back, nobody holds."""
    joins = [trigger.join for trigger in parts.triggers.values()]
    joins += [tag.send_when for tag in parts.tags.values()] + [rule.when for rule in parts.rules]
    for name in dict.fromkeys(name for join in joins for name in join.none_of):
        trigger = parts.triggers.get(name)
        asked = Join(all_of=(name,), place=trigger.place) if trigger and _asks_more(trigger) else None
        if asked and scenes.known(asked) and not scenes.ever(scenes.trigger(name).yes) and not _said(scenes, name):
            message = f"{quoted(name)} never says yes, so none_of: [{name}] makes no exception."
            yield warning(asked.place, "never-so", message, reason(scenes, asked))


def _asks_more(trigger: Trigger) -> bool:
    """Than one thing: that alone nearly always has an answer."""
    return len(trigger.join.names) + sum(len(line.matchers) for line in trigger.lines) > 1


def _said(scenes: Scenes, name: str) -> bool:
    """Whether its bounds leave no number, which is said where they stand."""
    parts = scenes.parts
    numbers = [
        [scenes.line(line, matcher).yes for matcher in line.matchers]
        for line in parts.triggers[name].lines
        if line.variable in parts.variables and parts.variables[line.variable].type == "number"
    ]
    return not all(scenes.ever(*line) for line in numbers)


def _rules(parts: Parts, scenes: Scenes, tag: Tag) -> Problems:
    """The rules that name it and are never true of its hits, or only where an earlier one was."""
    send, before = scenes.join(tag.send_when).yes, list[str]()
    if not scenes.ever(send):
        message = f"{quoted(tag.name)} can never get a hit: there is none for which its send_when says yes."
        yield warning(tag.send_when.place, "never-sent", message, why_never(scenes, tag.send_when))
        return
    for number, decides in outcome(scenes, tag, parts.rules).decides:
        rule = parts.rules[number]
        true = scenes.join(rule.when).yes
        if not scenes.ever(true, send):
            message = f"{quoted(tag.name)} never gets a hit when this rule is true."
            hint = "Compare the rule's when with the tag's send_when, or take the tag out of the rule."
            hint = reason(scenes, tag.send_when, rule.when) or hint
            yield warning(rule.places[tag.name], "rule-never-helps", message, hint)
        elif before and scenes.ever(scenes.signed_in, true, send) and not scenes.ever(decides, send):
            lines = f"line{'s' if len(before) > 1 else ''} {' and '.join(before)}"
            message = f"Of {quoted(tag.name)} this rule never decides: what stands in {lines} always did before."
            hint = "The first rule that is true decides: move this one up, or take the tag out of it."
            yield warning(rule.places[tag.name], "rule-never-decides", message, hint)
        before.append(str(rule.line))


def _from_servers(parts: Parts, scenes: Scenes) -> Problems:
    """Of a header a server's hit says nothing, so what asks for one cannot tell, and nothing is sent."""
    headers = [variable.name for variable in parts.variables.values() if variable.kind == "header"]
    if not headers or not any((parts.server_key, parts.dialects.server_token, parts.dialects.server_key)):
        return
    silent = [scenes.subjects[name].cannot_tell for name in headers]
    for tag in parts.tags.values():
        if tag.type.by_browser or not scenes.known(tag.send_when):
            continue
        sent = scenes.join(tag.send_when).yes
        asked = _headers_below(parts, tag.send_when, headers)
        if scenes.ever(sent) and not scenes.ever(sent, *silent) and not _meant(parts, scenes, tag, asked, sent):
            message = (
                f"{quoted(tag.name)} gets no hit that a server of yours sends: {' and '.join(map(quoted, asked))} is "
                "read from the visitor's request, and of a server nobody can tell it."
            )
            hint = (
                "If it should get them, join two triggers with any_of: one for pages, which asks for the header, and "
                "one for an event that only your servers send. If not, show it with a test of an event that it asks "
                f"for: cannot_tell: [{', '.join(asked)}] under given, and not this tag under expect."
            )
            yield warning(tag.send_when.place, "server-never", message, hint)


def _meant(parts: Parts, scenes: Scenes, tag: Tag, headers: list[str], sent: Literal) -> bool:
    """Whether a test shows that it gets nothing of an event it asks for where nobody can tell these headers."""
    events = {word.text for word in parts.asked_events}
    shown = {case.given.event for case in parts.tests if tag.name not in case.expect and _untold(case.given, headers)}
    happened = scenes.subjects["event"].domain
    return any(scenes.ever(sent, happened.equals(name)) for name in shown & events)


def _untold(given: Given, headers: list[str]) -> bool:
    return set(headers) <= set(given.cannot_tell)


def _headers_below(parts: Parts, join: Join, headers: list[str]) -> list[str]:
    """Those that a join asks for, also through others."""
    lines = {line.variable for name in below([join], parts.triggers) for line in parts.triggers[name].lines}
    return [name for name in headers if name in lines]
