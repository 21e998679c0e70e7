"""The scripts that are compared in a browser: ours as the gateway serves them, others as npm has them."""

import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from gateway.cli.output import loader
from gateway.language.container import Container
from gateway.shipped import folder
from gateway.snippet.build import script
from gateway.snippet.choose import choose
from gateway.snippet.configuration import configuration
from gateway.snippet.modules import in_order, read_modules
from tests.snippet import sizes

from .sides import HERE, Missing, need

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "taggate-bench"
MATOMO = CACHE / "matomo.js"
NO_MATOMO = f"no package has matomo.js: put the one of a Matomo at {MATOMO}, then it is compared too"
PACKED = {
    "umami": ("umami@2.10.0", "src/tracker/index.js"),
    "segment": ("@segment/analytics-next@1.84.3", "dist/umd"),
    "posthog": ("posthog-js@1.449.2", "dist/array.js"),
    "plausible": ("@plausible-analytics/tracker@0.4.6", "plausible.js"),
}
CONSENT = "Cookiebot = {hasResponse: true, consent: {method: 'explicit', statistics: true, marketing: true}}"
SIGNED_IN = "dataLayer = [{user: {id: 'member-4711', plan: 'free'}}]; app = {user: {id: 'member-4711'}}"
CALLED = "taggate = function () { (taggate.q = taggate.q || []).push(arguments) }"
SITE = f"{CONSENT}; {SIGNED_IN}; {CALLED}; taggate('consent', {{analytics: true}})"
"""What the website itself says, whoever listens."""


class Tracker(Struct, frozen=True, kw_only=True):
    """One script on a page of its own. `files`: what else it may load, by path; `hit`: a part of the address to which
    the first page view goes, which `told` tells from its other requests."""

    name: str
    head: str
    files: Mapping[str, bytes]
    hit: str
    told: bytes = b""


def ours(name: str, container: Container, modules: frozenset[str]) -> Tracker:
    """A container's snippet, with these modules beside those that it uses."""
    every = read_modules(folder("static") / "snippet")
    text = script(in_order(every, set(choose(container)) | modules), configuration(container)).encode("ascii")
    path = f"/t/{container.name}.js"
    head = f"<script async src={path}></script>"
    return Tracker(name=name, head=head, files={path: text}, hit="/collect/", told=b"page_view")


def container(name: str) -> Container:
    """One beside this file."""
    loaded = loader().load(HERE / f"{name}.yaml")
    assert loaded.container, loaded.report()
    return loaded.container


def all_of_ours() -> list[Tracker]:
    """Core, typical, everything loaded at once for the typical container, and on one page with all that it can listen
    for, read and ask: but for `words`, which would ask this banner for what it has not."""
    every = frozenset(read_modules(folder("static") / "snippet")) - sizes.CALLS - sizes.PREVIEW - {"words"}
    return [
        ours("core", sizes.read("core"), frozenset()),
        ours("typical", sizes.read("typical"), frozenset()),
        ours("everything", sizes.read("typical"), every),
        ours("all in use", container("everything"), every),
    ]


def packed(name: str) -> Path:
    """A package's files, from npm unless they are here; nothing of it is run. Raises Missing."""
    need("npm", "apt-get install npm")
    package, wanted = PACKED[name]
    target = CACHE / package.replace("/", "_")
    if not target.is_dir():
        fresh = target.with_suffix(".new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        got = subprocess.run(
            ["npm", "pack", "--silent", package], cwd=fresh, capture_output=True, text=True, check=False
        )
        if got.returncode:
            raise Missing(f"npm could not get {package}: {got.stderr.strip()}")
        (archive,) = fresh.glob("*.tgz")
        with tarfile.open(archive) as files:
            files.extractall(fresh, filter="data")
        fresh.rename(target)
    return target / "package" / wanted


def bundled(path: Path, *options: str) -> bytes:
    """A source as its makers' build would minify it. Raises Missing."""
    esbuild = HERE.parents[1] / "static" / "snippet" / "tools" / "node_modules" / ".bin" / "esbuild"
    if not esbuild.exists():
        raise Missing("esbuild is missing: npm ci in static/snippet/tools")
    command = [str(esbuild), str(path), "--bundle", "--minify", *options]
    return subprocess.run(command, capture_output=True, check=True).stdout


def umami() -> Tracker:
    """Its tracker is not packed as such: built from the package of the whole."""
    files = {"/script.js": bundled(packed("umami"), "--format=iife")}
    head = "<script async src=/script.js data-website-id=b59e9c65-ae32-47f1-8400-119fcf4861c4></script>"
    return Tracker(name="umami", head=head, files=files, hit="/api/send")


def plausible() -> Tracker:
    """The package is a module to be bundled; this is the least page that uses it."""
    entry = CACHE / "plausible.mjs"
    entry.write_text(
        f"import {{ init }} from {str(packed('plausible'))!r};"
        "init({domain: 'shop.example', endpoint: '/api/event', captureOnLocalhost: true});"
    )
    files = {"/plausible.js": bundled(entry, "--format=iife")}
    return Tracker(name="plausible", head="<script async src=/plausible.js></script>", files=files, hit="/api/event")


SEGMENT = """<script>
analytics = []; analytics.methods = ['page', 'ready']; analytics._writeKey = 'k'; analytics._cdn = location.origin;
analytics.methods.forEach((name) => { analytics[name] = (...given) => analytics.push([name, ...given]) });
analytics.page();
</script><script async src=/analytics.js/v1/k/standalone.js></script>"""


def segment() -> Tracker:
    """Its snippet's script, with the further parts that it loads; to its own receiver only."""
    folder = packed("segment")
    files = {f"/analytics.js/v1/k/{path.name}": path.read_bytes() for path in folder.glob("*.js")}
    files |= {f"/analytics-next/bundles/{path.name}": path.read_bytes() for path in folder.glob("*.js")}
    receiver = (
        b'{"integrations": {"Segment.io": {"apiKey": "k", "apiHost": "HOST/v1", "protocol": "http"}}, "plan": {}}'
    )
    files["/v1/projects/k/settings"] = receiver
    return Tracker(name="segment", head=SEGMENT, files=files, hit="/v1/p")


POSTHOG = """<script>
posthog = []; posthog._i = [['k', {api_host: location.origin, person_profiles: 'always'}, 'posthog']];
posthog.__SV = 1; posthog.people = posthog.people || [];
</script><script async src=/static/array.js></script>"""


def posthog() -> Tracker:
    """Its snippet's script, with what it switches on by itself."""
    return Tracker(
        name="posthog",
        head=POSTHOG,
        files={"/static/array.js": packed("posthog").read_bytes()},
        hit="/e/",
    )


PAQ = """<script>
_paq = [['setTrackerUrl', '/matomo.php'], ['setSiteId', '1'], ['trackPageView'], ['enableLinkTracking']];
</script><script async src=/matomo.js></script>"""


def matomo() -> Tracker:
    """The real one, where somebody put it. Raises Missing."""
    if not MATOMO.exists():
        raise Missing(NO_MATOMO)
    return Tracker(name="matomo.js", head=PAQ, files={"/matomo.js": MATOMO.read_bytes()}, hit="/matomo.php")


OTHERS = (matomo, umami, plausible, segment, posthog)
