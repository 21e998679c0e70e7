"""Containers and secrets: would each container run as its file is now?"""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from gateway.cli.doctor.finding import Finding, ok, problem, warning
from gateway.cli.errand import containers
from gateway.decide.prover import BadProofKey
from gateway.delivery.senders import Route, routes
from gateway.destinations import TABLE
from gateway.language.container import Container
from gateway.language.load import Loaded, called_well, overlooked
from gateway.problems import Severity
from gateway.secrets import SecretError, Secrets
from gateway.settings import Settings
from gateway.store.folder import READABLE
from gateway.web.runtime import Runtime

_ANY = bytes(32)
"""Stands for the gateway's own secret: nothing is made with it here."""


class Setup(Struct):
    """What was found, and the tags that can be tried."""

    findings: list[Finding] = []
    routes: list[Route] = []


def look(settings: Settings) -> Setup:
    """Every container of the folder."""
    setup = Setup()
    try:
        files = containers(settings)
    except OSError as error:
        is_closed = isinstance(error, PermissionError)
        hint = READABLE if is_closed else "Set containers: to their folder."
        setup.findings.append(problem("containers", f"{settings.containers} cannot be read: {error.strerror}.", hint))
        return setup
    if not files:
        setup.findings.append(
            problem("containers", f"There is no *.yaml in {settings.containers}.", "Set containers: to their folder.")
        )
    setup.findings.extend(_overlooked(settings.containers))
    secrets = Secrets(settings.secrets, os.environ)
    for name, loaded in files:
        setup.findings.extend(_container(name, loaded, secrets, setup.routes))
    return setup


def _overlooked(folder: Path) -> Iterator[Finding]:
    for path in overlooked(folder):
        yield warning("containers", f"{path.name} is not read: the file of a container ends in .yaml.",
                      f"Call it {called_well(path)}, or take it away.")  # fmt: skip


def _container(name: str, loaded: Loaded, secrets: Secrets, found: list[Route]) -> Iterator[Finding]:
    container = loaded.container
    if container is None:
        errors = sum(one.severity is Severity.ERROR for one in loaded.problems)
        if loaded.problems[0].code == "unreadable":
            yield problem("containers", f"{loaded.file}: {loaded.problems[0].message}", loaded.problems[0].hint)
            return
        yield problem("containers", f"{name} has {errors} error{'s' * (errors != 1)} and does not run.",
                      f"taggate check {shlex.quote(loaded.file)}")  # fmt: skip
        return
    said = f", with {len(loaded.problems)} warning{'s' * (len(loaded.problems) != 1)}" if loaded.problems else ""
    yield ok("containers", f"{name} passes check{said}.")
    try:
        found.extend(_routes(container, secrets))
    except SecretError as error:
        for one in error.each:
            yield problem("secrets", f"{name}: {one}.", one.hint)
    except BadProofKey as error:
        yield problem("secrets", f"{name}: {error}.", "It is the secret under verified_by.")
    else:
        yield ok("secrets", f"{name} has every secret that it names.")


def _routes(container: Container, secrets: Secrets) -> list[Route]:
    secrets.check(container.keys, container.secrets - container.keys)
    Runtime.of(container, _ANY, secrets.key)
    return routes([container], TABLE, secrets.text)
