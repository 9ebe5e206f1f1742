"""Clients from the command line, the first key, homes that are open for development, and client certificates."""

from __future__ import annotations

import re
import secrets
import sqlite3
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import httpx2
import mutual_tls
import pytest
from fastapi.testclient import TestClient

from api.app import create_app
from api.client_commands import DEFAULT_DAYS, ROLES
from api.client_keeping import ClientKeeping
from api.home import open_home
from api.wiring import Services
from licences.access import DEFAULT_KEY_DAYS, ROLE_OPERATIONS, Operation, Role
from licences.supervision import TrailKind, TrailQuestion

if TYPE_CHECKING:
    from running import Elicence

OFFICE = ("--office", "样例县水务局", "--office-code", "1199010000000102XM")
KEY = re.compile(r"elk_[0-9a-f]{16}_[0-9a-f]{48}")
ROOT = Path(__file__).parents[2]


def app_of(elicence: Elicence, *, public_only: bool = False) -> Any:
    return create_app(Services(open_home(elicence.home)), public_only=public_only)


def bearer(key: str) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_a_client_is_set_up_changed_and_shown(fresh: Elicence) -> None:
    added = fresh(
        "clients", "add", "water", "--title", "取水许可审批系统", *OFFICE, "--role", "issuer_system",
        "--types", "11990000000001011Q002,pesticide-business", "--regions", "9901", "--days", "30", "--json",
    )  # fmt: skip
    assert added.code == 0, added.out
    made = added.json()
    assert made["grants"][0]["regions"] == ["9901"]
    assert KEY.fullmatch(made["new_key"]["key"])
    granted = fresh(
        "clients", "grant", "water", "--types", "all", "--regions", "all", "--operations", "verify", "--json"
    )
    assert granted.json()["grants"][1] == {"number": 2, "operations": ["verify"], "types": None, "regions": None}
    assert len(fresh("clients", "remove-grant", "water", "1", "--json").json()["grants"]) == 1
    again = fresh("clients", "key", "water", "--label", "次年", "--json").json()["new_key"]
    assert again["key"] != made["new_key"]["key"]
    assert fresh("clients", "suspend", "water", "--json").json()["suspended"]
    assert not fresh("clients", "restore", "water", "--json").json()["suspended"]
    revoked = fresh("clients", "revoke", "water", made["new_key"]["id"], "--json").json()
    assert [proof["good"] for proof in revoked["proofs"]] == [False, True]
    account = ("--issuer", "https://id.example.gov.cn", "--subject", "u-1")
    assert fresh("clients", "trust", "water", *account).code == 0
    shown = fresh("clients", "show", "water")
    listed = fresh("clients", "list")
    assert "https://id.example.gov.cn u-1" in shown.out
    assert KEY.search(shown.out + listed.out) is None
    assert fresh("clients", "check", "--json").json() == {"altered": []}
    trail = Services(open_home(fresh.home)).trail
    changes = [
        one.entry.details["change"]
        for one in trail.entries(TrailQuestion(kind=TrailKind.CLIENTS), limit=50)
        if one.entry.details["client"] == "water"
    ]
    assert changes == ["add", "key", "grant", "remove-grant", "key", "suspend", "restore", "revoke", "subject"]
    assert fresh("clients", "key", "water", "--days", "9999", "--json").code == 65


SLIPS: Mapping[str, tuple[tuple[str, ...], int]] = {
    "unknown": (("show", "nobody"), 66),
    "key-of-nobody": (("key", "nobody"), 66),
    "twice": (("add", "security-administrator", "--title", "再一次", *OFFICE, "--role", "auditor"), 65),
    "roles": (("add", "both", "--title", "两职", *OFFICE, "--role", "auditor", "--role", "operator"), 65),
    "no-regions": (("add", "half", "--title", "半条", *OFFICE, "--role", "clerk", "--types", "all"), 64),
    "type": (("add", "x", "--title", "无", *OFFICE, "--role", "clerk", "--types", "none", "--regions", "all"), 65),
    "no-grant": (("remove-grant", "security-administrator", "9"), 65),
    "nothing-to-trust": (("trust", "security-administrator"), 64),
    "no-certificate": (("trust", "security-administrator", "--certificate", "elicence.toml"), 66),
    "other-proof": (("revoke", "security-administrator", "key:0000000000000000"), 66),
}


@pytest.mark.parametrize("name", SLIPS)
def test_slips_have_the_exit_codes_of_the_contract(fresh: Elicence, name: str) -> None:
    words, code = SLIPS[name]
    done = fresh("clients", *words, "--json")
    assert (done.code, "error" in done.json()) == (code, True)


def test_rows_that_somebody_altered_are_named(fresh: Elicence) -> None:
    with sqlite3.connect(fresh.home / "elicence.db") as database:
        database.execute("UPDATE clients SET content = replace(content, 'security_administrator', 'issuer_system')")
    done = fresh("clients", "check", "--json")
    assert (done.code, done.json()) == (1, {"altered": ["security-administrator"]})
    assert fresh("clients", "show", "security-administrator", "--json").code == 78
    assert fresh("clients", "list", "--json").json() == {"clients": []}


def test_the_first_key_is_shown_once_and_kept_nowhere(running: ModuleType, tmp_path: Path) -> None:
    elicence = running.Elicence(tmp_path / "home")
    first = elicence("init", "--json")
    key = first.json()["bootstrap"]["key"]
    assert KEY.fullmatch(key)
    assert "bootstrap" not in elicence("init", "--json").json()
    secret = key.rpartition("_")[2].encode()
    assert not any(secret in path.read_bytes() for path in elicence.home.rglob("*") if path.is_file())
    client = TestClient(app_of(elicence), base_url="https://licences.example", headers=bearer(key))
    (shown,) = client.get("/api/v1/clients").json()["clients"]
    assert (shown["name"], shown["roles"]) == ("security-administrator", ["security_administrator"])
    assert client.get("/api/v1/drafts").status_code == 403


def test_a_service_without_clients_leaves_the_first_key_in_a_file(running: ModuleType, fresh: Elicence) -> None:
    with sqlite3.connect(fresh.home / "elicence.db") as database:
        database.executescript("DELETE FROM client_proofs; DELETE FROM clients;")
    with running.Server(fresh) as server:
        file = Path(server.announced["bootstrap"]["file"])
        assert file.stat().st_mode & 0o777 == 0o600
        key = file.read_text("ascii").strip()
        answer = httpx2.get(f"{server.url}/api/v1/clients", timeout=60, headers=bearer(key), trust_env=False)
        assert answer.status_code == 200
    assert KEY.search(str(server.announced) + server.log) is None


def test_an_open_home_is_open_here_only_and_credentials_are_judged_all_the_same(fresh: Elicence) -> None:
    app = app_of(fresh)

    def status(address: str = "127.0.0.1", host: str = "http://127.0.0.1:8000", **headers: str) -> int:
        return TestClient(app, base_url=host, client=(address, 1)).get("/api/v1/drafts", headers=headers).status_code

    assert status() == status(host="http://localhost") == status("::1", "http://[::1]:8000") == 200
    assert status(host="http://rebound.example") == 403
    for refused in (
        status("192.0.2.7", "https://127.0.0.1"),
        status("192.0.2.7", "https://licences.example"),
        status(**{"X-Forwarded-For": "192.0.2.7"}),
        status(**{"Forwarded": "for=127.0.0.1"}),
        status(Authorization="Bearer elk_"),
    ):
        assert refused in (401, 403)
    assert status("192.0.2.7", "https://licences.example") == 401


def test_a_home_is_closed_unless_it_says_otherwise(fresh: Elicence) -> None:
    settings = fresh.home / "elicence.toml"
    text = settings.read_text("utf-8")
    assert "open_on_loopback = true" in text
    settings.write_text(re.sub("open_on_loopback = true", "", text), "utf-8")
    app = app_of(fresh)
    local = TestClient(app, base_url="http://127.0.0.1:8000", client=("127.0.0.1", 1))
    refused = local.get("/api/v1/drafts")
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert refused.json()["code"] == "UNAUTHENTICATED"
    assert local.get("/v").status_code == local.get("/healthz").status_code == 200
    settings.write_text(text.replace("development = true", "production = true"), "utf-8")
    assert fresh("clients", "list", "--json").code == 78


def test_a_certificate_proves_a_client_over_mutual_tls(running: ModuleType, fresh: Elicence, tmp_path: Path) -> None:
    server_ca = mutual_tls.TlsAuthority(tmp_path, "servers")
    client_ca = mutual_tls.TlsAuthority(tmp_path, "clients")
    identity, known, unknown = (
        server_ca.identity("server", server=True), client_ca.identity("known"), client_ca.identity("unknown")
    )  # fmt: skip
    add = ("clients", "add", "tls", "--title", "大厅", *OFFICE, "--role", "maker", "--types", "all", "--regions", "all")
    assert fresh(*add).code == 0
    assert fresh("clients", "trust", "tls", "--certificate", known.certificate).code == 0
    words = ("--tls-cert", identity.certificate, "--tls-key", identity.key, "--client-ca", client_ca.path)
    with running.Server(fresh, *words) as server:

        def status(shown: mutual_tls.TlsIdentity) -> int:
            context = ssl.create_default_context(cafile=server_ca.path)
            context.load_cert_chain(shown.certificate, shown.key)
            with httpx2.Client(timeout=60, verify=context, trust_env=False) as client:
                return client.get(f"{server.url}/api/v1/drafts").status_code

        assert (status(known), status(unknown)) == (200, 401)
        (proof,) = fresh("clients", "show", "tls", "--json").json()["proofs"]
        assert fresh("clients", "revoke", "tls", proof["id"]).code == 0
        assert status(known) == 401


def test_makers_and_checkers_act_as_themselves(running: ModuleType, fresh: Elicence) -> None:
    settings = fresh.home / "elicence.toml"
    settings.write_text(settings.read_text("utf-8").replace("open_on_loopback = true", ""), "utf-8")
    services = Services(open_home(fresh.home))
    keeping = ClientKeeping(services, None, random=secrets.token_bytes, at=datetime.now(UTC))
    everything = (keeping.grant(operations=None, types=None, regions=None),)
    office = {"office": "样例县行政审批局", "office_code": "1199010000000102XM"}
    for name, roles in (("approval", ["maker"]), ("wang", ["reviewer"]), ("small", ["maker", "reviewer"])):
        keeping.add(name=name, title=name, roles=roles, grants=everything, **office)
    app = create_app(services, public_only=False)
    clients = {
        name: TestClient(
            app, base_url="https://licences.example", headers=bearer(keeping.key(name, label="", days=1).text)
        )
        for name in ("approval", "wang", "small")
    }

    def step(client: str, path: str, actor: str, **more: object) -> Any:
        body = {"actor": {"name": actor, **office}, **more}
        return clients[client].post(f"/api/v1/drafts{path}", json=body)

    wish = running.sample("water-abstraction-1")
    made = step("approval", "", "zhang", **wish)
    assert made.status_code == 201, made.text
    path, digest = f"/{made.json()['draft']}", made.json()["digest"]
    assert step("approval", f"{path}/submission", "zhang").status_code == 200
    assert step("wang", f"{path}/approval", "li", digest=digest).status_code == 403
    assert step("approval", f"{path}/approval", "wang", digest=digest).status_code == 403
    assert step("wang", f"{path}/approval", "wang", digest=digest).status_code == 200
    # Who may do both cannot begin a draft as somebody else, and check it as himself.
    assert step("small", "", "zhang", **wish).status_code == 403
    own = step("small", "", "small", **wish).json()
    assert step("small", f"/{own['draft']}/submission", "small").status_code == 200
    checked = step("small", f"/{own['draft']}/approval", "small", digest=own["digest"])
    assert (checked.status_code, checked.json()["code"]) == (409, "SAME_PERSON")


def test_the_reference_says_what_the_table_of_roles_says() -> None:
    assert DEFAULT_DAYS == DEFAULT_KEY_DAYS
    assert set(ROLES) == set(Role) - {Role.HOLDER}
    text = (ROOT / "docs/reference/access.md").read_text("utf-8")
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("| ")
    ]
    (header,) = (row for row in rows if row[0] == "operation" and len(row) == len(Role) + 1)
    roles = [Role(_word(cell)) for cell in header[1:]]
    marks = {
        (role, Operation(_word(row[0])))
        for row in rows
        if len(row) == len(header) and row is not header
        for role, cell in zip(roles, row[1:], strict=True)
        if cell == "●"
    }
    assert marks == {(role, operation) for role, operations in ROLE_OPERATIONS.items() for operation in operations}


def _word(cell: str) -> str:
    found = re.search(r"`(\w+)`", cell)
    assert found is not None
    return found[1]
