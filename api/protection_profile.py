"""What an assessor asks (modelled on GB/T 39786-2021 clause 8.4, GB/T 22239-2019 clause 8.1.4), and our answers.

One table: `elicence doctor` prints it with the state of an installation, docs/reference/protection-profile.md is made
of it. The wording of the standards could not be confirmed; an assessor's judgement is not anticipated.
"""

from dataclasses import dataclass
from enum import StrEnum

from .doctor import Diagnosis
from .messages import Message

MI = "GB/T 39786-2021 §8.4"
DENG = "GB/T 22239-2019 §8.1.4"


class State(StrEnum):
    """How an item stands in an installation."""

    NOTHING_FOUND = "nothing_found"
    OPEN = "open"
    UNKNOWN = "unknown"
    OUTSIDE = "outside"
    """Not this program's to answer: the machine, the network, the organisation."""


STATE_WORDS = {
    State.NOTHING_FOUND: Message(zh="未发现问题", en="nothing found"),
    State.OPEN: Message(zh="有问题", en="open"),
    State.UNKNOWN: Message(zh="无法判断", en="cannot be told"),
    State.OUTSIDE: Message(zh="本程序之外", en="outside this program"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that is asked about."""

    clause: str
    title: Message
    setting: str
    """What the operator sets; empty where nothing is to be set."""
    means: Message
    """What the program does about it."""
    code: tuple[str, ...]
    """Modules that do it; none for what is outside."""
    tests: tuple[str, ...] = ()
    """Files of tests that show it."""
    findings: frozenset[str] = frozenset()
    """Of `doctor_advice`: with one of them the item is open."""

    def state(self, diagnosis: Diagnosis) -> State:
        """Say how it stands."""
        if not self.code:
            return State.OUTSIDE
        if self.findings & diagnosis.open_codes:
            return State.OPEN
        return State.UNKNOWN if self.findings & diagnosis.unknown_codes else State.NOTHING_FOUND

    def shape(self, diagnosis: Diagnosis) -> dict[str, object]:
        """Return the form in which JSON carries it."""
        return {
            "clause": self.clause,
            "title": self.title.shape(),
            "state": self.state(diagnosis),
            "setting": self.setting,
            "means": self.means.shape(),
            "code": list(self.code),
            "tests": list(self.tests),
            "findings": sorted(self.findings & diagnosis.open_codes),
        }


def _item(
    clause: str,
    title: tuple[str, str],
    means: tuple[str, str],
    *,
    setting: str = "",
    code: str = "",
    tests: str = "",
    findings: str = "",
) -> Item:
    return Item(
        clause=clause, title=Message(zh=title[0], en=title[1]),
        setting=setting, means=Message(zh=means[0], en=means[1]),
        code=tuple(code.split()), tests=tuple(tests.split()), findings=frozenset(findings.split()),
    )  # fmt: skip


_NETWORK = "TLS_MISSING TLS_UNUSABLE TLS_EXPIRES PUBLIC_URL_PLAIN STORE_PLAIN PROVIDER_PLAIN"
_SECRETS = "SECRET_READABLE HOME_READABLE DATA_UNPROTECTED"

ITEMS = (
    _item(f"{MI} a", ("身份鉴别", "identification"),
          ("应用以随机密钥（只存 SM3 摘要）、TLS 客户端证书或身份提供方的令牌证明身份；没有默认口令；没有匿名写入",
           "callers show a random key (kept as SM3 digest only), a TLS client certificate or a provider's token; there "
           "is no default password and nothing anonymous writes"),
          setting="elicence clients; [tls] client_ca; [tokens]; [login]",
          code="api/authentication.py licences/access/clients.py api/tokens.py",
          tests="tests/licences/test_clients.py tests/api/test_permissions.py tests/oidc/test_tokens.py",
          findings="OPEN_ON_LOOPBACK PROOF_EXPIRES"),
    _item(f"{MI} b", ("访问控制信息完整性", "integrity of access rules"),
          ("应用、角色、授权的每一行带 HMAC-SM3，被改动的行拒绝使用并在此列出",
           "each row of clients, roles and grants bears an HMAC-SM3; altered rows are refused and named here"),
          code="licences/sql/client_store.py", tests="tests/licences/test_clients.py", findings="CLIENTS_ALTERED"),
    _item(f"{MI} c", ("重要信息资源安全标记完整性", "integrity of security labels"),
          ("不另设安全标记；证照类型及其字段由程序自带或存于主目录",
           "no labels are kept apart; licence types and their fields ship with the program or lie in the home"),
          code="licences/catalogue/__init__.py", findings="WRITABLE_BY_OTHERS"),
    _item(f"{MI} d", ("重要数据传输机密性", "confidentiality in transit"),
          ("TLS 1.2 以上，仅前向保密的套件；明文连接只提供核验页面。国密 TLCP 由前置代理提供",
           "TLS 1.2 or later with forward secrecy only; plain connections get the public pages. TLCP (SM2) is a matter "
           "of a proxy in front"),
          setting="[tls]; trusted_proxies; [store] sslmode", code="api/tls.py api/edge.py api/forwarding.py",
          tests="tests/api/test_tls.py tests/api/test_forwarding.py", findings=_NETWORK),
    _item(f"{MI} e", ("重要数据存储机密性", "confidentiality at rest"),
          ("个人信息以 SM4-GCM 加密并绑定存放位置；密钥在数据之外的文件中，可轮换",
           "personal data are closed with SM4-GCM and bound to their place; the keys lie apart and can be rotated"),
          setting="protection.keys; elicence store new-key", code="licences/protection.py licences/files.py",
          tests="tests/licences/test_protection.py tests/licences/test_files.py", findings=_SECRETS),
    _item(f"{MI} f", ("重要数据传输完整性", "integrity in transit"),
          ("TLS；证照、状态列表和回执另有电子签章或签名",
           "TLS; licences, status lists and receipts are sealed or signed besides"),
          setting="[tls]; trusted_proxies", code="api/tls.py", tests="tests/api/test_tls.py", findings=_NETWORK),
    _item(f"{MI} g", ("重要数据存储完整性", "integrity at rest"),
          ("证照文件有印章并按摘要存放；操作记录逐条带 HMAC-SM3、成链并定期签名",
           "licence files are sealed and stored by digest; entries of the trail bear an HMAC-SM3, are chained, and the "
           "chain is signed regularly"),
          setting="elicence audit verify", code="licences/supervision/chain.py licences/files.py",
          tests="tests/licences/test_trail_chain.py tests/flow/test_every_byte.py",
          findings="CLIENTS_ALTERED TRAIL_BEHIND"),
    _item(f"{MI} h", ("不可否认性", "non-repudiation"),
          ("签发以印章密钥签章，可带时间戳；吊销等行为入操作记录链，由签名的检查点固定",
           "what is issued is sealed, with a timestamp if one is to be had; acts stand in the chained trail under "
           "signed checkpoints"),
          setting="[keys]; [timestamp]", code="esign/pdf_sealing.py licences/supervision/chain.py",
          tests="tests/licences/test_trail_chain.py tests/api/test_production.py",
          findings="DEVELOPMENT_HOME DEVELOPMENT_ANCHOR NOT_PRODUCTION NO_TIMESTAMPS"),
    _item(DENG, ("身份鉴别", "identification"),
          ("同 GB/T 39786 a；错误的凭证按地址限次；会话有期限",
           "as GB/T 39786 a; wrong credentials are limited by address; sessions end"),
          setting="elicence clients; [login]", code="api/authentication.py api/limiting.py",
          tests="tests/api/test_permissions.py tests/oidc/test_login.py", findings="OPEN_ON_LOOPBACK PROOF_EXPIRES"),
    _item(DENG, ("访问控制", "access control"),
          ("按应用×证照类型×操作×区划授权；系统、安全、审计三类管理员互斥",
           "granted per client, licence type, operation and region; system, security and audit administrators exclude "
           "each other"),
          setting="elicence clients grant", code="licences/access/roles.py licences/access/callers.py",
          tests="tests/api/test_permissions.py tests/licences/test_clients.py",
          findings="OPEN_ON_LOOPBACK CLIENTS_ALTERED NO_SECURITY_ADMINISTRATOR NO_AUDITOR"),
    _item(DENG, ("安全审计", "security audit"),
          ("每次签发、读取、查询、核验、共享及权限变更留记录（时间、主体、类型、结果）；少于六个月的记录不能清除",
           "every issue, read, look-up, verification, share and change of permissions is recorded (time, subject, "
           "kind, result); nothing younger than six months can be pruned"),
          setting="elicence audit", code="licences/supervision/trail.py licences/supervision/chain_check.py",
          tests="tests/licences/test_trail.py tests/licences/test_trail_chain.py tests/api/test_permissions.py",
          findings="NO_AUDITOR TRAIL_BEHIND CLOCK_BEHIND"),
    _item(DENG, ("入侵防范", "intrusion prevention"),
          ("所有输入有上限和严格格式；图片和外来 PDF 在独立进程中读取；请求限次、限并发",
           "all input has limits and a strict form; pictures and foreign PDFs are read in processes of their own; "
           "requests are limited in rate and number"),
          code="api/edge.py api/admission.py api/inputs.py",
          tests="tests/api/test_hostile.py tests/api/test_attacks.py tests/api/test_admission.py", findings="DISK_LOW"),
    _item(DENG, ("恶意代码防范", "malicious code"),
          ("由主机负责；本程序不执行上传的内容", "the machine's matter; nothing that is uploaded is executed")),
    _item(DENG, ("可信验证", "trusted verification"),
          ("由主机负责；安装包的依赖以锁定的摘要核对",
           "the machine's matter; what is installed is checked by the lock's digests")),
    _item(DENG, ("数据完整性", "data integrity"),
          ("同 GB/T 39786 f、g", "as GB/T 39786 f and g"), code="licences/files.py esign/pdf_reading.py",
          tests="tests/flow/test_every_byte.py tests/licences/test_trail_chain.py",
          findings=f"{_NETWORK} CLIENTS_ALTERED TRAIL_BEHIND WRITABLE_BY_OTHERS"),
    _item(DENG, ("数据保密性", "data confidentiality"),
          ("同 GB/T 39786 d、e", "as GB/T 39786 d and e"), code="api/tls.py licences/protection.py",
          tests="tests/api/test_tls.py tests/licences/test_protection.py",
          findings=f"{_NETWORK} {_SECRETS}"),
    _item(DENG, ("数据备份恢复", "backup and recovery"),
          ("在线一致备份并加密，密钥另存；恢复时核对每个文件、记录链并抽查印章。异地存放和热备由运维负责",
           "consistent online backups, encrypted, keys apart; restoring checks every file, the trail and a sample of "
           "seals. Another site and hot standby are the operator's"),
          setting="elicence backup; elicence restore", code="api/backup.py api/restore.py",
          tests="tests/api/test_backup.py",
          findings="BACKUP_MISSING BACKUP_OLD KEYS_NOT_BACKED_UP DISK_LOW"),
    _item(DENG, ("剩余信息保护", "residual information"),
          ("响应不得缓存；临时文件用毕删除；口令和密钥不进日志、地址和错误信息",
           "answers are not to be cached; temporary files are removed; no secret stands in logs, addresses or errors"),
          code="api/edge.py", tests="tests/api/test_edge.py"),
    _item(DENG, ("个人信息保护", "personal information"),
          ("公开核验只显示脱敏信息；查询须说明用途（五要素和理由）并留记录，持证主体可查谁看过",
           "public checks show masked data; look-ups state their purpose and are recorded, and holders see who looked"),
          code="licences/masking.py licences/access/purposes.py",
          tests="tests/api/test_pages.py tests/api/test_use.py tests/api/test_permissions.py",
          findings=f"{_SECRETS} OPEN_ON_LOOPBACK"),
)  # fmt: skip


def profile_page() -> str:
    """Write docs/reference/protection-profile.md."""
    lines = [
        "# 密码应用与等级保护对照 Protection profile",
        "",
        "Modelled on the items of GB/T 39786-2021 clause 8.4 (密评) and GB/T 22239-2019 clause 8.1.4 (等保); their",
        "wording could not be confirmed, and an assessor's judgement is not anticipated. Made of the table in",
        "`api/protection_profile.py`; `elicence doctor` prints it with the state of an installation.",
        "",
        "| item | 事项 | what the program does | to set | code and tests | opened by findings of `elicence doctor` |",
        "|---|---|---|---|---|---|",
    ]
    for item in ITEMS:
        cells = (
            item.clause,
            f"{item.title.zh} {item.title.en}",
            f"{item.means.zh}。 {item.means.en}",
            f"`{item.setting}`" if item.setting else "–",
            " ".join(f"`{path}`" for path in (*item.code, *item.tests)) or "outside this program",
            " ".join(f"`{code}`" for code in sorted(item.findings)) or "–",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])
