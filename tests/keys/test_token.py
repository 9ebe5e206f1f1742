"""Keys in a token: a real SoftHSM2, its token pulled away and put back, wrong PINs, URIs."""

import os
import shutil
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass, lib
from pkcs11.util.ec import encode_named_curve_parameters

import keys
from keys import der
from keys.token_uri import TokenUri, parse_token_uri

AT = datetime(2026, 11, 21, tzinfo=UTC)
PIN = "1234"
SEAL = {"token_label": "seal"}
LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so")
CURVES = {"p256": ("secp256r1", keys.ECDSA_P256_SHA256), "p384": ("secp384r1", keys.ECDSA_P384_SHA384)}


class Hsm:
    """One SoftHSM2 with one token, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.tokens, self.pin = folder / "tokens", folder / "pin"
        self.tokens.mkdir()
        self.pin.write_text(PIN + "\n", "ascii")
        configuration = folder / "softhsm2.conf"
        configuration.write_text(
            f"directories.tokendir = {self.tokens}\nobjectstore.backend = file\nlog.level = ERROR\n", "utf-8"
        )
        os.environ["SOFTHSM2_CONF"] = str(configuration)
        self.library = next((path for path in LIBRARIES if Path(path).exists()), "")
        init = ("--init-token", "--free", "--label", "seal", "--so-pin", "12345678", "--pin", PIN)
        subprocess.run(["softhsm2-util", *init], capture_output=True, timeout=60, check=True)
        library = lib(self.library)
        library.reinitialize()
        with library.get_token(**SEAL).open(user_pin=PIN, rw=True) as session:
            session.generate_keypair(KeyType.RSA, 2048, store=True, label="rsa", id=b"\x01")
            for label, (curve, _) in CURVES.items():
                parameters = {Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}
                domain = session.create_domain_parameters(KeyType.EC, parameters, local=True)
                domain.generate_keypair(store=True, label=label)
            for _ in range(2):
                session.generate_keypair(KeyType.RSA, 2048, store=True, label="twins")
            session.generate_keypair(KeyType.RSA, 2048, store=True, label="lonely")
            session.get_key(object_class=ObjectClass.PUBLIC_KEY, label="lonely").destroy()

    def uri(self, key: str, more: str = "") -> str:
        return (
            f"pkcs11:token=seal;object={key};type=private"
            f"?module-path={quote(self.library)}&pin-source=file:{quote(str(self.pin))}{more}"
        )


@pytest.fixture(scope="module")
def hsm(tmp_path_factory: pytest.TempPathFactory) -> Hsm:
    if shutil.which("softhsm2-util") is None:
        pytest.skip("softhsm2-util is missing: install the Debian package softhsm2")
    return Hsm(tmp_path_factory.mktemp("hsm"))


def _certified(key: keys.PrivateKey, folder: Path) -> Path:
    certificate = keys.make_certificate(
        subject=keys.Subject(common_name="Token"),
        public_key=key.public_key,
        issuer=None,
        issuer_key=key,
        serial=1,
        not_before=AT,
        not_after=AT + timedelta(days=1),
        profile=keys.Profile.SEAL,
    )
    path = folder / "chain.pem"
    keys.write_certificates(path, [certificate])
    return path


KINDS = [
    *((("rsa"), row) for row in keys.ALGORITHMS if row.name.startswith("rsa")),
    *((label, row) for label, (_, row) in CURVES.items()),
]


@pytest.mark.parametrize(("label", "algorithm"), KINDS, ids=lambda value: getattr(value, "name", ""))
def test_a_token_signs(hsm: Hsm, label: str, algorithm: keys.Algorithm, tmp_path: Path) -> None:
    key = keys.Custody(production=True).open_key(hsm.uri(label), algorithm=algorithm)
    assert key.algorithm is algorithm
    for message in (b"", b"message", bytes(100_000)):
        signature = key.sign(message)
        # Loaded anew, so that cryptography judges and nothing of the token's.
        public = keys.load_public_key(key.public_key.spki)
        public.verify_as(algorithm, signature, message)
        with pytest.raises(keys.BadSignatureError):
            public.verify_as(algorithm, signature, message + b"x")
    chain = _certified(key, tmp_path)
    signer = keys.Custody(production=True).open_signer(hsm.uri(label), chain, algorithm=algorithm)
    signer.public_key.verify_as(algorithm, signer.sign(b"x"), b"x")


def test_openssl_accepts_the_request_of_a_token(hsm: Hsm, openssl: Callable[..., bytes]) -> None:
    for label in ("rsa", *CURVES):
        key = keys.Custody().open_key(hsm.uri(label))
        request = keys.make_request(keys.Subject(common_name="Token"), key)
        openssl("req", "-verify", "-noout", given=request.pem())


def test_a_key_is_found_by_its_id_and_a_token_by_its_serial(hsm: Hsm) -> None:
    (token,) = lib(hsm.library).get_tokens(**SEAL)
    serial = quote(token.serial.decode())
    tail = f"?module-path={hsm.library}&pin-source=file:{hsm.pin}"
    assert keys.Custody().open_key(f"pkcs11:serial={serial};id=%01;manufacturer=SoftHSM%20project{tail}")
    with pytest.raises(keys.KeyNotFoundError, match="not plugged in"):
        keys.Custody().open_key(f"pkcs11:serial={serial};id=%01;model=other{tail}")


def test_the_certificate_is_enough_where_the_token_holds_no_public_key(hsm: Hsm, tmp_path: Path) -> None:
    with pytest.raises(keys.KeyNotFoundError, match="no such public key"):
        keys.Custody().open_key(hsm.uri("lonely"))
    other = keys.Custody().open_key(hsm.uri("rsa"))
    with pytest.raises(keys.KeyUnusableError, match="not the certificate's"):
        keys.Custody().open_signer(hsm.uri("lonely"), _certified(other, tmp_path))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("object=rsa", "object=nobody"), "no such"),
        (("object=rsa", "object=twins"), "more than one"),
        (("token=seal", "token=other"), "not plugged in"),
        (("libsofthsm2.so", "no-such-library.so"), "cannot be loaded"),
    ],
)
def test_what_is_not_there_is_said(hsm: Hsm, change: tuple[str, str], sentence: str) -> None:
    with pytest.raises((keys.KeyNotFoundError, keys.KeyUnusableError), match=sentence):
        keys.Custody().open_key(hsm.uri("rsa").replace(*change))


def test_a_library_that_is_no_token_library_is_said(hsm: Hsm) -> None:
    with pytest.raises(keys.KeyUnusableError, match="cannot be loaded"):
        keys.Custody().open_key(hsm.uri("rsa").replace(quote(hsm.library), "libm.so.6"))


def test_a_token_that_is_pulled_away_is_said_and_signs_again_when_it_is_back(hsm: Hsm) -> None:
    key, other = (keys.Custody().open_key(hsm.uri(label)) for label in ("rsa", "p256"))
    away = hsm.tokens.with_name("away")
    key.sign(b"before")
    hsm.tokens.rename(away)
    try:
        for _ in range(2):
            with pytest.raises((keys.KeyUnusableError, keys.KeyNotFoundError), match="plugged in"):
                key.sign(b"while it is away")
        with pytest.raises((keys.KeyUnusableError, keys.KeyNotFoundError), match="plugged in"):
            keys.Custody().open_key(hsm.uri("rsa"))
    finally:
        away.rename(hsm.tokens)
    for back in (key, other):
        back.public_key.verify(back.sign(b"after"), b"after")


def test_threads_share_a_token(hsm: Hsm) -> None:
    opened = [keys.Custody().open_key(hsm.uri(label)) for label in ("rsa", "p256")]

    def work(number: int) -> None:
        key, message = opened[number % 2], number.to_bytes(4, "big")
        key.public_key.verify(key.sign(message), message)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(80)))


def test_a_wrong_pin_is_tried_once(hsm: Hsm, tmp_path: Path) -> None:
    """A token locks itself after a few."""
    asked = []

    def wrong() -> bytes:
        asked.append(1)
        return b"9999"

    lib(hsm.library).reinitialize()  # forget that this process has logged in
    uri = hsm.uri("rsa").partition("&")[0]
    with pytest.raises(keys.KeyUnusableError, match="refuses the PIN"):
        keys.Custody(passphrase=wrong).open_key(uri)
    assert asked == [1]
    assert keys.Custody(passphrase=lambda: PIN.encode()).open_key(uri)


def test_a_refused_pin_is_not_tried_again_by_a_key_that_was_good(hsm: Hsm) -> None:
    given = [PIN.encode()]
    library = lib(hsm.library)
    library.reinitialize()
    key = keys.Custody(passphrase=lambda: given[-1]).open_key(hsm.uri("rsa").partition("&")[0])
    library.reinitialize()
    given.append(b"8888")
    with pytest.raises(keys.KeyUnusableError, match="refuses the PIN"):
        key.sign(b"x")
    for _ in range(20):  # more often than a token bears; opened anew, as at every question for readiness, or not
        with pytest.raises(keys.KeyUnusableError, match="not tried again"):
            key.sign(b"x")
        with pytest.raises(keys.KeyUnusableError, match="not tried again"):
            keys.Custody(passphrase=lambda: given[-1]).open_key(hsm.uri("rsa").partition("&")[0])
    given.append(PIN.encode())
    key.public_key.verify(key.sign(b"x"), b"x")


def test_without_a_pin_there_is_no_private_key(hsm: Hsm) -> None:
    lib(hsm.library).reinitialize()
    with pytest.raises(keys.KeyNotFoundError, match="no such private key"):
        keys.Custody().open_key(hsm.uri("rsa").partition("&")[0])


def test_sm2_needs_the_makers_mechanism(hsm: Hsm, tmp_path: Path) -> None:
    """SoftHSM2 has no SM2: its refusals show that the number reaches it."""
    key = keys.generate_private_key(keys.SM2_SM3)
    chain = _certified(key, tmp_path)
    with pytest.raises(keys.KeyUnusableError, match="sm2-mechanism"):
        keys.Custody().open_signer(hsm.uri("p256"), chain)
    with pytest.raises(keys.KeyUnusableError, match="MechanismInvalid"):
        keys.Custody().open_signer(hsm.uri("p256", "&sm2-mechanism=0x80000201"), chain)
    # ECDSA's own number gives 64 bytes, which are no SM2 signature of the certificate's key.
    with pytest.raises(keys.KeyUnusableError, match="not the certificate's"):
        keys.Custody().open_signer(hsm.uri("p256", f"&sm2-mechanism={int(Mechanism.ECDSA)}"), chain)
    with pytest.raises(keys.KeyUnusableError, match="another form"):
        keys.Custody().open_signer(hsm.uri("p384", f"&sm2-mechanism={int(Mechanism.ECDSA)}"), chain)


def test_a_key_is_opened_for_its_own_algorithms_only(hsm: Hsm) -> None:
    with pytest.raises(keys.UnsupportedAlgorithmError):
        keys.Custody().open_key(hsm.uri("rsa"), algorithm=keys.ECDSA_P256_SHA256)
    with pytest.raises(keys.UnsupportedAlgorithmError):
        keys.Custody().open_key(hsm.uri("p256"), algorithm=keys.RSA_PSS_SHA256)


def test_uris_are_read() -> None:
    uri = (
        "pkcs11:token=%E5%8D%B0%E7%AB%A0;serial=12;manufacturer=M;model=X;object=k%3B1;id=%00%ff;type=private"
        "?module-path=/usr/lib/x.so&pin-source=env:SEAL_PIN&sm2-mechanism=0x80000201"
    )
    assert parse_token_uri(uri) == TokenUri(
        module_path="/usr/lib/x.so",
        token="印章",  # noqa: S106 - a label
        serial="12",
        manufacturer="M",
        model="X",
        object="k;1",
        id=b"\0\xff",
        pin_source="env:SEAL_PIN",
        sm2_mechanism=0x80000201,
    )


GOOD = "pkcs11:token=a;object=b?module-path=c"


@pytest.mark.parametrize(
    "uri",
    [
        pytest.param("", id="empty"),
        pytest.param("pkcs11:", id="nothing"),
        pytest.param(GOOD.upper(), id="upper case"),
        pytest.param(GOOD + "&pin-value=1234", id="a PIN"),
        pytest.param(GOOD.replace("?", ";pin-value=1234?"), id="a PIN in the path"),
        pytest.param("pkcs11:object=b?module-path=c", id="no token"),
        pytest.param("pkcs11:token=a?module-path=c", id="no key"),
        pytest.param("pkcs11:token=a;object=b", id="no library"),
        pytest.param("pkcs11:token=a;object=b;module-path=c", id="library in the path"),
        pytest.param("pkcs11:token=a;token=a;object=b?module-path=c", id="twice"),
        pytest.param("pkcs11:token=;object=b?module-path=c", id="no value"),
        pytest.param("pkcs11:token;object=b?module-path=c", id="no equals sign"),
        pytest.param("pkcs11:token=a;;object=b?module-path=c", id="empty attribute"),
        pytest.param("pkcs11:token=a;object=b;type=public?module-path=c", id="a public key"),
        pytest.param("pkcs11:token=a;object=b;slot-id=1?module-path=c", id="a slot, which changes"),
        pytest.param("pkcs11:token=%zz;object=b?module-path=c", id="bad escape"),
        pytest.param("pkcs11:token=%ff;object=b?module-path=c", id="not UTF-8"),
        pytest.param(GOOD + "&sm2-mechanism=many", id="no number"),
    ],
)
def test_other_uris_are_refused(uri: str) -> None:
    assert parse_token_uri(GOOD).object == "b"
    with pytest.raises(keys.KeyUnusableError) as caught:
        parse_token_uri(uri)
    assert "1234" not in str(caught.value)


def test_without_the_extra_it_is_said(hsm: Hsm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "keys.token", None)
    with pytest.raises(keys.ProviderMissingError, match=r"pip install elicence\[pkcs11\]"):
        keys.Custody().open_key(hsm.uri("rsa"))


def test_the_helper_encodes_what_tokens_hold() -> None:
    assert der.DerReader(encode_named_curve_parameters("secp256r1")).read_oid() == "1.2.840.10045.3.1.7"
