"""How we prove to an identity provider who we are: by the secret that it gave us, if it did."""

import base64
from collections.abc import Mapping
from urllib.parse import quote_plus

from .errors import SettingsError
from .login_settings import ProviderAccount
from .oidc_provider import Metadata

MAX_SECRET = 512


def our_proof(account: ProviderAccount, metadata: Metadata) -> tuple[dict[str, str], str | None]:
    """Return what a request to the provider needs: fields of its form, and an `Authorization` header. SettingsError."""
    if account.secret is None:
        return {"client_id": account.client_id}, None
    secret = _secret(account)
    if metadata.takes_secret_in_body_only:
        return {"client_id": account.client_id, "client_secret": secret}, None
    # RFC 6749 section 2.3.1: both are form-encoded before they are joined.
    pair = f"{quote_plus(account.client_id)}:{quote_plus(secret)}"
    return {}, f"Basic {base64.b64encode(pair.encode()).decode()}"


def text_of(answer: Mapping[str, object], name: str) -> str:
    """Return a text of the provider's answer; empty when it is none."""
    value = answer.get(name)
    return value if isinstance(value, str) else ""


def _secret(account: ProviderAccount) -> str:
    try:
        text = (account.secret.read_text("utf-8") if account.secret else "").partition("\n")[0].strip()
    except (OSError, ValueError) as error:
        raise _unusable(account) from error
    if not 0 < len(text) <= MAX_SECRET or not text.isprintable():
        raise _unusable(account)
    return text


def _unusable(account: ProviderAccount) -> SettingsError:
    return SettingsError(
        f"统一身份认证的客户端密钥文件无法使用：{account.secret}",
        f"the file with our secret at the identity provider cannot be used: {account.secret}",
    )
