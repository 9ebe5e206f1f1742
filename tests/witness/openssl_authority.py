"""A timestamp authority (RFC 3161) that the openssl command plays; none of our code."""

import subprocess
from pathlib import Path

_SECONDS = 30
_CONFIG = """
[req]
distinguished_name = empty
[empty]
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical, CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[authority]
serial = serial
signer_cert = authority.pem
certs = ca.pem
signer_key = authority.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha1, sha256, sha384, sha512
accuracy = secs:1, millisecs:500, microsecs:100
clock_precision_digits = 6
ordering = yes
tsa_name = yes
ess_cert_id_alg = sha256
[older]
serial = serial
signer_cert = authority.pem
signer_key = authority.key
signer_digest = sha512
default_policy = 1.2.3.4.2
digests = sha256
ess_cert_id_alg = sha1
"""


class OpensslAuthority:
    """An RSA authority under a root of its own. Its section `older` names it by SHA-1 and signs with SHA-512."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "ts.cnf").write_text(_CONFIG)
        (folder / "serial").write_text("01\n")
        new = ("req", "-newkey", "rsa:2048", "-nodes", "-config", "ts.cnf")
        self.run(*new, "-x509", "-extensions", "ca", "-subj", "/CN=test CA", "-keyout", "ca.key", "-out", "ca.pem")
        self.run(*new, "-subj", "/CN=test authority", "-keyout", "authority.key", "-out", "authority.csr")
        self.run(
            "x509", "-req", "-in", "authority.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "7",
            "-days", "2", "-extfile", "ts.cnf", "-extensions", "leaf", "-out", "authority.pem",
        )  # fmt: skip

    def run(self, *arguments: str) -> bytes:
        """Run openssl in the authority's folder."""
        done = subprocess.run(
            ["openssl", *arguments], cwd=self.folder, check=True, capture_output=True, timeout=_SECONDS
        )
        return done.stdout

    def respond(self, request: bytes, *, section: str = "authority") -> bytes:
        """The response to a request, granted or not."""
        (self.folder / "request").write_bytes(request)
        self.run("ts", "-reply", "-config", "ts.cnf", "-section", section, "-queryfile", "request", "-out", "response")
        return (self.folder / "response").read_bytes()
