"""Settings of identity providers: whose access tokens are taken, and where citizens and staff log in."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .errors import SettingsError
from .settings_reading import is_private_address, known_table

MAX_ISSUER = 255
MAX_WORD = 128
MAX_SCOPE = 500
MAX_WORDS = 20
"""Levels of assurance, or kinds of holder codes."""
MAX_CONTACT = 200
CITIZENS = "111"
"""Kind of the holders' codes where the provider knows only citizens (GB/T 36903 Annex A)."""

_ACCOUNT = ("issuer", "client_id", "client_secret_file")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderAccount:
    """How we are registered with an identity provider."""

    issuer: str
    """Its address as it names itself: discovery begins there."""
    client_id: str
    secret: Path | None = None
    """File with our secret in its first line; None for a client without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSetting:
    """Whose access tokens programs may show."""

    issuer: str
    audience: str
    """What a token must be made out to; our public address unless something else is named."""
    introspection: ProviderAccount | None = None
    """With it tokens that are no JWT are asked about (RFC 7662)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HolderLogin:
    """Where citizens and organisations log in, and what their provider calls what we need to know."""

    account: ProviderAccount
    scope: str
    name_claim: str
    code_claim: str
    kind_claim: str | None
    """None: every holder is a citizen with a citizen number."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Our kinds of holder codes by the provider's words."""
    assurance: tuple[str, ...]
    """The levels (`acr`) that are enough."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffLogin:
    """Where clerks, reviewers and administrators log in."""

    account: ProviderAccount
    scope: str
    contact: str
    """Whom somebody asks who is not known here yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentitySettings:
    """Everything about identity providers; None for what is not in use."""

    tokens: TokenSetting | None = None
    holders: HolderLogin | None = None
    staff: StaffLogin | None = None


def identity_settings(values: Mapping[str, object], home: Path, path: Path, public_url: str) -> IdentitySettings:
    """Read `[tokens]`, `[login.holders]` and `[login.staff]` of the settings file; SettingsError."""
    if "login" not in values and "tokens" not in values:
        return IdentitySettings()
    reader = _Reader(home, path)
    logins = reader.table(values, "login", ("holders", "staff"))
    if logins and not is_private_address(public_url):
        raise SettingsError(
            f"{path} 的 [login] 要求公开地址为 https。", f"[login] in {path} needs a public address with https"
        )
    return IdentitySettings(
        tokens=reader.tokens(values, public_url) if "tokens" in values else None,
        holders=reader.holders(logins) if "holders" in logins else None,
        staff=reader.staff(logins) if "staff" in logins else None,
    )


@dataclass(frozen=True, slots=True)
class _Reader:
    home: Path
    path: Path

    def table(self, values: Mapping[str, object], name: str, known: Collection[str]) -> Mapping[str, object]:
        return known_table(values.get(name.rpartition(".")[2], {}), known, self.path, f"[{name}]")

    def tokens(self, values: Mapping[str, object], public_url: str) -> TokenSetting:
        table = self.table(values, "tokens", (*_ACCOUNT, "audience"))
        audience = self._word(table, "tokens", "audience", MAX_ISSUER, public_url)
        asks = "client_id" in table
        return TokenSetting(
            issuer=self._issuer(table, "tokens"),
            audience=audience,
            introspection=self._account(table, "tokens") if asks else None,
        )

    def holders(self, logins: Mapping[str, object]) -> HolderLogin:
        name = "login.holders"
        known = (*_ACCOUNT, "scope", "name_claim", "code_claim", "kind_claim", "kinds", "assurance")
        table = self.table(logins, name, known)
        by_kind = "kind_claim" in table or "kinds" in table
        return HolderLogin(
            account=self._account(table, name),
            scope=self._scope(table, name),
            name_claim=self._word(table, name, "name_claim", MAX_WORD, "name"),
            code_claim=self._word(table, name, "code_claim", MAX_WORD),
            kind_claim=self._word(table, name, "kind_claim", MAX_WORD) if by_kind else None,
            kinds=self._kinds(table, name) if by_kind else {},
            assurance=self._assurance(table, name),
        )

    def staff(self, logins: Mapping[str, object]) -> StaffLogin:
        name = "login.staff"
        table = self.table(logins, name, (*_ACCOUNT, "scope", "contact"))
        return StaffLogin(
            account=self._account(table, name),
            scope=self._scope(table, name),
            contact=self._word(table, name, "contact", MAX_CONTACT),
        )

    def _account(self, table: Mapping[str, object], name: str) -> ProviderAccount:
        secret = table.get("client_secret_file")
        if not isinstance(secret, str | None):
            raise self._fault(f"[{name}] client_secret_file", "应为文件名", "is the name of a file")
        return ProviderAccount(
            issuer=self._issuer(table, name),
            client_id=self._word(table, name, "client_id", MAX_WORD),
            secret=None if secret is None else self.home / secret,
        )

    def _issuer(self, table: Mapping[str, object], name: str) -> str:
        issuer = self._word(table, name, "issuer", MAX_ISSUER)
        if not is_private_address(issuer) or set(issuer) & set(" ?#@\\"):
            raise self._fault(f"[{name}] issuer", "应为 https 地址", "is an https:// address")
        return issuer

    def _scope(self, table: Mapping[str, object], name: str) -> str:
        words = self._word(table, name, "scope", MAX_SCOPE, "openid profile").split()
        if "openid" not in words:
            raise self._fault(f"[{name}] scope", "应含 openid", "contains openid")
        return " ".join(words)

    def _kinds(self, table: Mapping[str, object], name: str) -> dict[str, str]:
        from licences import HOLDER_KINDS  # here: most commands start without them

        kinds = table.get("kinds")
        fits = isinstance(kinds, dict) and 0 < len(kinds) <= MAX_WORDS
        if not isinstance(kinds, dict) or not fits or not all(kind in list(HOLDER_KINDS) for kind in kinds.values()):
            raise self._fault(
                f"[{name}] kinds",
                '应为 认证平台的类型 = "三位持证主体代码类型"',
                'is a table: the provider\'s word = "three-digit kind of holder code"',
            )
        return kinds

    def _assurance(self, table: Mapping[str, object], name: str) -> tuple[str, ...]:
        words = table.get("assurance")
        fits = isinstance(words, list) and 0 < len(words) <= MAX_WORDS and all(map(_is_level, words))
        if not isinstance(words, list) or not fits:
            raise self._fault(
                f"[{name}] assurance",
                "应列出认可的实名等级（acr）",
                "lists the levels of assurance (acr) that are enough",
            )
        return tuple(words)

    def _word(self, table: Mapping[str, object], name: str, key: str, limit: int, default: str | None = None) -> str:
        word = table.get(key, default)
        if not isinstance(word, str) or not word or len(word) > limit or not word.isprintable():
            raise self._fault(
                f"[{name}] {key}", f"应为不超过 {limit} 字的文本", f"is a text of at most {limit} characters"
            )
        return word

    def _fault(self, what: str, zh: str, en: str) -> SettingsError:
        return SettingsError(f"{self.path} 的 {what} {zh}。", f"{what} in {self.path} {en}")


def _is_level(word: object) -> bool:
    """Whether this can be a value of `acr`; several are sent separated by spaces."""
    return isinstance(word, str) and 0 < len(word) <= MAX_WORD and word.isprintable() and " " not in word
