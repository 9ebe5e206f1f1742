"""A certification authority as one has it outside: it gets a request and returns a file. Its keys say nothing of tests,
because development certificates are what the production profile refuses; its name does.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import keys
from keys.pem import wrapped


class OutsideCa:
    """Root and issuing CA of one family, made anew for each run."""

    def __init__(self, family: str) -> None:
        self.algorithm = {"sm2": keys.SM2_SM3, "rsa": keys.RSA_SHA256}[family]
        self.begin = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
        self.root_key = keys.generate_private_key(self.algorithm)
        self.ca_key = keys.generate_private_key(self.algorithm)
        self.root = self._certify(
            keys.Subject(common_name=f"外部测试根 {family}"), self.root_key.public_key, None, keys.Profile.ROOT, 20
        )
        self.ca = self._certify(
            keys.Subject(common_name=f"外部测试 CA {family}"),
            self.ca_key.public_key,
            self.root,
            keys.Profile.ISSUING_CA,
            10,
        )

    def trust_in(self, folder: Path) -> None:
        """Put the root where it is trusted."""
        keys.write_certificates(folder / f"outside-{self.algorithm.name}.pem", (self.root,))

    def leaf(
        self,
        request: bytes,
        *,
        profile: keys.Profile = keys.Profile.SEAL,
        subject: keys.Subject | None = None,
        years: float = 3,
    ) -> keys.Certificate:
        """Certify what a request asks for; `subject` is what this CA makes of the name."""
        asked = keys.parse_request(request)
        name = asked.subject
        wanted = subject or keys.Subject(
            common_name=name.common_name or "",
            organization=name.organization,
            organization_identifier=name.organization_identifier,
        )
        return self._certify(wanted, asked.public_key, self.ca, profile, years)

    def answer(
        self,
        request: bytes,
        *,
        profile: keys.Profile = keys.Profile.SEAL,
        subject: keys.Subject | None = None,
        years: float = 3,
    ) -> bytes:
        """Return the PEM file for a request: the certificate and its issuers, the root last."""
        return self.pem(self.leaf(request, profile=profile, subject=subject, years=years), self.ca, self.root)

    def seal_maker(self) -> keys.Signer:
        """Certify somebody who makes seals for others."""
        key = keys.generate_private_key(self.algorithm)
        name = keys.Subject(
            common_name="外部测试制章", organization="外部测试制章单位", organization_identifier="91990101MA0TERT40P"
        )
        certificate = self._certify(name, key.public_key, self.ca, keys.Profile.SEAL_MAKER, 3)
        return keys.Signer(private_key=key, chain=(certificate, self.ca))

    @staticmethod
    def pem(*certificates: keys.Certificate) -> bytes:
        """Write certificates as a CA does."""
        return b"".join(wrapped(certificate.der, "CERTIFICATE") for certificate in certificates)

    def _certify(
        self,
        subject: keys.Subject,
        public_key: keys.PublicKey,
        issuer: keys.Certificate | None,
        profile: keys.Profile,
        years: float,
    ) -> keys.Certificate:
        return keys.make_certificate(
            subject=subject,
            public_key=public_key,
            issuer=issuer,
            issuer_key=self.root_key if issuer is None or issuer.self_issued else self.ca_key,
            serial=int.from_bytes(os.urandom(15), "big") | 1,
            not_before=self.begin,
            not_after=self.begin + timedelta(days=int(365 * years)),
            profile=profile,
        )
