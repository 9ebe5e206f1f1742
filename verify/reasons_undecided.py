"""Reasons why nothing can be decided; in order of precedence."""

from __future__ import annotations

from typing import Final

from verify.reason import ASK_ISSUER, Outcome, Reason, Text

UNDECIDED: Final = (
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
        code="PICTURE_WITHOUT_CODE",
        outcome=Outcome.INDETERMINATE,
        sub_indication="",
        sentence=Text(
            zh="无法判断：没有从图片中读到二维码。", en="Cannot judge: no code could be read from the picture."
        ),
        action=Text(
            zh="请对准二维码重新拍摄，光线充足、画面清晰；或输入二维码下方的短码。",
            en="Take the picture again, sharp and well lit, or type the short code under the symbol.",
        ),
    ),
    Reason(
        code="PICTURE_UNREAD",
        outcome=Outcome.INDETERMINATE,
        sub_indication="",
        sentence=Text(
            zh="无法判断：不能读取 HEIC、AVIF 格式的照片。",
            en="Cannot judge: photographs in the formats HEIC and AVIF cannot be read.",
        ),
        action=Text(
            zh="请把照片存为 JPEG（苹果手机：设置→相机→格式→兼容性最佳），或直接扫描二维码。",
            en="Save it as JPEG (iPhone: Settings, Camera, Formats, Most Compatible), or scan the code itself.",
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
        code="FACE_FORM_UNKNOWN",
        outcome=Outcome.INDETERMINATE,
        sub_indication="",
        sentence=Text(
            zh="无法判断：证照照面的版式比本程序新，不能与证照数据逐项核对。",
            en="Cannot judge: the face has a newer form than this program can compare with the data.",
        ),
        action=Text(
            zh="请更新核验程序后再次查验，或以证照数据为准并向颁发机构核实。",
            en="Bring the verifier up to date and check again, or rely on the data and ask the issuing authority.",
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
        code="CERTIFICATE_NOT_YET_VALID",
        outcome=Outcome.INDETERMINATE,
        sub_indication="",
        sentence=Text(
            zh="无法判断：在查验时点，签名所用的证书还没有启用。",
            en="Cannot judge: at the time that was asked about the certificate of the signature had not begun.",
        ),
        action=Text(
            zh="请按证书启用之后的时点查验；查的是现在的，请校准这台设备的时钟。",
            en="Check as of a later time; if it is about now, set the clock of this machine right.",
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
        code="CLOCK_DOUBTFUL",
        outcome=Outcome.INDETERMINATE,
        sub_indication="",
        sentence=Text(
            zh="无法判断：这台设备的时钟早于已核实的签名时间，时钟可能不准。",
            en="Cannot judge: the clock of this machine is before a time at which something trusted was signed.",
        ),
        action=Text(
            zh="请校准这台设备的日期和时间后重新查验。",
            en="Set date and time of this machine right, then check again.",
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
        action=ASK_ISSUER,
    ),
    Reason(
        code="CERTIFICATE_UNTRUSTED",
        outcome=Outcome.INDETERMINATE,
        sub_indication="NO_CERTIFICATE_CHAIN_FOUND",
        sentence=Text(
            zh="无法判断：签发印章证书的机构不在本系统的信任名单中。",
            en="Cannot judge: whoever issued the certificate of the seal is not on this verifier's list of trust.",
        ),
        action=ASK_ISSUER,
    ),
    Reason(
        code="CERTIFICATE_REVOKED_UNPROVEN",
        outcome=Outcome.INDETERMINATE,
        sub_indication="REVOKED_NO_POE",
        sentence=Text(
            zh="无法判断：所用的数字证书已被吊销，没有证据表明是在吊销前签发的。",
            en="Cannot judge: the certificate has been revoked and nothing proves that it was used before that.",
        ),
        action=ASK_ISSUER,
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
        code="SIGNED_IN_PART",
        outcome=Outcome.INDETERMINATE,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="无法判断：签名没有保护文件里影响显示的全部内容，没有保护到的部分可能已被改动。",
            en="Cannot judge: the signatures leave out parts of the file that show; those may have been changed.",
        ),
        action=Text(
            zh="请不要采信没有保护到的部分（见检查明细）；请签章人对整个文件重新签章。",
            en="Do not rely on those parts (see the checks); ask the signer to sign the whole file again.",
        ),
    ),
    Reason(
        code="DOCUMENT_NOT_SEEN",
        outcome=Outcome.INDETERMINATE,
        sub_indication="SIGNED_DATA_NOT_FOUND",
        sentence=Text(
            zh="无法判断：签名有效、证书可信，但只送来了数字指纹；证照内容、颁发机构、签后改动、照面和状态都没有看。",
            en="Cannot judge: the signature is good and its certificate trusted, but only a digest came; content, "
            "issuer, later changes, face and status of the licence were not looked at.",
        ),
        action=Text(
            zh="请在本机核验文件本身，或者把文件送来核验；在此之前不要当作证照采信。",
            en="Check the file itself, here or on your own machine; until then do not rely on it as a licence.",
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
        action=ASK_ISSUER,
    ),
    Reason(
        code="KEY_COMPROMISED_UNPROVEN",
        outcome=Outcome.INDETERMINATE,
        sub_indication="REVOKED_NO_POE",
        sentence=Text(
            zh="无法判断：印章密钥后来失控，没有证据表明是在失控之前盖的章。",
            en="Cannot judge: the key of the seal got into other hands later; nothing proves that this is older.",
        ),
        action=ASK_ISSUER,
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
        code="EXTENSION_UNKNOWN",
        outcome=Outcome.INDETERMINATE,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但证面已到期，是否延续未知。",
            en="The licence is genuine but past the end on its face; whether it was extended is not known.",
        ),
        action=Text(
            zh="请联网查询当前状态，或请持证人出示延续的决定、通知或新证照；不要只凭证面日期下结论。",
            en="Look up the status online, or ask the holder for the decision that extended it or the new licence.",
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
        code="STATUS_LIST_FORGED",
        outcome=Outcome.INDETERMINATE,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但状态列表被改动或已损坏，不能据此知道当前状态。",
            en="The licence is genuine, but the status list was changed or is damaged: the status is not known.",
        ),
        action=Text(
            zh="请重新下载状态列表后再查，或向颁发机构核实。",
            en="Fetch the status list again and repeat, or ask the issuing authority.",
        ),
    ),
    Reason(
        code="STATUS_LIST_NOT_OF_ISSUER",
        outcome=Outcome.INDETERMINATE,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但状态列表不是这张证照的颁发机构签发的，不能据此知道当前状态。",
            en="The licence is genuine, but its issuing authority did not sign the status list: it says nothing.",
        ),
        action=Text(
            zh="请从颁发机构取得状态列表后再查，或向颁发机构核实。",
            en="Get the list of the issuing authority and repeat, or ask that authority.",
        ),
    ),
    Reason(
        code="STATUS_LIST_UNTRUSTED",
        outcome=Outcome.INDETERMINATE,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但无法确认状态列表的签名可信，不能据此知道当前状态。",
            en="The licence is genuine, but the signature of the status list cannot be trusted: it says nothing.",
        ),
        action=Text(
            zh="请联系查验系统的管理员，或向颁发机构核实。",
            en="Call the administrator of this verifier, or ask the issuing authority.",
        ),
    ),
    Reason(
        code="STATUS_STALE",
        outcome=Outcome.INDETERMINATE,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但所用的状态列表已过了应更新的时间，此后的状态未知。",
            en="The licence is genuine, but the status list is too old: what has happened since is not known.",
        ),
        action=Text(
            zh="请更新状态列表或联网后再查，或向颁发机构核实。",
            en="Get a newer status list or go online and repeat, or ask the issuing authority.",
        ),
    ),
    Reason(
        code="STATUS_NOT_LISTED_THEN",
        outcome=Outcome.INDETERMINATE,
        sub_indication="",
        sentence=Text(
            zh="证照真实，但没有所问时点的状态列表，当时的状态未知。",
            en="The licence is genuine, but no status list of that time is here: its status then is not known.",
        ),
        action=Text(
            zh="请取得当时的状态列表后再查，或向颁发机构核实当时的状态；同时请核对本机时钟。",
            en="Get the list of that time or ask the issuing authority; check the clock of this machine, too.",
        ),
    ),
    Reason(
        code="STATUS_LIST_OUTDATED",
        outcome=Outcome.INDETERMINATE,
        sub_indication="",
        sentence=Text(
            zh="无法判断：状态列表真实，但已过了应更新的时间。",
            en="Cannot judge: the status list is genuine, but there should be a newer one by now.",
        ),
        action=Text(
            zh="请取得最新的状态列表。",
            en="Get the newest status list.",
        ),
    ),
    Reason(
        code="STATUS_LIST_LATER",
        outcome=Outcome.INDETERMINATE,
        sub_indication="",
        sentence=Text(
            zh="无法判断：状态列表的签发时间晚于查验时点。",
            en="Cannot judge: the status list was issued after the time that was asked about.",
        ),
        action=Text(
            zh="请使用查验时点之前的状态列表；查的是现在的，请校准这台设备的时钟。",
            en="Use a list from before that time; if it is about now, set the clock of this machine right.",
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
)
