import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import elicence_process
import pytest
from fastapi import Depends, FastAPI
from fastapi.testclient import TestClient
from identity_provider import IdentityProvider, system_client, web_client
from tied_home import ACCOUNTS, EDDSA, ES256, PUBLIC, set_up

from api.app import create_app
from api.home import open_home
from api.sessions import checked_form, page_caller
from api.wiring import Services
from licences.access import Caller, Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """The service of an office, with the addresses that it has for the tests besides its own."""

    services: Services
    app: FastAPI

    def browser(self, **headers: str) -> TestClient:
        """A browser that has not been here yet; it says that requests come from our own pages, as browsers do."""
        return TestClient(
            self.app, base_url=self.services.home.settings.public_url, follow_redirects=False,
            headers={"Sec-Fetch-Site": "same-origin", **headers},
        )  # fmt: skip


def office_in(home: Path) -> Office:
    services = Services(open_home(home))
    app = create_app(services, public_only=False)

    @app.get("/my/probe")
    def mine(caller: Annotated[Caller, Depends(page_caller(services, Operation.USE_OWN))]) -> dict[str, object]:
        return seen(caller)

    @app.get("/review/probe")
    def theirs(caller: Annotated[Caller, Depends(page_caller(services, Operation.REVIEW))]) -> dict[str, object]:
        return seen(caller)

    @app.post("/my/probe", dependencies=[Depends(checked_form(services))])
    def sent(caller: Annotated[Caller, Depends(page_caller(services, Operation.USE_OWN))]) -> dict[str, object]:
        return seen(caller)

    return Office(services=services, app=app)


def seen(caller: Caller) -> dict[str, object]:
    holder = caller.holder
    return {
        "client": caller.client, "office": caller.office, "roles": sorted(caller.roles), "proof": str(caller.proof),
        "operations": sorted(str(one) for one in Operation if caller.may(one)),
        "holder": None if holder is None else [holder.kind, holder.code, holder.name, holder.assurance],
    }  # fmt: skip


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("office") / "home"
    elicence_process.run("--home", path, "init", check=True)
    return path


@pytest.fixture(scope="module")
def provider() -> Iterator[IdentityProvider]:
    """Give a provider of whom the tests of a module take turns; who changes it puts it back."""
    callback = f"{PUBLIC}/login/callback"
    clients = [
        system_client("licence-service"), system_client("system-a"), system_client("system-b"),
        system_client("unknown"), system_client("opaque-a", tokens="opaque"),
        system_client("es-a", **ES256),
        system_client("ed-a", **EDDSA),
        web_client("licences-of-holders", callback),
        web_client("licences-of-staff", callback, secret=False, **ES256),
    ]  # fmt: skip
    with IdentityProvider(clients=clients, accounts=ACCOUNTS) as started:
        yield started


@pytest.fixture(scope="module")
def office(empty_home: Path, provider: IdentityProvider, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Give an office of which the tests of a module take turns; who changes it puts it back."""
    home = tmp_path_factory.mktemp("tied") / "home"
    shutil.copytree(empty_home, home)
    set_up(home, issuer=provider.issuer)
    return office_in(home)


@pytest.fixture
def patience(office: Office) -> None:
    """Forget wrong proofs of other tests, which all come from one address."""
    office.services.__dict__.pop("authentication", None)


@pytest.fixture
def forgetful(office: Office) -> Iterator[Office]:
    """Give the office when it knows nothing of the provider, and let it forget what it learns."""

    def forget() -> None:
        office.services.__dict__.pop("identity", None)

    forget()
    yield office
    forget()
