"""GET /matomo.js and /piwik.js: the snippet where Matomo's script stood, if one container takes Matomo's calls."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.web.answers import Answer, failed, plain
from gateway.web.asked import Asked
from gateway.web.gateway import Gateway
from gateway.web.scripts import SCRIPT, Scripts

PATHS = ("/matomo.js", "/piwik.js")


def routes(gateway: Gateway, scripts: Scripts) -> list[Route]:
    """Both addresses. Of two containers none is guessed."""

    async def script(request: Request) -> Response:
        named = [name for name, runtime in gateway.runtimes().items() if runtime.container.calls.matomo]
        if len(named) != 1:
            return plain(failed(404, "unknown_container", "there is not one container that takes Matomo's calls"))
        return plain(_moved(scripts.answer(Asked(request.scope, request.receive), named[0] + SCRIPT)))

    return [Route(path, script, methods=["GET"]) for path in PATHS]


def _moved(answer: Answer) -> Answer:
    """The source map stands beside the snippet's own address."""
    headers = [(name, b"t/" + value if name == b"sourcemap" else value) for name, value in answer.headers]
    return Answer(answer.status, answer.body, headers)
