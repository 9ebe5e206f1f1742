import hashlib
from collections.abc import Callable

import gmssl_pyx
import pytest
from asn1crypto import algos

import keys

Vectors = Callable[[str], dict[str, dict[str, str]]]


@pytest.mark.parametrize("identifier", ["sm3-empty", "sm3-abc", "sm3-two-blocks"])
def test_sm3_gives_the_published_digests(vectors: Vectors, identifier: str) -> None:
    vector = vectors("sm3")[identifier]
    message = bytes.fromhex(vector["message"])
    assert keys.hash_bytes("sm3", message).hex() == vector["expect"]
    assert gmssl_pyx.sm3_hash(message).hex() == vector["expect"]


@pytest.mark.parametrize("digest", ["sm3", "sha256", "sha384", "sha512"])
def test_pieces_and_buffers_hash_like_the_whole(digest: str) -> None:
    whole = bytes(range(256)) * 5
    expected = hashlib.new(digest, whole).digest()
    assert keys.hash_bytes(digest, whole) == expected
    assert keys.hash_bytes(digest, iter([whole[:7], memoryview(whole)[7:900], whole[900:]])) == expected
    assert keys.hash_bytes(digest, bytearray(whole)) == expected
    assert keys.hash_bytes(digest, memoryview(whole)) == expected
    assert keys.digest_size(digest) == len(expected)


def test_hmac_agrees_with_others() -> None:
    # RFC 4231 test case 2, and SM3 against GmSSL.
    assert keys.hmac_bytes("sha256", b"Jefe", b"what do ya want for nothing?").hex() == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
    assert keys.hmac_bytes("sm3", b"k" * 32, b"data") == gmssl_pyx.sm3_hmac(b"k" * 32, b"data")


def test_the_table_is_found_by_name_and_identifier() -> None:
    for algorithm in keys.ALGORITHMS:
        assert keys.algorithm_named(algorithm.name) is algorithm
        assert keys.read_algorithm(algorithm.signature_identifier) == (algorithm, frozenset())
    for algorithm in keys.SEALING_ALGORITHMS:
        assert keys.algorithm_for(algorithm.signature_oid) is algorithm
    assert len({algorithm.name for algorithm in keys.ALGORITHMS}) == len(keys.ALGORITHMS)


@pytest.mark.parametrize("oid", ["1.2.840.113549.1.1.5", "1.2.156.10197.1.504", "1.2.840.113549.1.1.10", ""])
def test_an_unknown_algorithm_is_refused(oid: str) -> None:
    with pytest.raises(keys.UnsupportedAlgorithmError):
        keys.algorithm_for(oid)
    with pytest.raises(keys.UnsupportedAlgorithmError):
        keys.algorithm_named(oid)
    with pytest.raises(keys.UnsupportedAlgorithmError):
        keys.hash_bytes(oid, b"")
    with pytest.raises(keys.UnsupportedAlgorithmError):
        keys.hmac_bytes(oid, b"", b"")


@pytest.mark.parametrize(
    ("algorithm", "name"), [(keys.RSA_SHA256, "sha256_rsa"), (keys.ECDSA_P256_SHA256, "sha256_ecdsa")]
)
def test_identifiers_mean_the_same_to_asn1crypto(algorithm: keys.Algorithm, name: str) -> None:
    read = algos.SignedDigestAlgorithm.load(algorithm.signature_identifier)
    assert read["algorithm"].native == name
    assert algos.DigestAlgorithm.load(algorithm.digest_identifier)["algorithm"].native == "sha256"
    assert algos.SignedDigestAlgorithm({"algorithm": name}).dump() == algorithm.signature_identifier
