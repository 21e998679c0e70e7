"""An explanation, for people: on a terminal, or as one page to print."""

from collections.abc import Iterator

from jinja2 import Environment, PackageLoader, StrictUndefined
from rich.table import Table
from rich.text import Text

from gateway.cli.output import columns, console, visible
from gateway.language.explained.explain import Explanation, Reach, Receiver

COLOURS = {"attach": "bold red", "hash": "yellow", "drop": "green", "cookie": "yellow"}
WORDS = {
    "attach": "the User ID as it is",
    "hash": "a pseudonym of the User ID",
    "drop": "hits without User ID",
    "nothing": "nothing",
    "cookie": "a cookie",
    "no cookie": "no cookie",
}
VISITOR = {"none": "not at all", "anonymous": "shortened", "full": "in full"}
PAGE = {"none": "not at all", "path": "without parameters", "url": "in full"}
WIDE = 36
"""Of a table's column, at the expense of others."""
HELD = "Pages hold their hits until the answer (while_unknown: hold): till then servers and apps alone send."
_PAGES = Environment(
    loader=PackageLoader("gateway.cli", "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def to_html(found: Explanation, file: str, digest: str) -> str:
    """One page that needs nothing else."""
    page = _PAGES.get_template("explain.html")
    return page.render(found=found, file=file, digest=digest, words=WORDS, held=HELD, travels=_travels)


def _travels(tag: Receiver) -> Iterator[str]:
    """What goes to a receiver beside the User ID."""
    yield f"The visitor's address: {VISITOR[tag.ip]}. The page's address: {PAGE[tag.page]}."
    if tag.sends:
        yield f"With each hit: {', '.join(tag.sends)}."
    if tag.fields:
        yield f"Further values: {', '.join(tag.fields)}."
    if tag.identifiers:
        yield f"With the User ID as it is also: {', '.join(tag.identifiers)}."


def print_explanation(found: Explanation, file: str, digest: str) -> None:
    """What a person asks first, first."""
    out = console()
    out.print(Text(visible(f"{found.site} ({file})"), style="bold"))
    out.print(Text(f"SHA-256 {digest}", style="dim"))
    out.print()
    for tag in found.receivers:
        about = f": {tag.purpose}" if tag.purpose else ""
        place = f", {tag.address}" if tag.address else ""
        out.print(Text(visible(f"{tag.name} ({tag.type}{about}{place})"), style="bold"))
        out.print(_reach(tag.reach))
        needs = f"only while granted: {', '.join(tag.needs)}" if tag.needs else "without any purpose granted, too"
        out.print(
            Text(
                visible(f"  It gets something {needs}. Deletion there: {(tag.deletes or 'there is none').rstrip('.')}.")
            )
        )
        out.print(Text(visible(f"  {' '.join(_travels(tag))}"), style="dim"))
        out.print()
    out.print(Text("The visitor's cookie", style="bold"))
    out.print(_reach(found.remembers))
    out.print()
    if found.asks:
        held = f" {HELD}" if found.held and found.before_answer else ""
        out.print(
            f"Before the visitor has answered: {', '.join(found.before_answer) or 'no tag gets anything'}.{held}",
            markup=False,
        )
    kept = ", ".join(found.no_deletion)
    out.print(
        f"No person can be deleted at: {kept}." if kept else "At every receiver a person can be deleted.", markup=False
    )
    for guarantee in found.guarantees:
        out.print(f"Proved: {guarantee}.", markup=False)
    _print_tests(found)


def _reach(reach: dict[str, Reach]) -> Table:
    table = columns("circumstance", "the most it gets", "for example")
    for name, one in reach.items():
        said = Text(WORDS[one.gets], style=COLOURS.get(one.gets, "dim"))
        table.add_row(name, said, Text(visible(", ".join(one.story))))
    return table


def _print_tests(found: Explanation) -> None:
    table = columns("test (passed)", "given", "expected")
    longest = max((len(word) for test in found.tests for word in test.given.split()), default=0)
    table.columns[1].min_width = min(longest, WIDE)
    for test in found.tests:
        expected = ", ".join(f"{tag}: {form}" for tag, form in test.expect.items()) or "nothing for anybody"
        table.add_row(Text(visible(test.name)), Text(visible(test.given)), expected)
    console().print()
    console().print(table)
