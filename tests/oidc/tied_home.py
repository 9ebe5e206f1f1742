"""A home whose people and systems prove themselves at the identity provider of the tests, and a server over it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import elicence_process
from identity_provider import SECRET

from api.home import open_home
from api.wiring import Services
from licences.access import make_client, make_grant, subject_proof

PUBLIC = "https://licences.example"
OFFICE, OFFICE_CODE = "样例县行政审批局", "1199010000000102XM"
CITIZEN, COMPANY = "990101199003071237", "91990101MA0TERT40P"

ES256, EDDSA = ({"id_token_signed_response_alg": one} for one in ("ES256", "EdDSA"))

SETTINGS = """
public_url = "{public}"
development = true
open_on_loopback = false

[tokens]
issuer = "{issuer}"
client_id = "licence-service"
client_secret_file = "provider.secret"

[login.holders]
issuer = "{issuer}"
client_id = "licences-of-holders"
client_secret_file = "provider.secret"
scope = "openid profile real_name"
code_claim = "id_number"
kind_claim = "id_type"
assurance = ["L3", "L4"]
kinds = {{ "01" = "111", "USCC" = "001" }}

[login.staff]
issuer = "{issuer}"
client_id = "licences-of-staff"
contact = "样例县行政审批局信息股"
"""

ACCOUNTS: dict[str, dict[str, Any]] = {
    "citizen-1": {"acr": "L3", "claims": {"name": "张样例", "id_type": "01", "id_number": CITIZEN}},
    "company-1": {"acr": "L4", "claims": {"name": "样例公司", "id_type": "USCC", "id_number": COMPANY}},
    "weak-1": {"acr": "L1", "claims": {"name": "李样例", "id_type": "01", "id_number": CITIZEN}},
    "odd-1": {"acr": "L3", "claims": {"name": "王样例", "id_type": "77", "id_number": "12345"}},
    "reviewer-1": {"acr": "L2", "claims": {"name": "赵样例"}},
    "stranger-1": {"acr": "L2", "claims": {"name": "钱样例"}},
}


def set_up(home: Path, *, issuer: str, public: str = PUBLIC) -> None:
    """Tie a home to the provider, and give clients to its accounts."""
    (home / "elicence.toml").write_text(SETTINGS.format(issuer=issuer, public=public), "utf-8")
    (home / "provider.secret").write_text(SECRET + "\n", "utf-8")
    services = Services(open_home(home))
    at = datetime.now(UTC)
    read = make_grant(operations=["read"], types=None, regions=["9901"])
    everything = make_grant(operations=None, types=None, regions=None)
    for name, role, grant in (
        ("system-a", "issuer_system", everything), ("system-b", "issuer_system", read),
        ("opaque-a", "clerk", everything), ("reviewer-1", "reviewer", everything),
    ):  # fmt: skip
        services.clients.add(
            make_client(
                name=name, title=name, office=OFFICE, office_code=OFFICE_CODE, roles=[role], grants=(grant,),
                created_at=at,
            )
        )  # fmt: skip
        services.clients.add_proof(subject_proof(name, issuer, name, at=at))


class Server(elicence_process.Server):
    """A server on a port that was chosen before: the provider knows where people come back to."""

    def __init__(self, home: Path, port: int) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ELICENCE_")}
        super().__init__("--home", home, "serve", env=environment)
        self._words = ("--home", home, "serve", "--port", str(port), "--json")
