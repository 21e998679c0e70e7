"""/preview/…: what a page loads for a preview, and where its hits go meanwhile. Nothing here is asked by others."""

import time

from msgspec import UNSET, Struct, UnsetType, ValidationError, convert, structs
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.intake.snippet import BadHit, read_body, read_hits
from gateway.model import Json
from gateway.shipped import folder as shipped
from gateway.snippet.preview import called, preview
from gateway.web.answers import Answer, as_json, failed, plain
from gateway.web.asked import Asked
from gateway.web.collect import Door, Turned
from gateway.web.flow import Taken
from gateway.web.gateway import Gateway
from gateway.web.ingest import Answered
from gateway.web.preview.drafts import CannotPreview, Previews
from gateway.web.preview.rehearsal import Rehearsals
from gateway.web.preview.shown import shown
from gateway.web.preview.token import FOR_SCRIPTS, RUNNING, Leave, Seal, Token
from gateway.web.rates import Rate, asker
from gateway.web.runtime import Runtime

PER_ADDRESS = 10
SCRIPT_MS = 60_000
"""For how long a script may be fetched after its token was shown."""
SCRIPT = {
    "content-type": "text/javascript; charset=utf-8",
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
}
LOADER = "loader.js"


class Asking(Struct, forbid_unknown_fields=True):
    """The body of POST /preview/{container}."""

    token: str
    tab: str = ""
    """A random text that tells one tab."""
    hits: str | UnsetType = UNSET
    """What POST /collect would get; left out: only whether the token is good."""


def routes(gateway: Gateway, previews: Previews) -> list[Route]:
    """All addresses."""
    files = {path.name: path.read_bytes() for path in sorted((shipped("static") / "preview").glob("*.js"))}
    desk = PreviewDesk(gateway, previews, files[LOADER])

    async def file(request: Request) -> Response:
        found = files.get(request.path_params["file"])
        return Response(found, headers=SCRIPT) if found else plain(_unknown())

    return [
        Route("/preview/files/{file}", file, methods=["GET"]),
        Route("/preview/{file}", desk.get, methods=["GET"]),
        Route("/preview/{container}", desk.post, methods=["POST", "OPTIONS"]),
    ]


class PreviewDesk:
    """Of all containers."""

    def __init__(self, gateway: Gateway, previews: Previews, loader: bytes) -> None:
        self._gateway = gateway
        self._previews = previews
        self._loader = loader
        self._door = Door(gateway)
        self._rehearsals = Rehearsals(gateway.now)
        self._rate = Rate(PER_ADDRESS, time.monotonic)

    async def get(self, request: Request) -> Response:
        """The loader, which is the same for all and says nothing; or the script of one version."""
        name, _, rest = request.path_params["file"].partition(".")
        runtime = self._gateway.runtimes().get(name)
        if runtime is None:
            return plain(_unknown())
        if not rest:
            return Response(self._loader, headers=SCRIPT)
        leave = Seal(self._previews.own, name, FOR_SCRIPTS).read(rest.removesuffix(".js"), self._gateway.now())
        if leave is None:
            return plain(_unknown())
        try:
            target = await self._target(name, leave, runtime)
        except CannotPreview:
            return plain(_unknown())
        return Response(preview(target.container, published=leave.version == RUNNING), headers=SCRIPT)

    async def post(self, request: Request) -> Response:
        """See `_told`."""
        asked = Asked(request.scope, request.receive)
        return plain(await self._door.answer(asked, request.path_params["container"], self._told))

    async def _told(self, asked: Asked, runtime: Runtime, ip: str | None) -> Answer:
        """Where the script is, or what became of hits. To whoever shows no token: 403 and nothing else."""
        if not self._rate.allows(asker(ip)):
            raise Turned(failed(429, "too_many", "too many requests"), "too_many")
        said = _asking(await self._door.body(asked))
        token, name, now = Token.of(said.token), runtime.container.name, self._gateway.now()
        leave = Seal(self._previews.own, name).read(token.seal, now)
        if leave is None or token.container != name:
            raise Turned(failed(403, "wrong_token", "the token is wrong or has expired"), "wrong_token")
        try:
            target = await self._target(name, leave, runtime)
        except CannotPreview as error:
            raise Turned(failed(409, "cannot_preview", str(error)), "cannot_preview") from None
        if said.hits is UNSET:
            self._door.sender(asked, target, ip)
            return as_json(self._opened(target, leave, now))
        return await self._hits(asked, target, leave, said, ip)

    async def _target(self, name: str, leave: Leave, running: Runtime) -> Runtime:
        if leave.version == RUNNING:
            return running
        return await self._previews.drafts.find(name, leave.version)

    def _opened(self, target: Runtime, leave: Leave, now: int) -> Json:
        container = target.container
        seal = Seal(self._previews.own, container.name, FOR_SCRIPTS)
        return {
            "script": f"{container.name}.{seal.write(Leave(leave.version, now + SCRIPT_MS))}.js",
            "called": called(container, published=leave.version == RUNNING),
            "site": container.site.name,
            "revision": container.revision,
            "published": leave.version == RUNNING,
            "environment": self._gateway.settings.environment,
            "until": leave.until,
            "purposes": list(container.consent.purposes) if container.consent else [],
        }

    async def _hits(self, asked: Asked, target: Runtime, leave: Leave, said: Asking, ip: str | None) -> Answer:
        """Of the version that runs they are taken as ever; of another one nothing is kept and nothing is sent."""
        sender = self._door.sender(asked, target, ip)
        taken: list[Taken] = []

        def watch(_: Runtime, one: Taken) -> None:
            taken.append(one)

        answered = Answered(None)
        if leave.version == RUNNING:
            hits, rejected = read_hits(str(said.hits).encode(), target.container, sender)
            answered = await self._gateway.ingest.watched(watch).take(target, hits)
        else:
            rehearsal = self._rehearsals.of(said.token, said.tab)
            sender = structs.replace(sender, cookie=rehearsal.cookie or sender.cookie)
            hits, rejected = read_hits(str(said.hits).encode(), target.container, sender)
            await rehearsal.accept(target, hits, watch)
        lines = target.recipe.source.decode("utf-8", "replace").split("\n")
        told = {
            "hits": [shown(target, one, lines) for one in taken],
            "rejected": [{"index": one.index, "error": one.error.code, "detail": one.error.detail} for one in rejected],
            "run": list(answered.told),
            "revision": target.container.revision,
        }
        return self._door.with_cookie(as_json(told), asked, target, answered.cookie)


def _asking(body: bytes) -> Asking:
    try:
        return convert(read_body(body), Asking)
    except ValidationError:
        raise BadHit("wrong_type", "the body must be {token, tab, hits}") from None


def _unknown() -> Answer:
    return failed(404, "unknown_address", "there is nothing at this address")
