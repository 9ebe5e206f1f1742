"""Texts for people: Chinese first, English beside it; and the words for verdicts, states and kinds."""

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One statement in both languages."""

    zh: str
    en: str

    def shape(self) -> dict[str, str]:
        """Return the form in which JSON carries it."""
        return {"zh": self.zh, "en": self.en}


VERDICTS = {
    "passed": Message(zh="通过", en="Passed"),
    "failed": Message(zh="不通过", en="Failed"),
    "indeterminate": Message(zh="无法确定", en="Undetermined"),
}

RECORDED = {
    "pending": Message(zh="待其他机构盖章", en="other seals are awaited"),
    "issued": Message(zh="未被吊销", en="not revoked"),
    "inactive": Message(zh="未激活", en="not activated"),
    "suspended": Message(zh="暂扣", en="suspended"),
    "lost": Message(zh="已挂失", en="reported lost"),
    "replaced": Message(zh="已换发新证照", en="superseded by a newer one"),
    "revoked": Message(zh="已吊销", en="revoked"),
    "annulled": Message(zh="已撤销", en="annulled"),
    "withdrawn": Message(zh="已撤回", en="withdrawn"),
    "cancelled": Message(zh="已注销", en="cancelled"),
    "transferred": Message(zh="已转出", en="transferred"),
    "ended": Message(zh="已失效", en="no longer in force"),
    "expired": Message(zh="已过有效期", en="expired"),
    "renewal_pending": Message(zh="有效（延续审查中）", en="in force, renewal undecided"),
    "obligation_overdue": Message(zh="已超检验（复核、年报）期，不得使用", en="inspection, re-check or report overdue"),
    "unknown": Message(zh="未知", en="unknown"),
}
"""What was recorded of a licence, by its authority."""


def recorded_text(value: str) -> Message:
    """Give the words for what was recorded; another authority may have a word that we do not know."""
    return RECORDED.get(value, RECORDED["unknown"])


STATUSES = {
    "pending": Message(zh="未生效（待其他机构盖章）", en="not in force: other seals are awaited"),
    "issued": Message(zh="有效", en="in force"),
    "inactive": Message(zh="未激活", en="not activated"),
    "suspended": Message(zh="暂扣", en="suspended"),
    "lost": Message(zh="已挂失", en="reported lost"),
    "replaced": Message(zh="已换发新证照", en="superseded by a newer one"),
    "revoked": Message(zh="已吊销", en="revoked"),
    "annulled": Message(zh="已撤销", en="annulled"),
    "withdrawn": Message(zh="已撤回", en="withdrawn"),
    "cancelled": Message(zh="已注销", en="cancelled"),
    "transferred": Message(zh="已转出", en="transferred"),
    "renewal_pending": Message(zh="有效（延续审查中）", en="in force, renewal undecided"),
    "obligation_overdue": Message(zh="已超检验（复核、年报）期，不得使用", en="inspection, re-check or report overdue"),
    "expired": Message(zh="已过有效期", en="expired"),
    "not_yet_in_force": Message(zh="尚未生效", en="not yet in force"),
}

RECEIPT_PLACES = {
    "serial": Message(zh="核验回执编号", en="receipt"),
    "pdf": Message(zh="核验回执", en="sealed receipt"),
    "report": Message(zh="核验报告", en="signed report"),
    "signature": Message(zh="核验报告的签名", en="its signature"),
}
"""What `verify` writes when a receipt is wanted, and where."""

KINDS = {
    "pdf": Message(zh="PDF 文件", en="PDF"),
    "ofd": Message(zh="OFD 文件", en="OFD"),
    "structured": Message(zh="结构化电子证照", en="structured e-licence"),
    "code": Message(zh="二维码", en="code"),
    "scan": Message(zh="扫描件上的二维码", en="code on a scanned document"),
    "cms": Message(zh="数字签名文件", en="signature file"),
    "seal": Message(zh="电子印章", en="electronic seal"),
    "copy": Message(zh="加注件", en="annotated copy"),
    "archive": Message(zh="电子档案包", en="archive package"),
    "report": Message(zh="核验回执", en="signed report"),
    "status_list": Message(zh="状态列表", en="status list"),
    "digest": Message(zh="数字指纹和签名", en="digest and signature"),
    "unknown": Message(zh="无法识别的文件", en="unknown file"),
}
"""What was looked at."""

ALGORITHMS = {"sm2": "SM2", "rsa": "RSA", "ecdsa-p256": "ECDSA P-256"}

CHECKS = {
    "kind": Message(zh="文件类型", en="kind of file"),
    "format": Message(zh="格式", en="format"),
    "digest": Message(zh="内容未被改动", en="content unchanged"),
    "signature": Message(zh="数字签名", en="signature"),
    "structured": Message(zh="证照数据", en="licence data"),
    "listed_document": Message(zh="属于证照所列文件", en="one of the licence's documents"),
    "body": Message(zh="所附正文一致", en="attached body is the right one"),
    "face": Message(zh="照面与证照数据一致", en="face says what the data say"),
    "face_code": Message(zh="照面二维码是本证照的", en="code on the face is its own"),
    "metadata": Message(zh="供程序读取的信息与数据一致", en="what programs read says what the data say"),
    "attached": Message(zh="随附的数据签名", en="signature that came along with the data"),
    "embedded": Message(zh="随附证书", en="certificates that came along"),
    "expected_seal": Message(zh="所盖印章与证照数据一致", en="the seal is the one listed"),
    "issuer": Message(zh="签名者是颁发机构", en="signed by the issuing authority"),
    "usage": Message(zh="证书用途", en="use of the certificate"),
    "certificate": Message(zh="证书可信", en="certificate is trusted"),
    "certificate_age": Message(zh="证书在有效期内", en="certificate has not expired"),
    "seal_time": Message(zh="盖章时间与证明一致", en="time of sealing fits its proof"),
    "timestamp": Message(zh="签名时间戳", en="timestamp on the signature"),
    "document_timestamp": Message(zh="文件时间戳", en="timestamp on the file"),
    "revocation": Message(zh="证书未被吊销", en="certificate not revoked"),
    "evidence": Message(zh="随附验证材料", en="evidence that came along"),
    "seals": Message(zh="应盖印章齐全", en="all seals are there"),
    "coverage": Message(zh="签名覆盖的范围", en="what the signature covers"),
    "changes": Message(zh="签名后的改动", en="changes after signing"),
    "document": Message(zh="他人签名的文件", en="document signed by others"),
    "retirement": Message(zh="密钥未停用或失控", en="key not retired or compromised"),
    "maker": Message(zh="由制章者而非用章单位制作", en="made by a maker, not by its user"),
    "extensions": Message(zh="印章的扩展内容", en="extensions of the seal"),
    "seal": Message(zh="电子印章", en="electronic seal"),
    "seal_term": Message(zh="印章在有效期内", en="seal within its term"),
    "references": Message(zh="签名所列文件未被改动", en="files listed in the signature unchanged"),
    "protects": Message(zh="签章所保护的文件", en="file that the seal protects"),
    "seal_file": Message(zh="随附印章与所用印章一致", en="seal beside the signature is the one used"),
    "seal_validity": Message(zh="盖章时印章在有效期内", en="seal in force when it was used"),
    "signer_in_seal": Message(zh="盖章证书在印章名单中", en="signer is on the seal's list"),
    "signature_extensions": Message(zh="签章的扩展内容", en="extensions of the signature"),
    "seal_signature": Message(zh="制章者的签名", en="signature of the seal's maker"),
    "seal_usage": Message(zh="制章者证书用途", en="use of the maker's certificate"),
    "seal_certificate": Message(zh="制章者证书可信", en="maker's certificate is trusted"),
    "seal_certificate_age": Message(zh="制章者证书在有效期内", en="maker's certificate has not expired"),
    "seal_revocation": Message(zh="制章者证书未被吊销", en="maker's certificate not revoked"),
    "seal_retirement": Message(zh="制章者密钥未停用或失控", en="maker's key not retired or compromised"),
    "seal_maker": Message(zh="由制章者而非用章单位制作", en="made by a maker, not by its user"),
    "seal_extensions": Message(zh="印章的扩展内容", en="extensions of the seal"),
    "holder": Message(zh="属于此持证主体", en="belongs to this holder"),
    "validity": Message(zh="证照在有效期内", en="licence within its term"),
    "copy": Message(zh="加注件与原证照一致", en="the copy says what the licence says"),
    "copy_maker": Message(zh="由加注件所写的制作单位签章", en="sealed by the maker that the copy names"),
    "report": Message(zh="核验回执", en="signed report"),
    "document_seen": Message(zh="看到文件本身", en="the document itself was seen"),
    "report_maker": Message(zh="由回执所写的核验单位签章", en="sealed by the office that the report names"),
    "report_subject": Message(zh="回执说的是这个文件", en="the report is about this file"),
    "clock": Message(zh="本机时钟可信", en="the clock of this machine can be relied on"),
    "copy_term": Message(zh="加注件在使用期限内", en="copy within its time for use"),
    "purpose": Message(zh="用于加注件所写的事项和案件", en="used for its own item and case"),
    "status": Message(zh="证照当前状态", en="present state of the licence"),
    "list_age": Message(zh="状态列表在有效时间内", en="status list is fresh"),
    "contents": Message(zh="包内文件与清单一致", en="files are those of the manifest"),
    "manifest": Message(zh="清单的签名", en="signature of the manifest"),
    "archive_maker": Message(zh="由清单所写的单位封存", en="sealed by the maker that the manifest names"),
    "version": Message(zh="证照各版本", en="versions of the licence"),
    "acts": Message(zh="办理记录前后一致", en="acts follow each other"),
    "archive": Message(zh="档案包", en="archive package"),
    "obligations": Message(zh="检验、复核、年报未逾期", en="inspections, re-checks and reports not overdue"),
}

PROOFS = {
    "store": Message(zh="颁发机构证照库的记录", en="the issuer's store"),
    "timestamp": Message(zh="签名时间戳", en="a timestamp on the signature"),
    "document-timestamp": Message(zh="文件时间戳", en="a timestamp on the file"),
    "none": Message(zh="无，仅为签名人自称", en="none but the signer's word"),
}
"""What proves since when a signature has existed."""

REVOCATIONS = {
    "good": Message(zh="未被吊销", en="not revoked"),
    "revoked": Message(zh="已被吊销", en="revoked"),
    "unknown": Message(zh="是否吊销未知", en="not known whether revoked"),
    "unpublished": Message(zh="签发机构未公布吊销情况", en="its CA names no place to ask"),
    "unchecked": Message(zh="未查吊销情况", en="revocation not looked at"),
}
"""Whether the certificates of a signer had been taken back."""

DEVELOPMENT_NOTICE = Message(
    zh="样例/测试：由开发用密钥签发，不具法律效力。",
    en="Sample / test only: made with development keys, without legal effect.",
)


def development_lines(development: bool) -> tuple[str, ...]:
    """Say below an answer that development keys made it, where they did."""
    return (f"{DEVELOPMENT_NOTICE.zh}  {DEVELOPMENT_NOTICE.en}",) if development else ()


def shortfall_text(why: str) -> Message:
    """Say that a licence is issued, and what it lacks for being checked later."""
    return Message(
        zh=f"已签发，但暂缺长期验证材料，可稍后用 elicence seal upgrade 补齐（{why}）。",
        en=f"Issued, but without all that proves the seal later; make up for it with elicence seal upgrade ({why}).",
    )


def check_name(name: str) -> Message:
    """Give the words for a check; one that has none yet is shown by its name."""
    return CHECKS.get(name, Message(zh=name, en=""))


def moment_text(at: datetime) -> str:
    """Write an instant for people, in the time of China."""
    from esign import CHINA  # here, because every slip of the hand is told in these words, and it takes long to load

    return at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def period_text(start: date, end: date | None) -> Message:
    """Write a term for people."""
    if end is None:
        return Message(zh=f"{start.isoformat()} 起，长期有效", en="no expiry")
    return Message(zh=f"{start.isoformat()} 至 {end.isoformat()}", en="both days included")


def instant_text(at: datetime) -> str:
    """Write an instant after RFC 3339 with the offset of China, to the second."""
    from esign import CHINA

    return at.astimezone(CHINA).isoformat(timespec="seconds")


def day_text(day: date | None) -> str | None:
    """Write a date after ISO 8601; None stays None (no expiry)."""
    return None if day is None else day.isoformat()
