"""Adapter: codes for one use of a licence in a relational database, found by their digest.

Whoever brings a code that is not taken must not learn from the time that the answer takes whether there is such a code.
Every refusal is one statement, two keyed digests and one comparison; nothing is decrypted before a code is found good.
"""

import hmac
import json
from datetime import datetime

import sqlalchemy as sa

from esign import CHINA
from keys import hmac_bytes
from licences.access import (
    CODE_KEPT,
    MAX_LIVE_CODES,
    REFUSALS,
    SHOW_STEP,
    Attempt,
    Binding,
    Form,
    Ground,
    Refusal,
    TooManyCodesError,
    UseCode,
    UseMode,
    token_digest,
)
from licences.protection import Protection

from .database import BUSY_TIMEOUT, close_engine, open_engine, translated, writing
from .mandate_store import mandate_from
from .use_tables import CODE_CONTEXT, MANDATE_CONTEXT, mandates, use_code_uses, use_codes

_codes = use_codes.c
_FOUND = (
    sa.select(
        use_codes,
        use_code_uses.c.used_at,
        mandates.c.since,
        mandates.c.until,
        mandates.c.withdrawn_at,
        mandates.c.granted_at,
        mandates.c.details.label("mandate_details"),
    )
    .outerjoin_from(
        use_codes,
        use_code_uses,
        sa.and_(use_code_uses.c.digest == _codes.digest, use_code_uses.c.verifier == sa.bindparam("by")),
    )
    .outerjoin(mandates, mandates.c.mandate_id == _codes.mandate_id)
    .where(_codes.digest == sa.bindparam("wanted"))
)
_LIVE = sa.select(sa.func.count()).where(
    _codes.made_by == sa.bindparam("maker"),
    _codes.kind == sa.bindparam("of_kind"),
    _codes.expires_at > sa.bindparam("now"),
)
_OLD = sa.select(_codes.digest).where(_codes.expires_at < sa.bindparam("before"))
_SWEEP_USES = use_code_uses.delete().where(use_code_uses.c.digest.in_(_OLD))
_SWEEP = use_codes.delete().where(_codes.expires_at < sa.bindparam("before"))

_Row = sa.Row[tuple[object, ...]]


class SqlUseCodes:
    """See ``access.UseCodes``. Safe for threads and processes; open it after a fork, not before."""

    def __init__(
        self, url: str, index_key: bytes, protection: Protection, *, busy_timeout: float = BUSY_TIMEOUT
    ) -> None:
        """Name the database and its index key as for ``SqlStore``; nothing is opened yet."""
        self._engine = open_engine(url, busy_timeout=busy_timeout)
        self._index_key = index_key
        self._protection = protection

    def close(self) -> None:
        """Close the connections; the next use opens others."""
        close_engine(self._engine)

    def add(self, code: UseCode, token: str, *, most: int | None = MAX_LIVE_CODES) -> None:
        """See ``access.UseCodes``."""
        digest = token_digest(code.kind, token)
        details = self._protection.protect(_details(code), context=CODE_CONTEXT.format(digest=digest))
        row = {"digest": digest, **self._columns(code), "details": details}
        with translated(), writing(self._engine) as connection:
            if most is not None:
                asked = {"maker": code.made_by, "of_kind": code.kind.value, "now": code.made_at}
                if connection.execute(_LIVE, asked).scalar_one() >= most:
                    raise TooManyCodesError
            # Whoever adds one sweeps: nothing is left lying as long as codes are made.
            _sweep(connection, code.made_at - CODE_KEPT)
            connection.execute(use_codes.insert(), row)

    def take(self, attempt: Attempt) -> UseCode:
        """See ``access.UseCodes``."""
        digest = token_digest(attempt.kind, attempt.token)
        binding, verifier = self._binding(attempt.binding), self._keyed(f"verifier:{attempt.verifier}")
        asked = {"wanted": digest, "by": verifier}
        with translated():
            # Refusals are found without the lock, for which a stranger could make everybody wait.
            with self._engine.connect() as connection:
                _require(connection.execute(_FOUND, asked).first(), attempt, binding)
            with writing(self._engine) as connection:
                row = _require(connection.execute(_FOUND, asked).first(), attempt, binding)
                use = {"digest": digest, "verifier": verifier, "used_at": attempt.at}
                connection.execute(use_code_uses.insert(), use)
                return self._code(row, attempt)

    def sweep(self, before: datetime) -> int:
        """See ``access.UseCodes``."""
        with translated(), writing(self._engine) as connection:
            return _sweep(connection, before)

    def _code(self, row: _Row, attempt: Attempt) -> UseCode:
        content = json.loads(self._protection.reveal(row.details, context=CODE_CONTEXT.format(digest=row.digest)))
        ground = content["ground"]
        code = UseCode(
            kind=attempt.kind,  # the digest is bound to it
            identifier=content["identifier"],
            type_slug=content["type_slug"],
            region=content["region"],
            holder_index=content["holder_index"],
            ground=Ground(**{**ground, "mode": UseMode(ground["mode"])}),
            made_by=content["made_by"],
            made_at=datetime.fromisoformat(content["made_at"]),
            binding=Binding(**content["binding"]),
            item_name=content["item_name"],
            forms=frozenset(Form(form) for form in content["forms"]),
            file_kind=content["file_kind"],
            copy_serial=content["copy_serial"],
        )
        # The columns only find a code; what is encrypted counts. They differ when somebody wrote into the database.
        expected = self._columns(code)
        if {name: getattr(row, name) for name in expected} != expected:
            raise ValueError("a code whose columns were changed")
        if row.mandate_id is not None:
            plain = self._protection.reveal(
                row.mandate_details, context=MANDATE_CONTEXT.format(mandate_id=row.mandate_id)
            )
            if not mandate_from(row.mandate_id, row.granted_at, row.withdrawn_at, plain).holds(attempt.at):
                raise ValueError("a mandate whose columns were changed")
        return code

    def _columns(self, code: UseCode) -> dict[str, object]:
        return {
            "kind": code.kind.value,
            "identifier": code.identifier,
            "type_slug": code.type_slug,
            "region": code.region,
            "mandate_id": code.ground.mandate or None,
            "binding": self._binding(code.binding),
            "forms": ",".join(sorted(code.forms)),
            "made_by": code.made_by,
            "made_at": code.made_at,
            "expires_at": code.expires_at,
        }

    def _binding(self, binding: Binding) -> str:
        return self._keyed("binding:" + json.dumps([binding.client, binding.item_code, binding.case_number]))

    def _keyed(self, text: str) -> str:
        return hmac_bytes("sm3", self._index_key, text.encode("utf-8", "surrogatepass")).hex()


def _sweep(connection: sa.Connection, before: datetime) -> int:
    connection.execute(_SWEEP_USES, {"before": before})
    return connection.execute(_SWEEP, {"before": before}).rowcount


_NOTHING = "0" * 64


def _require(row: _Row | None, attempt: Attempt, binding: str) -> _Row:
    """Return a row that may be used now; the CodeRefusedError of its kind."""
    # Every question is asked of every row, and of none: no answer comes sooner than another.
    bound = hmac.compare_digest(_NOTHING if row is None else row.binding, binding)
    allowed = attempt.may("" if row is None else row.type_slug, "" if row is None else row.region)
    if row is None:
        raise REFUSALS[attempt.kind](Refusal.UNKNOWN)
    refusal = _refusal(row, attempt, bound=bound, allowed=allowed)
    if refusal is not None:
        raise REFUSALS[attempt.kind](refusal, row.identifier)
    return row


def _refusal(row: _Row, attempt: Attempt, *, bound: bool, allowed: bool) -> Refusal | None:
    day = attempt.at.astimezone(CHINA).date()
    in_term = row.mandate_id is None or (row.withdrawn_at is None and row.since <= day <= row.until)
    if not bound:
        return Refusal.NOT_BOUND
    if not allowed:
        return Refusal.NOT_ALLOWED
    if row.used_at is not None:
        return Refusal.USED
    if attempt.at >= row.expires_at:
        return Refusal.OVER
    if attempt.at < row.made_at - SHOW_STEP:
        return Refusal.EARLY
    if not in_term:
        return Refusal.MANDATE_OVER
    if attempt.form is not None and attempt.form not in row.forms.split(","):
        return Refusal.NOT_THIS_FORM
    return None


def _details(code: UseCode) -> bytes:
    ground, binding = code.ground, code.binding
    content = {
        "identifier": code.identifier,
        "type_slug": code.type_slug,
        "region": code.region,
        "holder_index": code.holder_index,
        "ground": {
            "mode": ground.mode.value,
            "relation": ground.relation,
            "mandate": ground.mandate,
            "matter": ground.matter,
            "item_code": ground.item_code,
            "legal_basis": ground.legal_basis,
        },
        "made_by": code.made_by,
        "made_at": code.made_at.isoformat(),
        "binding": {
            "client": binding.client,
            "item_code": binding.item_code,
            "case_number": binding.case_number,
        },
        "item_name": code.item_name,
        "forms": sorted(code.forms),
        "file_kind": code.file_kind,
        "copy_serial": code.copy_serial,
    }
    return json.dumps(content).encode("ascii")
