"""What `elicence doctor` may find: each finding's words, how bad it is, and what to do about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from .messages import Message


class Severity(StrEnum):
    """How bad a finding is."""

    UNSAFE = "unsafe"
    """Not to be left so where real licences are."""
    ADVICE = "advice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One row of the table."""

    severity: Severity
    what: Message
    action: Message


def _row(code: str, severity: Severity, what: tuple[str, str], action: tuple[str, str]) -> tuple[str, Advice]:
    return code, Advice(
        severity=severity, what=Message(zh=what[0], en=what[1]), action=Message(zh=action[0], en=action[1])
    )


_UNSAFE, _ADVICE = Severity.UNSAFE, Severity.ADVICE

ADVICE: Mapping[str, Advice] = MappingProxyType(dict((
    _row("OPEN_ON_LOOPBACK", _UNSAFE,
         ("本机请求无需身份凭证", "requests from this machine need no credentials"),
         ("在 elicence.toml 中删除 open_on_loopback。", "take open_on_loopback out of elicence.toml")),
    _row("DEVELOPMENT_HOME", _UNSAFE,
         ("使用开发测试用密钥，所签证照不具效力", "the keys are for development: nothing that they seal has effect"),
         ("另建主目录，导入正式证书和印章（elicence keys、elicence seal import）。",
          "make another home with real certificates and seals (elicence keys, elicence seal import)")),
    _row("DEVELOPMENT_ANCHOR", _UNSAFE,
         ("信任名单中有开发测试用根证书", "a root of a development PKI is trusted"),
         ("从 trust 文件夹中移除该证书。", "take it out of the folder trust")),
    _row("NOT_PRODUCTION", _ADVICE,
         ("未设 production = true：印章密钥可放在文件里，证书可为测试证书",
          "production = true is not set: seal keys may lie in files, and certificates may be for tests"),
         ("印章密钥放入密码设备或印章服务后设置 production = true。",
          "set production = true when seal keys are in a device or a seal service")),
    _row("SECRET_READABLE", _UNSAFE,
         ("密钥或口令文件可被其他用户读取", "a file with a key or a password can be read by other users"),
         ("chmod 600，并考虑更换其内容。", "chmod 600, and consider replacing what is in it")),
    _row("HOME_READABLE", _UNSAFE,
         ("主目录可被其他用户进入", "other users can enter the home directory"),
         ("chmod 700 主目录。", "chmod 700 the home directory")),
    _row("WRITABLE_BY_OTHERS", _UNSAFE,
         ("设置或信任名单可被其他用户修改", "settings or trusted certificates can be changed by other users"),
         ("chmod go-w。", "chmod go-w")),
    _row("TLS_MISSING", _UNSAFE,
         ("公开地址在网上，而本机未设 TLS，也未设可信代理：其他机器只能打开核验页面，且可被窃听",
          "the public address is on a network, with neither TLS nor a trusted proxy: other machines get the public "
          "pages only, and others can read along"),
         ("设置 [tls]，或在 trusted_proxies 中写明终止 TLS 的代理。",
          "set [tls], or name the proxy that ends TLS in trusted_proxies")),
    _row("PUBLIC_URL_PLAIN", _UNSAFE,
         ("印在二维码中的公开地址不是 https", "the public address that is printed in the codes is not https"),
         ("签发正式证照之前改为 https 地址。", "make it an https address before real licences are issued")),
    _row("TLS_UNUSABLE", _UNSAFE,
         ("TLS 证书或密钥无法使用", "the TLS certificate or its key cannot be used"),
         ("更正 [tls] 中的文件。", "mend the files of [tls]")),
    _row("TLS_EXPIRES", _UNSAFE,
         ("TLS 证书已过期或将于 30 天内过期", "the TLS certificate has expired, or will within 30 days"),
         ("更换证书并重启服务。", "replace it and restart the server")),
    _row("STORE_PLAIN", _UNSAFE,
         ("与 PostgreSQL 的连接未校验对方证书", "the connection to PostgreSQL does not check the server's certificate"),
         ("在 [store] 的 url 中加 sslmode=verify-full。", "add sslmode=verify-full to the url of [store]")),
    _row("PROVIDER_PLAIN", _UNSAFE,
         ("身份提供方的地址不是 https", "the address of an identity provider is not https"),
         ("改为 https 地址。", "make it an https address")),
    _row("KEY_UNUSABLE", _UNSAFE,
         ("密钥不可用，不能签发", "a key cannot be used: nothing is issued"),
         ("见 elicence keys list。", "see elicence keys list")),
    _row("CERTIFICATE_EXPIRES", _UNSAFE,
         ("在用密钥的证书已过期或将于 30 天内过期",
          "the certificate of a key in use has expired, or will within 30 days"),
         ("申请新证书并更换密钥（elicence keys rotate）。", "get another certificate and rotate the key")),
    _row("KEY_OLD", _ADVICE,
         ("密钥使用已超过一年", "a key has been in use for more than a year"),
         ("按密钥管理制度决定是否更换（elicence keys rotate）。", "decide by your rules whether to rotate it")),
    _row("OFD_NEEDS_SM2", _ADVICE,
         ("设为出具 OFD，但没有 SM2 印章密钥：只会出具 PDF",
          "OFDs are to be made, but there is no SM2 seal key: nothing but PDFs is made"),
         ("导入 SM2 密钥和电子印章（elicence keys、elicence seal import），或设 format = \"pdf\"。",
          "take in an SM2 key and an electronic seal (elicence keys, elicence seal import), or set format = \"pdf\"")),
    _row("OFD_NEEDS_SEAL", _UNSAFE,
         ("设为出具 OFD，但没有可用于 OFD 的 SM2 电子印章：不能以 SM2 印章签发",
          "OFDs are to be made, but there is no SM2 electronic seal that an OFD can bear: nothing is issued with SM2"),
         ("导入电子印章（elicence seal import），或设 format = \"pdf\"。",
          "take in an electronic seal (elicence seal import), or set format = \"pdf\"")),
    _row("OFD_SEAL_OPAQUE", _UNSAFE,
         ("设为出具 OFD，但电子印章的图片不透明，会遮住照面：不能以 SM2 印章签发",
          "OFDs are to be made, but the picture of the electronic seal is opaque and would hide the face: nothing is "
          "issued with SM2"),
         ("向制章机构索取图片透明的印章，或设 format = \"pdf\"。",
          "get a seal with a transparent picture from its maker, or set format = \"pdf\"")),
    _row("ANCHOR_EXPIRES", _UNSAFE,
         ("信任根已过期或将于 90 天内过期", "a trusted root has expired, or will within 90 days"),
         ("向 CA 索取新根证书并放入 trust 文件夹。", "get the CA's new root and put it into the folder trust")),
    _row("NO_TIMESTAMPS", _ADVICE,
         ("未设时间戳服务：印章证书到期后，签章时间无从证明",
          "no timestamp authority is set: when a seal's certificate has ended, nothing proves when it was made"),
         ("在 [timestamp] 中设置时间戳服务地址。", "name one in [timestamp]")),
    _row("CLOCK_BEHIND", _UNSAFE,
         ("本机时钟早于库中已有的记录", "this machine's clock is behind what stands in the store"),
         ("校准时钟（NTP）。", "set the clock right (NTP)")),
    _row("CLIENTS_ALTERED", _UNSAFE,
         ("权限数据被他人在库中改动，已拒绝使用", "permissions were altered in the database, and are refused"),
         ("查明原因，换名重新登记（elicence clients）。",
          "find out by whom, and set them up again by another name (elicence clients)")),
    _row("NO_SECURITY_ADMINISTRATOR", _UNSAFE,
         ("没有在用的安全管理员", "no security administrator is in use"),
         ("登记一个：elicence clients add --role security_administrator --days 365 …",
          "set one up: elicence clients add --role security_administrator --days 365 …")),
    _row("NO_AUDITOR", _UNSAFE,
         ("没有在用的审计员", "no auditor is in use"),
         ("登记一个：elicence clients add --role auditor --days 365 …",
          "set one up: elicence clients add --role auditor --days 365 …")),
    _row("PROOF_EXPIRES", _ADVICE,
         ("应用的密钥已过期或将于 30 天内过期", "a client's key has expired, or will within 30 days"),
         ("发新密钥（elicence clients key），换用后吊销旧的（elicence clients revoke）。",
          "make another (elicence clients key), and revoke the old one when it is no longer used")),
    _row("BACKUP_MISSING", _UNSAFE,
         ("从未备份", "there is no backup"),
         ("运行 elicence backup，密钥备份另行存放。", "run elicence backup, and keep that of the keys apart")),
    _row("BACKUP_OLD", _UNSAFE,
         ("最近一次备份已超过 7 天", "the last backup is more than 7 days old"),
         ("安排每日 elicence backup。", "have elicence backup run every day")),
    _row("KEYS_NOT_BACKED_UP", _UNSAFE,
         ("密钥在上次备份之后有变化，或从未备份", "keys have changed since they were backed up, or never were"),
         ("备份密钥：elicence backup --keys-out FILE …", "back up the keys: elicence backup --keys-out FILE …")),
    _row("DISK_LOW", _UNSAFE,
         ("主目录所在磁盘空间不足", "the disk of the home directory is nearly full"),
         ("清理或扩容。", "free some, or add some")),
    _row("MIGRATIONS_PENDING", _UNSAFE,
         ("证照库结构须先升级", "the database lacks what this program needs"),
         ("运行 elicence store upgrade。", "run elicence store upgrade")),
    _row("MIGRATIONS_POST", _ADVICE,
         ("升级尚有收尾步骤", "an upgrade has a last step to do"),
         ("旧版程序全部停用后运行 elicence store upgrade --post。",
          "run elicence store upgrade --post when no older program runs")),
    _row("DATA_UNPROTECTED", _UNSAFE,
         ("没有数据加密密钥：个人信息未加密保存", "there is no key for personal data at rest: they are kept in clear"),
         ("从密钥备份中恢复 protection.keys。", "restore protection.keys from the backup of keys")),
    _row("TRAIL_BEHIND", _UNSAFE,
         ("操作记录超过 10 分钟未入链", "entries of the trail have waited more than 10 minutes to be chained"),
         ("确认服务在运行，或运行 elicence audit checkpoint。",
          "see that a server runs, or run elicence audit checkpoint")),
)))  # fmt: skip
