"""Warnings where a trigger wants a text or a number that its variable never has."""

import re

from gateway.language import formats
from gateway.language.container import Line, Matcher, Variable
from gateway.language.matchers import EXACT, KINDS, predicate
from gateway.language.nodes import texts
from gateway.language.plain_yaml import Node, Text
from gateway.language.read.bare import inside_slashes
from gateway.language.read.names import Names
from gateway.language.variables import KINDS as VARIABLES
from gateway.problems import quoted

SEVERAL = re.compile(r"\s+(?:or|oder)\s+|\s*\|+\s*")
_NOT = re.compile(r"not\s+(\S.*)")
_PARAMETER = re.compile(r"\?[\w-]+=")
_BEGIN = (*EXACT, "starts_with", "like")


def never_so(matcher: Matcher, node: Node, variable: Variable, names: Names) -> None:
    """What this one matcher wants of a text, or of a number that can be few."""
    if variable.type == "number":
        _bound(matcher, node, variable, names)
        return
    if variable.type != "text":
        return
    for word in (node,) if isinstance(node, Text) else texts(node):
        if inner := inside_slashes(word.text) if matcher.word == "matches" else "":
            hint = f"Write '{inner}', and beside it ignore_case: true if capitals do not matter."
            names.warn(word.place, "never-so", "A pattern stands here without slashes: these ask for slashes.", hint)
        elif hint := _hint(matcher, word, variable, names):
            message = f"{quoted(variable.name)} is never like {quoted(word.text)}."
            names.warn(word.place, "never-so", message, hint)


def _hint(matcher: Matcher, word: Text, variable: Variable, names: Names) -> str:
    if matcher.word == "matches":
        in_path = (variable.kind, variable.source) == ("url", "path") and _PARAMETER.search(word.text)
        return formats.FORMATS["url", "path"].advice if in_path else ""
    if "*" in word.text and matcher.word != "like":
        return ""
    if found := _NOT.fullmatch(word.text):
        return "" if word.quoted else f"Write {{ is_not: {found[1]} }}."
    if right := formats.known(variable.source, word.text) if variable.kind == "agent" else "":
        return f"Write {right}."
    return _of_format(matcher, word, variable, names) or _of_few(matcher, variable)


def _of_format(matcher: Matcher, word: Text, variable: Variable, names: Names) -> str:
    form = formats.FORMATS.get((variable.kind, variable.source))
    if form is None or matcher.ignore_case or word.text == variable.default:
        return ""
    if not _never(form, matcher.word, word.text):
        return _of_site(matcher, word, variable, names)
    if len(parts := SEVERAL.split(word.text)) > 1:
        return f"Write {{ one_of: [{', '.join(parts)}] }}."
    return form.hint(matcher.word, word.text) if matcher.word in _BEGIN else form.advice


def _never(form: formats.Format, word: str, text: str) -> bool:
    if word != "like":
        return form.never(word, text)
    # A question mark stands for any letter there, but not where a parameter follows it.
    first, *rest = re.split(r"\*" if _PARAMETER.search(text) else r"[*?]", text)
    return form.never("starts_with", first) or any(form.never("contains", part) for part in rest)


def _of_site(matcher: Matcher, word: Text, variable: Variable, names: Names) -> str:
    """A host that is none of the site's."""
    exact = matcher.word in ("is", "one_of") and variable.kind == "url" and variable.source == "host"
    if not exact or names.site is None or names.site.has(word.text.partition(":")[0]):
        return ""
    return f"The site's domains are {', '.join(names.site.domains)}: pages elsewhere send nothing here."


def _of_few(matcher: Matcher, variable: Variable) -> str:
    """A part that is in none of the few values."""
    values = VARIABLES[variable.kind].few(variable.source, variable.type)
    if not values or matcher.negated or matcher.word in EXACT or any(map(predicate(matcher), values)):
        return ""
    return f"It is one of {', '.join(values)}." if len(values) <= 7 else ""


def never_both(line: Line, variable: Variable, names: Names) -> None:
    """Two bounds with no number between them."""
    low = [one for one in line.matchers if one.word in ("at_least", "more_than")]
    high = [one for one in line.matchers if one.word in ("at_most", "less_than")]
    if variable.type != "number" or not low or not high:
        return
    bounds = [float(str(one.wanted)) for one in (low[0], high[0])]
    numbers = VARIABLES[variable.kind].numbers(variable.source)
    tried = bounds if numbers is None else map(float, numbers)
    tests = [predicate(low[0]), predicate(high[0])]
    between = numbers is None and bounds[0] < bounds[1]
    if not between and not any(all(test(number) for test in tests) for number in tried):
        message = f"No {quoted(variable.name)} is both: {low[0].text} and {high[0].text}."
        two = f"one with {{ {low[0].text} }} and one with {{ {high[0].text} }}"
        names.warn(line.place, "never-so", message, f"Make two triggers, {two}, and join them with any_of.")


def _bound(matcher: Matcher, node: Node, variable: Variable, names: Names) -> None:
    """A bound beyond the numbers there are, which says the same of all of them."""
    numbers = VARIABLES[variable.kind].numbers(variable.source)
    wanted = matcher.wanted
    if numbers is None or not isinstance(wanted, float) or "number" not in KINDS[matcher.word].types:
        return
    test = predicate(matcher)
    answers = {test(float(number)) for number in (numbers[0], numbers[-1])}
    if len(answers) == 1 and variable.default is None and matcher.word not in ("is", "is_not"):
        said = "every" if answers.pop() else "no"
        message = f"{said.capitalize()} value of {quoted(variable.name)} is so."
        names.warn(node.place, "never-so", message, f"It is a whole number from {numbers[0]} to {numbers[-1]}.")
