"""What an electronic seal says: for programs, and for people."""

from datetime import datetime

from esign import SealObject
from keys import KeysError, hash_bytes, parse_certificate

from .columns import printable
from .messages import instant_text, moment_text

_KIND_NAMES = {1: "单位印章 organisation", 2: "个人印章 person"}


def seal_shape(place: str, seal: SealObject, at: datetime) -> dict[str, object]:
    """Return the facts about a seal."""
    return {
        "file": place,
        "form": "manifest" if seal.ses is None else "ses",
        "version": 1 if seal.ses is None else seal.ses.version,
        "identifier": seal.identifier,
        "name": seal.name,
        "kind": seal.kind,
        "digest": seal.digest,
        "maker": _maker_shape(seal),
        "created_at": instant_text(seal.created_at),
        "valid_from": instant_text(seal.valid_from),
        "valid_to": instant_text(seal.valid_to),
        "in_force": seal.in_force(at),
        "permitted": _permitted(seal),
        "picture": {
            "type": seal.picture.declared_type,
            "width": seal.picture.width,
            "height": seal.picture.height,
            "bytes": len(seal.picture.data),
        },
    }


def _maker_shape(seal: SealObject) -> dict[str, object] | None:
    try:
        maker = seal.maker_certificate()
    except KeysError:
        return None
    return {
        "name": maker.subject.common_name,
        "organization": maker.subject.organization,
        "serial": f"{maker.serial:x}",
        "not_after": maker.not_after.isoformat(),
    }


def _permitted(seal: SealObject) -> list[str]:
    """Name the certificates that the seal may be used with."""
    return [*(_named(der) for der in seal.permitted), *seal.permitted_digests]


def _named(certificate_der: bytes) -> str:
    """Name a permitted certificate; one that we cannot read by its digest."""
    try:
        certificate = parse_certificate(certificate_der)
    except KeysError:
        return f"sha256:{hash_bytes('sha256', certificate_der).hex()}"
    return f"{certificate.subject.common_name} ({certificate.serial:x})"


def seal_text(place: str, seal: SealObject, at: datetime) -> str:
    """Write the facts about a seal for people."""
    maker = _maker_shape(seal)
    form = "清单 manifest" if seal.ses is None else f"SESeal v{seal.ses.version} (GB/T 38540, GM/T 0031)"
    state = "有效期内 in force" if seal.in_force(at) else "不在有效期内 not in force"
    lines = [
        f"印章  seal: {seal.name}",
        f"类型  type: {_KIND_NAMES.get(seal.kind, str(seal.kind))}",
        f"编号  identifier: {seal.identifier}",
        f"格式  form: {form}",
        f"有效期  valid: {moment_text(seal.valid_from)} — {moment_text(seal.valid_to)} UTC+08:00（{state}）",
        f"制章者  maker: {'?' if maker is None else maker['name']}",
        *(f"用章证书  may be used by: {one}" for one in _permitted(seal)),
        f"印模  picture: {seal.picture.declared_type}, {seal.picture.width} × {seal.picture.height} mm",
        f"摘要  digest: {seal.digest}",
        f"文件  file: {place}",
    ]
    return "\n".join(printable(line) for line in lines)
