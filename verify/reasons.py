"""The one table of reasons: what a verdict is called, what it means, and what the reader should do now.

Codes are stable: programs, pages, the command line and the tests use them. Indications and sub-indications are names of
ETSI EN 319 102-1 (clause 5.1.3 and table 5), with two deliberate differences, so that nobody who reads the indication
alone accepts a licence that must be refused:

* The indication always follows our verdict. It is about the licence, not about its seal alone: a revoked licence with a
  perfect seal is TOTAL-FAILED.
* Where the standard leaves a matter undecided (INDETERMINATE) and our policy refuses, for instance a valid seal of the
  wrong authority, the verdict is TOTAL-FAILED and keeps the sub-indication that the standard has for the matter.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Outcome(StrEnum):
    """The three values of a check and of a verdict. Unknown is neither valid nor invalid."""

    PASSED = "passed"
    FAILED = "failed"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """The same statement in Chinese and in English."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a verdict is what it is."""

    code: str
    outcome: Outcome
    sub_indication: str
    """Name of ETSI EN 319 102-1, or empty where the standard, which knows seals but no licences, has none."""
    sentence: Text
    """What is so, in one plain sentence."""
    action: Text
    """What the person at the counter does now."""

    @property
    def indication(self) -> str:
        """TOTAL-PASSED, TOTAL-FAILED or INDETERMINATE, as the outcome says."""
        return _INDICATIONS[self.outcome]


_INDICATIONS: Final = MappingProxyType(
    {
        Outcome.PASSED: "TOTAL-PASSED",
        Outcome.FAILED: "TOTAL-FAILED",
        Outcome.INDETERMINATE: "INDETERMINATE",
    }
)

_ASK_FOR_ORIGINAL: Final = Text(
    zh="请不要采信；请持证人重新提供原始文件，或向颁发机构核实。",
    en="Do not rely on it; ask the holder for the original file, or ask the issuing authority.",
)
_REFUSE: Final = Text(
    zh="请拒绝接受，并将情况告知证照上写明的颁发机构。",
    en="Refuse it and tell the issuing authority that the licence names.",
)
_ASK_ISSUER: Final = Text(
    zh="暂不采信，也不要当作假证处理；请向颁发机构核实。",
    en="Do not rely on it yet and do not treat it as forged; ask the issuing authority.",
)

# In order of precedence: of several reasons of the same rank (`judgement.judge`) the first one here is said.
_ROWS: Final = (
    # Failed: what it is
    Reason(
        code="FORMAT_EMPTY",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(zh="文件是空的，没有可以查验的内容。", en="The file is empty: there is nothing to check."),
        action=Text(
            zh="请重新选择文件，或请持证人重新提供。",
            en="Choose the file again, or ask the holder to send it again.",
        ),
    ),
    Reason(
        code="FORMAT_UNKNOWN",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(
            zh="无法识别这个文件：它不是电子证照，或者已经损坏。",
            en="This file is not recognised: it is no e-licence, or it is damaged.",
        ),
        action=Text(
            zh="请提供电子证照的 PDF 文件、证照数据文件（.json 连同 .p7s），或二维码的图片或文字。",
            en="Give the e-licence as PDF, the data file (.json together with .p7s), or the code as a picture or text.",
        ),
    ),
    Reason(
        code="FORMAT_PICTURE",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(zh="图片中没有能够识别的二维码。", en="There is no readable code in the picture."),
        action=Text(
            zh="请对准二维码重新拍摄，光线充足、画面清晰；或输入二维码下方的短码。",
            en="Take the picture again, sharp and well lit, or type the short code under the symbol.",
        ),
    ),
    Reason(
        code="FORMAT_CODE",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(
            zh="这不是电子证照的二维码，或者代码不完整、有误。",
            en="This is not the code of an e-licence, or it is incomplete or has a mistake in it.",
        ),
        action=Text(
            zh="请重新扫描证照上的二维码，或核对输入；仍不能识别的，请不要采信。",
            en="Scan the code on the licence again, or check what was typed; if that fails, do not rely on it.",
        ),
    ),
    Reason(
        code="FORMAT_PDF",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(zh="这个 PDF 文件已损坏或不完整。", en="This PDF file is damaged or incomplete."),
        action=_ASK_FOR_ORIGINAL,
    ),
    Reason(
        code="FORMAT_STRUCTURED",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(
            zh="证照数据已损坏，或不是电子证照数据。", en="The licence data are damaged, or are no licence data."
        ),
        action=_ASK_FOR_ORIGINAL,
    ),
    Reason(
        code="FORMAT_COPY",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(
            zh="加注件的数据无法读取：已经损坏，或者不是本系统的格式。",
            en="The data of the annotated copy cannot be read: damaged, or of another form.",
        ),
        action=_ASK_FOR_ORIGINAL,
    ),
    Reason(
        code="FORMAT_ARCHIVE",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(
            zh="档案包无法读取：已经损坏，或者不是本系统的格式。",
            en="The archive package cannot be read: damaged, or of another form.",
        ),
        action=Text(
            zh="请不要采信；请从原保管处重新取得档案包。",
            en="Do not rely on it; get the package again from where it is kept.",
        ),
    ),
    Reason(
        code="SEAL_MISSING",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(
            zh="没有电子印章，不能证明由谁颁发。", en="There is no electronic seal: nothing shows who issued it."
        ),
        action=Text(
            zh="请不要采信。证照数据文件（.json）须与同名的 .p7s 文件一并提供。",
            en="Do not rely on it. A data file (.json) must come with its .p7s file.",
        ),
    ),
    Reason(
        code="FORMAT_CMS",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(zh="电子印章的签名数据已损坏。", en="The signature data of the electronic seal are damaged."),
        action=_ASK_FOR_ORIGINAL,
    ),
    Reason(
        code="FORMAT_SES",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(
            zh="电子印章的数据已损坏，或不是电子印章。", en="The electronic seal is damaged, or is no electronic seal."
        ),
        action=Text(zh="请向制章机构重新索取印章文件。", en="Ask whoever made the seal for its file again."),
    ),
    # Failed: changed or forged
    Reason(
        code="NON_CANONICAL",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(
            zh="文件与颁发时的原件不一致，颁发后被改动过。",
            en="The file is not as it was issued: it was altered afterwards.",
        ),
        action=_ASK_FOR_ORIGINAL,
    ),
    Reason(
        code="DIGEST_MISMATCH",
        outcome=Outcome.FAILED,
        sub_indication="HASH_FAILURE",
        sentence=Text(zh="内容在盖章后被改动过。", en="The content was altered after it was sealed."),
        action=_REFUSE,
    ),
    Reason(
        code="SIGNATURE_INVALID",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CRYPTO_FAILURE",
        sentence=Text(
            zh="电子签名不成立，不是所称的机构作出的。",
            en="The electronic signature is wrong: it was not made by the authority that it names.",
        ),
        action=_REFUSE,
    ),
    Reason(
        code="SEAL_UNEXPECTED",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="文件上的电子印章不是这份证照颁发时所盖的印章。",
            en="The electronic seal on the file is not the one that this licence was issued with.",
        ),
        action=_REFUSE,
    ),
    Reason(
        code="DOCUMENT_UNLISTED",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="这份证照不含这样一份文件。",
            en="The licence does not have such a document among those that it consists of.",
        ),
        action=_REFUSE,
    ),
    Reason(
        code="BODY_MISMATCH",
        outcome=Outcome.FAILED,
        sub_indication="HASH_FAILURE",
        sentence=Text(
            zh="所附正文与证照数据不符，或缺少正文。",
            en="The attached body is not the one that the licence names, or one of them is missing.",
        ),
        action=_REFUSE,
    ),
    Reason(
        code="SEAL_NOT_OF_ISSUER",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="电子印章不属于证照上写明的颁发机构。",
            en="The electronic seal does not belong to the issuing authority that the licence names.",
        ),
        action=_REFUSE,
    ),
    Reason(
        code="COPY_NOT_OF_ORIGINAL",
        outcome=Outcome.FAILED,
        sub_indication="HASH_FAILURE",
        sentence=Text(
            zh="加注件中的证照内容与它所指的原证照不一致。",
            en="What the annotated copy says of the licence is not what the original that it names says.",
        ),
        action=_REFUSE,
    ),
    Reason(
        code="COPY_NOT_OF_MAKER",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="加注件上的签章不是其所写制作单位的。",
            en="The seal on the annotated copy is not that of the office that it names as its maker.",
        ),
        action=_REFUSE,
    ),
    Reason(
        code="ARCHIVE_INCOMPLETE",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(
            zh="档案包不完整：清单所列的文件有缺失。",
            en="The archive package is not complete: a file that its manifest lists is missing.",
        ),
        action=Text(
            zh="请不要采信；请从原保管处重新取得档案包。",
            en="Do not rely on it; get the package again from where it is kept.",
        ),
    ),
    Reason(
        code="ARCHIVE_CONTRADICTORY",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="档案包前后矛盾：清单、证照文件与办理记录对不上。",
            en="The archive package contradicts itself: its manifest, its files and its acts do not fit together.",
        ),
        action=_ASK_FOR_ORIGINAL,
    ),
    Reason(
        code="CERTIFICATE_UNFIT",
        outcome=Outcome.FAILED,
        sub_indication="CHAIN_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="所用的数字证书不具有签发证照的用途，或签发它的机构无权签发。",
            en="The certificate used may not seal licences, or whoever issued it had no right to issue certificates.",
        ),
        action=_REFUSE,
    ),
    Reason(
        code="SIGNER_NOT_IN_SEAL",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="盖章所用的证书不在这枚电子印章的用章名单中。",
            en="The certificate that sealed is not among those that may use this electronic seal.",
        ),
        action=_REFUSE,
    ),
    Reason(
        code="SEAL_SELF_MADE",
        outcome=Outcome.FAILED,
        sub_indication="CHAIN_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="这枚电子印章是用章单位自己制作的，不是制章机构制作的。",
            en="Whoever uses this electronic seal made it too; no maker of seals did.",
        ),
        action=Text(
            zh="请不要使用；请向经批准的制章机构申请制作印章。",
            en="Do not use it; have a seal made by an approved maker.",
        ),
    ),
    Reason(
        code="SEAL_NOT_IN_FORCE",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(zh="电子印章不在有效期内。", en="The electronic seal is not within its term of validity."),
        action=Text(
            zh="请不要使用；请向制章机构申请新的印章。", en="Do not use it; ask the maker of the seal for a new one."
        ),
    ),
    Reason(
        code="SIGNER_UNFIT",
        outcome=Outcome.FAILED,
        sub_indication="CHAIN_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="签名人的数字证书不能用于签署文件。", en="The signer's certificate is not one for signing documents."
        ),
        action=Text(
            zh="请签名人用签名证书重新签名后提交。", en="Ask the signer to sign again with a certificate for signing."
        ),
    ),
    Reason(
        code="SEAL_TIME_OUTSIDE_CERTIFICATE",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="盖章时，电子印章的证书不在有效期内。",
            en="The certificate of the seal was not valid at the time of sealing.",
        ),
        action=_REFUSE,
    ),
    Reason(
        code="KEY_COMPROMISED",
        outcome=Outcome.FAILED,
        sub_indication="REVOKED",
        sentence=Text(
            zh="印章密钥已失控，这个印章是在失控之后盖的。",
            en="The key of the seal is in other hands, and this seal was made after it got there.",
        ),
        action=_REFUSE,
    ),
    Reason(
        code="SEAL_AFTER_RETIREMENT",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="盖章时，这枚电子印章已经停用。",
            en="The electronic seal was no longer in use at the time of sealing.",
        ),
        action=_REFUSE,
    ),
    Reason(
        code="SEAL_TIME_CONTRADICTED",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="所称的盖章时间晚于已证明存在的时间，自相矛盾。",
            en="It claims to have been sealed later than it is proven to have existed: that cannot be.",
        ),
        action=_REFUSE,
    ),
    Reason(
        code="TIMESTAMP_INVALID",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="文件上的时间戳不成立：与文件不符，或不是时间戳机构作出的。",
            en="A timestamp on the file is wrong: it is over something else, or no timestamp authority made it.",
        ),
        action=_REFUSE,
    ),
    Reason(
        code="CERTIFICATE_REVOKED",
        outcome=Outcome.FAILED,
        sub_indication="REVOKED",
        sentence=Text(
            zh="盖章时，电子印章的证书已被吊销。",
            en="The certificate of the seal had already been revoked when it sealed.",
        ),
        action=_REFUSE,
    ),
    Reason(
        code="CHANGED_AFTER_SIGNING",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="文件在签名之后被添加或改动了内容。",
            en="Content was added or changed after the document was signed.",
        ),
        action=_ASK_FOR_ORIGINAL,
    ),
    Reason(
        code="HOLDER_MISMATCH",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但不属于此人：姓名（名称）或证件号码不符。",
            en="It is genuine but not this person's: name or number does not match.",
        ),
        action=Text(
            zh="请核对姓名（名称）和号码是否输入有误；仍不符的，请拒绝接受。",
            en="Check name and number for typing mistakes; if they still do not match, refuse it.",
        ),
    ),
    # Failed: genuine, but not in force
    Reason(
        code="SEALS_INCOMPLETE",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照尚未生效：应当加盖的电子印章还没有盖齐。",
            en="The licence is not in force yet: not all of its seals have been set.",
        ),
        action=Text(
            zh="请不要采信；请待各颁发机构全部盖章后再使用。",
            en="Do not rely on it; wait until every issuing authority has sealed it.",
        ),
    ),
    Reason(
        code="STATUS_REVOKED",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但已被吊销，不得使用。", en="The licence is genuine but revoked: it must not be used."
        ),
        action=Text(
            zh="请拒绝接受；持证人有异议的，请其联系颁发机构。",
            en="Refuse it; a holder who disagrees should contact the issuing authority.",
        ),
    ),
    Reason(
        code="STATUS_ANNULLED",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但已被撤销，不得使用。",
            en="The licence is genuine but was annulled: it must not be used.",
        ),
        action=Text(
            zh="请拒绝接受；持证人有异议的，请其联系颁发机构。",
            en="Refuse it; a holder who disagrees should contact the issuing authority.",
        ),
    ),
    Reason(
        code="STATUS_WITHDRAWN",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但已被撤回，不得使用。",
            en="The licence is genuine but was withdrawn: it must not be used.",
        ),
        action=Text(
            zh="请拒绝接受；持证人有异议的，请其联系颁发机构。",
            en="Refuse it; a holder who disagrees should contact the issuing authority.",
        ),
    ),
    Reason(
        code="STATUS_CANCELLED",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但已注销，不得使用。",
            en="The licence is genuine but was cancelled: it must not be used.",
        ),
        action=Text(
            zh="请拒绝接受；持证人有异议的，请其联系颁发机构。",
            en="Refuse it; a holder who disagrees should contact the issuing authority.",
        ),
    ),
    Reason(
        code="STATUS_TRANSFERRED",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但已转出，由转入地的新证照代替。",
            en="The licence is genuine but was transferred: a licence of another authority took its place.",
        ),
        action=Text(
            zh="请拒绝接受，请持证人出示转入地颁发的证照。",
            en="Refuse it; ask the holder for the licence of the authority that it was transferred to.",
        ),
    ),
    Reason(
        code="STATUS_SUPERSEDED",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但已换发新证照，本证照不再使用。",
            en="The licence is genuine, but a newer one took its place: this one is no longer used.",
        ),
        action=Text(
            zh="请持证人出示最新的证照。",
            en="Ask the holder for the newest licence.",
        ),
    ),
    Reason(
        code="STATUS_SUSPENDED",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但处于暂扣期间，不得使用。",
            en="The licence is genuine but suspended: it must not be used now.",
        ),
        action=Text(
            zh="请暂不接受；待颁发机构发还后再使用。",
            en="Do not accept it now; it can be used again when the authority gives it back.",
        ),
    ),
    Reason(
        code="STATUS_REPORTED_LOST",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但持证人已挂失，不得使用。",
            en="The licence is genuine but was reported lost: it must not be used.",
        ),
        action=Text(
            zh="请核对出示人的身份；并非持证人的，请告知颁发机构。",
            en="Check who presents it; if it is not the holder, tell the issuing authority.",
        ),
    ),
    Reason(
        code="STATUS_NOT_ACTIVATED",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但尚未激活。",
            en="The licence is genuine but has not been activated yet.",
        ),
        action=Text(
            zh="请待颁发机构激活后再使用。",
            en="It can be used when the issuing authority has activated it.",
        ),
    ),
    Reason(
        code="STATUS_EXPIRED",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(zh="证照真实，但有效期已过。", en="The licence is genuine but its term is over."),
        action=Text(
            zh="请拒绝接受；持证人称已延续或换证的，请其出示新证照。",
            en="Refuse it; a holder who says it was renewed should show the new licence.",
        ),
    ),
    Reason(
        code="STATUS_NOT_YET_IN_FORCE",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(zh="证照真实，但尚未生效。", en="The licence is genuine but not yet in force."),
        action=Text(zh="请在生效日期之后再使用。", en="It can be used from its first day of validity."),
    ),
    Reason(
        code="OBLIGATION_OVERDUE",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="登记有效，但已超检验（复核、年报）期，不得使用。",
            en="The registration is valid, but an inspection, re-check or report is overdue: it must not be used.",
        ),
        action=Text(
            zh="请不要使用；检验（复核、年报）合格后再用，详见检查明细。",
            en="Do not use it until the inspection, re-check or report is done; the checks name it.",
        ),
    ),
    # Indeterminate: cannot judge
    Reason(
        code="COPY_EXPIRED",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="加注件真实，但使用期限已过，不得用于新的用途；它仍可证明当时所依据的证照内容。",
            en="The annotated copy is genuine, but its time for use is over; it still proves what was relied on then.",
        ),
        action=Text(
            zh="办理新事项的，请重新取得加注件；核对旧案的，可以作为当时的依据。",
            en="For a new matter ask for a new copy; for the old case it may be taken as what was relied on.",
        ),
    ),
    Reason(
        code="COPY_OTHER_PURPOSE",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="加注件真实，但它是为其他事项或其他案件制作的。",
            en="The annotated copy is genuine, but it was made for another item or another case.",
        ),
        action=Text(
            zh="请不要采信；请为本案重新取得加注件，并将挪用情况告知制作单位。",
            en="Do not rely on it: ask for a copy for this case, and tell its maker that it was used elsewhere.",
        ),
    ),
    Reason(
        code="RESOURCE_LIMIT",
        outcome=Outcome.INDETERMINATE,
        sub_indication="",
        sentence=Text(
            zh="无法判断：文件过大或过于复杂，超出查验范围。",
            en="Cannot judge: the file is too large or too complex to be checked.",
        ),
        action=Text(
            zh="请核对是否选对了文件；没有选错的，请向颁发机构核实。",
            en="Check that it is the right file; if it is, ask the issuing authority.",
        ),
    ),
    Reason(
        code="FORMAT_FOREIGN",
        outcome=Outcome.INDETERMINATE,
        sub_indication="",
        sentence=Text(
            zh="无法判断：这个 PDF 不是由本系统制作的电子证照。",
            en="Cannot judge: this PDF is not an e-licence made by this system.",
        ),
        action=Text(
            zh="请持证人提供电子证照原件，或通过颁发机构的查验渠道核实。",
            en="Ask the holder for the original e-licence, or check it where its issuer says.",
        ),
    ),
    Reason(
        code="ALGORITHM_UNAVAILABLE",
        outcome=Outcome.INDETERMINATE,
        sub_indication="CRYPTO_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="无法判断：这台设备不支持电子印章所用的密码算法。",
            en="Cannot judge: this machine does not support the cryptographic algorithm of the seal.",
        ),
        action=Text(
            zh="请换一台设备查验，或请管理员安装所需的密码库（国密 SM2）。",
            en="Check it on another machine, or have the administrator install the library that is missing (SM2).",
        ),
    ),
    Reason(
        code="SEAL_EXTENSION_UNKNOWN",
        outcome=Outcome.INDETERMINATE,
        sub_indication="",
        sentence=Text(
            zh="无法判断：电子印章含有本系统不认识的必读内容。",
            en="Cannot judge: the electronic seal says something essential that this verifier does not know.",
        ),
        action=Text(
            zh="请向制章机构了解该内容，或换用能够识别的查验系统。",
            en="Ask the maker of the seal what it says, or use a verifier that knows it.",
        ),
    ),
    Reason(
        code="NO_TRUST_ANCHORS",
        outcome=Outcome.INDETERMINATE,
        sub_indication="NO_CERTIFICATE_CHAIN_FOUND",
        sentence=Text(
            zh="无法判断：查验系统没有安装任何受信任的根证书。",
            en="Cannot judge: this verifier has no trusted root certificate at all.",
        ),
        action=Text(
            zh="请联系查验系统的管理员；在此之前不要据此接受或拒绝。",
            en="Call the administrator of this verifier; until then neither accept nor refuse because of this answer.",
        ),
    ),
    Reason(
        code="CODE_KEY_UNKNOWN",
        outcome=Outcome.INDETERMINATE,
        sub_indication="NO_SIGNING_CERTIFICATE_FOUND",
        sentence=Text(
            zh="无法判断：查验系统没有收录给这个二维码签名的机构密钥。",
            en="Cannot judge: this verifier does not know the key that signed this code.",
        ),
        action=_ASK_ISSUER,
    ),
    Reason(
        code="CERTIFICATE_UNTRUSTED",
        outcome=Outcome.INDETERMINATE,
        sub_indication="NO_CERTIFICATE_CHAIN_FOUND",
        sentence=Text(
            zh="无法判断：签发印章证书的机构不在本系统的信任名单中。",
            en="Cannot judge: whoever issued the certificate of the seal is not on this verifier's list of trust.",
        ),
        action=_ASK_ISSUER,
    ),
    Reason(
        code="CERTIFICATE_REVOKED_UNPROVEN",
        outcome=Outcome.INDETERMINATE,
        sub_indication="REVOKED_NO_POE",
        sentence=Text(
            zh="无法判断：所用的数字证书已被吊销，没有证据表明是在吊销前签发的。",
            en="Cannot judge: the certificate has been revoked and nothing proves that it was used before that.",
        ),
        action=_ASK_ISSUER,
    ),
    Reason(
        code="TIMESTAMP_UNTRUSTED",
        outcome=Outcome.INDETERMINATE,
        sub_indication="NO_CERTIFICATE_CHAIN_FOUND",
        sentence=Text(
            zh="无法判断：文件上的时间戳机构不在本系统的信任名单中。",
            en="Cannot judge: the authority that made the timestamp is not on this verifier's list of trust.",
        ),
        action=Text(
            zh="请联系查验系统的管理员，或向颁发机构核实。",
            en="Call the administrator of this verifier, or ask the issuing authority.",
        ),
    ),
    Reason(
        code="ALGORITHM_OUTDATED",
        outcome=Outcome.INDETERMINATE,
        sub_indication="CRYPTO_CONSTRAINTS_FAILURE_NO_POE",
        sentence=Text(
            zh="无法判断：签名使用了已不安全的密码算法。",
            en="Cannot judge: the signature uses a cryptographic algorithm that is no longer safe.",
        ),
        action=Text(
            zh="请签名人用现行算法重新签名后提交。",
            en="Ask the signer to sign again with a present-day algorithm.",
        ),
    ),
    Reason(
        code="CERTIFICATE_MISSING",
        outcome=Outcome.INDETERMINATE,
        sub_indication="NO_SIGNING_CERTIFICATE_FOUND",
        sentence=Text(
            zh="无法判断：文件中没有签名人的数字证书。",
            en="Cannot judge: the file does not bring the signer's certificate.",
        ),
        action=Text(
            zh="请签名人重新提交带有证书的签名文件。",
            en="Ask the signer for a signature that brings its certificate.",
        ),
    ),
    Reason(
        code="CONTENT_MISSING",
        outcome=Outcome.INDETERMINATE,
        sub_indication="SIGNED_DATA_NOT_FOUND",
        sentence=Text(
            zh="无法判断：只有签名，没有被签名的文件。",
            en="Cannot judge: there is a signature, but not what was signed.",
        ),
        action=Text(
            zh="请将被签名的原文件与签名文件一并提供。",
            en="Give the signed document together with its signature.",
        ),
    ),
    Reason(
        code="CERTIFICATE_EXPIRED",
        outcome=Outcome.INDETERMINATE,
        sub_indication="OUT_OF_BOUNDS_NO_POE",
        sentence=Text(
            zh="无法判断：所用的数字证书现已过期，没有证据表明是在过期前签发的。",
            en="Cannot judge: the certificate has expired by now and nothing proves that it was used before that.",
        ),
        action=_ASK_ISSUER,
    ),
    Reason(
        code="KEY_COMPROMISED_UNPROVEN",
        outcome=Outcome.INDETERMINATE,
        sub_indication="REVOKED_NO_POE",
        sentence=Text(
            zh="无法判断：印章密钥后来失控，没有证据表明是在失控之前盖的章。",
            en="Cannot judge: the key of the seal got into other hands later; nothing proves that this is older.",
        ),
        action=_ASK_ISSUER,
    ),
    Reason(
        code="REVOCATION_UNKNOWN",
        outcome=Outcome.INDETERMINATE,
        sub_indication="TRY_LATER",
        sentence=Text(
            zh="无法判断：查不到所用的数字证书是否已被吊销。",
            en="Cannot judge: whether the certificate has been revoked could not be found out.",
        ),
        action=Text(
            zh="请联网后重试，或向颁发机构核实。",
            en="Try again with a network connection, or ask the issuing authority.",
        ),
    ),
    Reason(
        code="HOLDER_NOT_CHECKED",
        outcome=Outcome.INDETERMINATE,
        sub_indication="",
        sentence=Text(
            zh="代码真实，未核对是否属于此人。",
            en="The code is genuine; whether it belongs to this person has not been checked.",
        ),
        action=Text(
            zh="请对照身份证件（或营业执照），输入姓名（名称）和号码进行核对。",
            en="Enter name and number from the identity card (or business licence) to compare them.",
        ),
    ),
    Reason(
        code="OBLIGATION_UNKNOWN",
        outcome=Outcome.INDETERMINATE,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但证面所载检验（复核、年报）日期已过，是否已办理未知。",
            en="The licence is genuine; an inspection, re-check or report was due, and it is not known to be done.",
        ),
        action=Text(
            zh="请联网查询当前状态，或请持证人出示最近的检验（复核、年报）证明。",
            en="Look up the present status online, or ask the holder for proof that it was done.",
        ),
    ),
    Reason(
        code="STATUS_UNKNOWN",
        outcome=Outcome.INDETERMINATE,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但查不到当前状态，不知是否已被吊销。",
            en="The licence is genuine, but its present status is not known: it may have been revoked.",
        ),
        action=Text(
            zh="请联网查询当前状态，或向颁发机构核实后再采信。",
            en="Look up the present status online or ask the issuing authority before relying on it.",
        ),
    ),
    # Passed
    Reason(
        code="SEAL_GENUINE",
        outcome=Outcome.PASSED,
        sub_indication="",
        sentence=Text(
            zh="电子印章完好，在有效期内，制章者的证书可信。这是印章本身，不是盖了章的文件。",
            en="The electronic seal is good and valid and its maker's certificate is trusted. It is not a document.",
        ),
        action=Text(
            zh="可以作为印章使用；请核对制章者是否经过批准。",
            en="It can be used as a seal; see to it that its maker is an approved one.",
        ),
    ),
    Reason(
        code="SIGNED_DOCUMENT",
        outcome=Outcome.PASSED,
        sub_indication="",
        sentence=Text(
            zh="文件上的电子签名有效，签名后未被改动。这不是本系统的电子证照。",
            en="The signatures are good and the document was not changed since. It is no e-licence of this system.",
        ),
        action=Text(
            zh="可作为经电子签名的材料接收，请核对签名人；不要当作证照采信。",
            en="It may be accepted as signed material once the signer is checked; do not take it for a licence.",
        ),
    ),
    Reason(
        code="ARCHIVE_GENUINE",
        outcome=Outcome.PASSED,
        sub_indication="",
        sentence=Text(
            zh="档案包真实完整：各版本、办理记录和验证材料与封存时一致。所记状态是封存时的，不代表现在。",
            en="The archive package is genuine and complete: versions, acts and evidence are as they were put into it. "
            "The state that it records is that of then, not of today.",
        ),
        action=Text(
            zh="可以作为档案使用；需要现在的状态时，请向颁发机构查询。",
            en="It may be used as a record; for the present state ask the issuing authority.",
        ),
    ),
    Reason(
        code="COPY_GENUINE",
        outcome=Outcome.PASSED,
        sub_indication="",
        sentence=Text(
            zh="加注件真实，原证照有效。",
            en="The annotated copy is genuine, and the licence that it is a copy of is in force.",
        ),
        action=Text(
            zh="只可用于下列用途；挪作他用的，请拒绝。",
            en="You may rely on it for the purpose that it names, and for nothing else.",
        ),
    ),
    Reason(
        code="RENEWAL_PENDING",
        outcome=Outcome.PASSED,
        sub_indication="",
        sentence=Text(
            zh="证照真实。有效期已过，但延续申请按时提出、尚未决定，证照继续有效（行政许可法第五十条）。",
            en="The licence is genuine. Its term is over, but a timely renewal is undecided: it stays valid (art. 50).",
        ),
        action=Text(
            zh="可以采信；长期使用的，请在延续决定作出后再次核验。",
            en="You may rely on it; for lasting use check again when the renewal is decided.",
        ),
    ),
    Reason(
        code="EXTENDED",
        outcome=Outcome.PASSED,
        sub_indication="",
        sentence=Text(
            zh="证照真实，有效期已由颁发机构公告延长。",
            en="The licence is genuine, and a notice of the authority extended its term.",
        ),
        action=Text(
            zh="可以采信；延长后的截止日期见检查明细。",
            en="You may rely on it; the checks give the new last day.",
        ),
    ),
    Reason(
        code="DISPUTED",
        outcome=Outcome.PASSED,
        sub_indication="",
        sentence=Text(
            zh="证照真实有效；有异议正在处理中。",
            en="The licence is genuine and in force; an objection is being dealt with.",
        ),
        action=Text(
            zh="可以采信；重大事项请先向颁发机构了解异议情况。",
            en="You may rely on it; in weighty matters ask the issuing authority about the objection first.",
        ),
    ),
    Reason(
        code="OBLIGATION_NOTE",
        outcome=Outcome.PASSED,
        sub_indication="",
        sentence=Text(
            zh="证照真实有效；有一项检验、复核或年报已逾期。",
            en="The licence is genuine and in force; an inspection, re-check or report is overdue.",
        ),
        action=Text(
            zh="可以采信；请提醒持证人补办，详见检查明细。",
            en="You may rely on it; remind the holder of what is overdue, the checks name it.",
        ),
    ),
    Reason(
        code="OK",
        outcome=Outcome.PASSED,
        sub_indication="",
        sentence=Text(zh="证照真实有效。", en="The licence is genuine and in force."),
        action=Text(zh="可以采信。", en="You may rely on it."),
    ),
)

REASONS: Final = MappingProxyType({reason.code: reason for reason in _ROWS})
"""Every reason by its code, in order of precedence."""

DEVELOPMENT_SENTENCE: Final = Text(
    zh="样例/测试，不具法律效力 (test only)。", en="Sample for testing only, without legal effect."
)
"""Follows every sentence about something that was made with a development PKI."""

DEVELOPMENT_ACTION: Final = Text(
    zh="仅供测试，请不要用于办理业务。", en="For testing only: do not use it for real business."
)
"""Takes the place of "you may rely on it" for something that was made with a development PKI."""


def reasons_table() -> str:
    """Write the page `docs/reference/reasons.md`, made from `REASONS` so that the two cannot differ."""
    lines = [
        "# Verdicts: reasons, sentences, actions",
        "",
        "Made from the table in `verify/reasons.py`; a test fails when the two differ. Codes are stable.",
        "",
        "Of several reasons of the same rank the one that stands first here is said. The ranks, from the strongest:",
        "not genuine, genuine but not in force, cannot judge whether it is genuine, status not known, passed.",
        "",
        "The indication follows the verdict: *passed* is TOTAL-PASSED, *failed* is TOTAL-FAILED, *indeterminate* is",
        "INDETERMINATE. Sub-indications are names of ETSI EN 319 102-1; where the standard leaves a matter undecided",
        "and our policy refuses, the verdict is TOTAL-FAILED and keeps the standard's name for the matter. Reasons",
        "about the licence rather than about its seal have no sub-indication.",
        "",
        f"Something made with a development PKI also gets: {DEVELOPMENT_SENTENCE.zh} {DEVELOPMENT_SENTENCE.en}",
        f"When it passes, the action is: {DEVELOPMENT_ACTION.zh} {DEVELOPMENT_ACTION.en}",
        "",
        "| Code | Verdict | Sub-indication | Sentence | What to do |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| `{reason.code}` | {reason.outcome.value} | {reason.sub_indication or '–'} "
        f"| {reason.sentence.zh}<br>{reason.sentence.en} | {reason.action.zh}<br>{reason.action.en} |"
        for reason in _ROWS
    ]
    return "\n".join(lines) + "\n"
