"""The page and the gateway read one cookie: of the same text the same answer."""

from random import Random
from urllib.parse import quote

from playwright.async_api import Page
from snippet.tiny import SEND, container

from gateway.decide.banner import read_choice

from .conftest import Install
from .stub import Stub

PURPOSES = {"analytics": "statistics", "marketing": "ads"}
CALLS = """window.posts = [];
window.fetch = (url, { body }) => {
  if (url.includes('/consent/')) posts.push(JSON.parse(body).consent);
  return Promise.resolve(new Response(null, { status: 204 }));
};"""
# The page tells of a choice that differs from the one before, and any differs from all granted or from all refused.
READ = """async (texts) => {
  const told = async (text) => {
    posts.length = 0;
    document.cookie = 'choice=' + encodeURIComponent(text);
    taggate('event', 'e');
    await null;
    return posts.at(-1);
  };
  const after = async (before, text) => {
    await told(before);
    return told(text);
  };
  const read = [];
  for (const text of texts) read.push(await after('[]', text) || await after('["statistics","ads"]', text) || {});
  return read;
}"""
FRAGMENTS = (
    *("statistics", "ads", "x", "necessary", "\u00e9", "denied", "refuse"),
    *(":", "=", ": ", '":', " : '", "]=", "::", "%3A", "%3D"),
    *("1", "0", "true", "TRUE", "false", "yes", "no", "granted", "1.5"),
    *(",", ";", "|", "&", " ", "!", "-", "_", ".", '"', "'", "\\", "%", "{", "[", "\t", "\n"),
)
SPLIT = {
    "statistics:true,ads:false": "s",
    "statistics=0&ads=1": "a",
    "necessary:1|ads:0": "",
    "ads:TRUE;statistics:No": "a",
    "'statistics' : \"1\", 'ads' : '0'": "s",
    "x[ads]=0&x[statistics]=yes": "s",
    "groups=ads:1,statistics:0": "a",
    "x=statistics,ads": "sa",
    "statistics:ads": "a",
    "statistics:,ads=": "",
    "statistics:granted,ads:1.5": "",
    "statistics:-1,ads:!1": "",
    "!statistics,ads": "a",
    "-statistics,no-ads": "",
    "ads%3A0": "",
    "ads%253D0": "",
    "STATISTICS:1,adsense:1": "",
    '["statistics",["ads"]]': "s",
    '["denied",[["statistics"]]]': "",
    "denied=ads": "",
    "statistics=1&x-Rejected=ads": "s",
    "statistics|refused|ads": "s",
}


def drawn(count: int) -> list[str]:
    """Texts of what matters in one, the same in each run."""
    chance = Random(7)
    return ["".join(chance.choice(FRAGMENTS) for _ in range(chance.randint(1, 8))) for _ in range(count)]


def at_gateway(text: str) -> dict[str, bool]:
    """The gateway's answer."""
    return read_choice(quote(text, safe=""), PURPOSES)


def twice(text: str) -> bool:
    """Whether a word stands there again: the gateway lets either refuse it, the page finds one that grants."""
    return text.count("statistics") > 1 or text.count("ads") > 1


async def answers(page: Page, stub: Stub, install: Install, texts: list[str]) -> list[dict[str, bool]]:
    """What the page reads of each."""
    assert dict(SEND.purposes) == PURPOSES
    install(container(consent=SEND))
    await page.add_init_script(CALLS)
    await page.goto(stub.page("/a"))
    await page.wait_for_function("!!(window.taggate && taggate.containers && taggate.containers.shop)")
    found: list[dict[str, bool]] = await page.evaluate(READ, texts)
    return found


async def test_a_value_that_is_no_yes_grants_nothing(page: Page, stub: Stub, install: Install) -> None:
    found = await answers(page, stub, install, [*SPLIT])
    for text, letters, read in zip(SPLIT, SPLIT.values(), found, strict=True):
        assert read == {"analytics": "s" in letters, "marketing": "a" in letters} == at_gateway(text), text


async def test_page_and_gateway_read_the_same(page: Page, stub: Stub, install: Install) -> None:
    texts = drawn(2000)
    found = await answers(page, stub, install, texts)
    assert {str(read) for read in found} > {"{}", str({"analytics": True, "marketing": False})}
    for text, read in zip(texts, found, strict=True):
        there = at_gateway(text)
        if twice(text):
            assert all(read.get(purpose) for purpose, granted in there.items() if granted), text
        else:
            assert read == there, text
