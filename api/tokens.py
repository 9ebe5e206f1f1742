"""Access tokens that programs show (RFC 9068, RFC 7662): which client a token stands for, and what of its grants."""

from collections.abc import Mapping
from datetime import datetime

from keys import ServiceFailedError
from licences.access import (
    Caller,
    ClientAlteredError,
    Clients,
    ClientUnknownError,
    Operation,
    Proof,
    UnauthenticatedError,
    caller_of,
    subject_proof_id,
)

from .errors import ProviderFailedError, TokenRefusedError
from .login_settings import TokenSetting
from .oidc_claims import audiences, check_claims, check_term, claims_of, subject_of
from .oidc_client import our_proof
from .oidc_keys import MAX_TOKEN, refused
from .oidc_provider import Provider

SCOPE_PREFIX = "elicence:"
"""Scopes that begin so leave of the client's grants only the operations that they name; others mean nothing to us."""
_KINDS = ("at+jwt",)


class TokenReader:
    """See ``credentials.Tokens``."""

    def __init__(self, setting: TokenSetting, provider: Provider, clients: Clients) -> None:
        self._setting = setting
        self._provider = provider
        self._clients = clients

    def caller(self, token: str, at: datetime) -> Caller:
        """Return whom a token stands for.

        UnauthenticatedError for one that is not good, or of nobody known; ProviderFailedError, SettingsError.
        """
        try:
            claims = self._claims(token, at)
            proof_id = subject_proof_id(self._setting.issuer, subject_of(claims))
            client, proof = self._clients.with_proof(proof_id)
        except (TokenRefusedError, ClientUnknownError, ClientAlteredError) as error:
            raise UnauthenticatedError from error
        if not proof.is_good(at):
            raise UnauthenticatedError
        caller = caller_of(client, Proof.TOKEN, operations=_operations(claims))
        self._clients.used(proof_id, at.date())
        return caller

    def _claims(self, token: str, at: datetime) -> Mapping[str, object]:
        if token.count(".") != 2:
            return self._asked(token, at)
        claims = claims_of(token, self._provider, kinds=_KINDS, at=at)
        check_claims(claims, issuer=self._setting.issuer, audience=self._setting.audience, at=at)
        return claims

    def _asked(self, token: str, at: datetime) -> Mapping[str, object]:
        """Ask the provider about a token that says nothing by itself."""
        account = self._setting.introspection
        if account is None or not 0 < len(token) <= MAX_TOKEN or not (token.isascii() and token.isprintable()):
            raise refused("it is no signed token")
        metadata = self._provider.metadata(at)
        if not metadata.introspection_endpoint:
            raise refused("the provider tells nothing about such tokens")
        form, authorization = our_proof(account, metadata)
        try:
            claims = self._provider.post(
                metadata.introspection_endpoint,
                {**form, "token": token, "token_type_hint": "access_token"},
                authorization=authorization,
            )
        except ServiceFailedError as error:
            raise ProviderFailedError("统一身份认证暂时不可用。", "the provider cannot be asked") from error
        # The provider answers about every token it ever gave, to whomever: it must be one for us.
        if claims.get("active") is not True or self._setting.audience not in audiences(claims):
            raise refused("the provider does not vouch for it")
        if claims.get("iss", self._setting.issuer) != self._setting.issuer:
            raise refused("another issuer")
        check_term(claims, at=at)
        # Where nobody gave the client leave, it got the token for itself.
        of_client = "sub" not in claims and "username" not in claims
        return {**claims, "sub": claims.get("client_id")} if of_client else claims


def _operations(claims: Mapping[str, object]) -> frozenset[Operation] | None:
    """Return the operations that the token's scopes name; None when none of them is ours."""
    given = claims.get("scope", claims.get("scp", ""))
    words = given.split(" ") if isinstance(given, str) else given if isinstance(given, list) else []
    ours = [
        word.removeprefix(SCOPE_PREFIX) for word in words if isinstance(word, str) and word.startswith(SCOPE_PREFIX)
    ]
    known = {str(operation) for operation in Operation}
    return frozenset(Operation(word) for word in ours if word in known) if ours else None
