"""Reasons to refuse: what it is, who made it, whether it was changed; in order of precedence."""

from __future__ import annotations

from typing import Final

from verify.reason import ASK_FOR_ORIGINAL, REFUSE, Outcome, Reason, Text

NOT_GENUINE: Final = (
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
            zh="请提供电子证照的 PDF 或 OFD 文件、证照数据文件（.json 连同 .p7s），或二维码的图片或文字。",
            en="Give the e-licence (PDF or OFD), the data file (.json with its .p7s), or the code as picture or text.",
        ),
    ),
    Reason(
        code="FORMAT_PICTURE",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(
            zh="图片已损坏，或者不是能够读取的图片。", en="The picture is damaged, or none that can be read."
        ),
        action=Text(
            zh="请重新拍摄或扫描二维码；或输入二维码下方的短码。",
            en="Take or scan the picture again, or type the short code under the symbol.",
        ),
    ),
    Reason(
        code="FORMAT_STATUS_LIST",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(
            zh="状态列表无法读取：已经损坏，或者不是本系统的格式。",
            en="The status list cannot be read: damaged, or of another form.",
        ),
        action=Text(
            zh="请重新下载状态列表。",
            en="Fetch the status list again.",
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
        action=ASK_FOR_ORIGINAL,
    ),
    Reason(
        code="FORMAT_OFD",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(
            zh="这个 OFD 文件已损坏、不完整，或者同一内容有两种读法。",
            en="This OFD file is damaged or incomplete, or can be read in two ways.",
        ),
        action=ASK_FOR_ORIGINAL,
    ),
    Reason(
        code="FORMAT_STRUCTURED",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(
            zh="证照数据已损坏，或不是电子证照数据。", en="The licence data are damaged, or are no licence data."
        ),
        action=ASK_FOR_ORIGINAL,
    ),
    Reason(
        code="FORMAT_COPY",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(
            zh="加注件的数据无法读取：已经损坏，或者不是本系统的格式。",
            en="The data of the annotated copy cannot be read: damaged, or of another form.",
        ),
        action=ASK_FOR_ORIGINAL,
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
        code="FORMAT_REPORT",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(
            zh="核验回执的数据无法读取：已经损坏，或者不是本系统的格式。",
            en="The data of the signed report cannot be read: damaged, or of another form.",
        ),
        action=Text(
            zh="请不要采信；请向出具单位重新索取回执，或者重新核验证照。",
            en="Do not rely on it; ask the office that made it for another, or check the licence anew.",
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
            zh="请不要采信。纸质证照的扫描件，请改为扫描二维码或输入短码；"
            "证照数据文件（.json），请与同名的 .p7s 文件一并提供。",
            en="Do not rely on it. If it is a scan of a printed licence, scan its code or type the short code; "
            "a data file (.json) must come with its .p7s file.",
        ),
    ),
    Reason(
        code="FORMAT_CMS",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(zh="电子印章的签名数据已损坏。", en="The signature data of the electronic seal are damaged."),
        action=ASK_FOR_ORIGINAL,
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
    Reason(
        code="NON_CANONICAL",
        outcome=Outcome.FAILED,
        sub_indication="FORMAT_FAILURE",
        sentence=Text(
            zh="文件与颁发时的原件不一致，颁发后被改动过。",
            en="The file is not as it was issued: it was altered afterwards.",
        ),
        action=ASK_FOR_ORIGINAL,
    ),
    Reason(
        code="DIGEST_MISMATCH",
        outcome=Outcome.FAILED,
        sub_indication="HASH_FAILURE",
        sentence=Text(zh="内容在盖章后被改动过。", en="The content was altered after it was sealed."),
        action=REFUSE,
    ),
    Reason(
        code="CONTENT_UNCOVERED",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="文件里有电子印章没有保护的内容，这些内容可能是别人加进去的。",
            en="The file has content that the electronic seal does not protect: somebody else may have put it there.",
        ),
        action=ASK_FOR_ORIGINAL,
    ),
    Reason(
        code="SIGNATURE_INVALID",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CRYPTO_FAILURE",
        sentence=Text(
            zh="电子签名不成立，不是所称的机构作出的。",
            en="The electronic signature is wrong: it was not made by the authority that it names.",
        ),
        action=REFUSE,
    ),
    Reason(
        code="SEAL_UNEXPECTED",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="文件上的电子印章不是这份证照颁发时所盖的印章。",
            en="The electronic seal on the file is not the one that this licence was issued with.",
        ),
        action=REFUSE,
    ),
    Reason(
        code="DOCUMENT_UNLISTED",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="这份证照不含这样一份文件。",
            en="The licence does not have such a document among those that it consists of.",
        ),
        action=REFUSE,
    ),
    Reason(
        code="BODY_MISMATCH",
        outcome=Outcome.FAILED,
        sub_indication="HASH_FAILURE",
        sentence=Text(
            zh="所附正文与证照数据不符，或缺少正文。",
            en="The attached body is not the one that the licence names, or one of them is missing.",
        ),
        action=REFUSE,
    ),
    Reason(
        code="CODE_TRANSPLANTED",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="照面上的二维码不是这份证照的，而是别的证照的。",
            en="The code on the face is not that of this licence but of another one.",
        ),
        action=ASK_FOR_ORIGINAL,
    ),
    Reason(
        code="FACE_DIFFERS",
        outcome=Outcome.FAILED,
        sub_indication="",
        sentence=Text(
            zh="照面上看到的内容与证照数据不一致。",
            en="What the face shows is not what the data of the licence say.",
        ),
        action=Text(
            zh="请不要采信；请颁发机构核实，需要时重新签发。",
            en="Do not rely on it; ask the issuing authority to look into it and, where needed, to issue it again.",
        ),
    ),
    Reason(
        code="SEAL_NOT_OF_ISSUER",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="电子印章不属于证照上写明的颁发机构。",
            en="The electronic seal does not belong to the issuing authority that the licence names.",
        ),
        action=REFUSE,
    ),
    Reason(
        code="STATUS_LIST_WRONG_SIGNER",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="状态列表不是由它写明的颁发机构签发的。",
            en="The status list was not signed by the authority that it names.",
        ),
        action=Text(
            zh="请不要使用；请从该颁发机构重新取得状态列表。",
            en="Do not use it; get the list from that authority.",
        ),
    ),
    Reason(
        code="COPY_NOT_OF_ORIGINAL",
        outcome=Outcome.FAILED,
        sub_indication="HASH_FAILURE",
        sentence=Text(
            zh="加注件中的证照内容与它所指的原证照不一致。",
            en="What the annotated copy says of the licence is not what the original that it names says.",
        ),
        action=REFUSE,
    ),
    Reason(
        code="COPY_NOT_OF_MAKER",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="加注件上的签章不是其所写制作单位的。",
            en="The seal on the annotated copy is not that of the office that it names as its maker.",
        ),
        action=REFUSE,
    ),
    Reason(
        code="REPORT_NOT_OF_OFFICE",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="核验回执上的印章不是其所写核验单位的。",
            en="The seal on the signed report is not that of the office that it names.",
        ),
        action=Text(
            zh="请不要采信，并将情况告知回执上写明的单位；证照请另行核验。",
            en="Do not rely on it and tell the office that it names; check the licence itself.",
        ),
    ),
    Reason(
        code="REPORT_OTHER_SUBJECT",
        outcome=Outcome.FAILED,
        sub_indication="HASH_FAILURE",
        sentence=Text(
            zh="核验回执说的是另一个文件，不是这一个。",
            en="The signed report is about another file than this one.",
        ),
        action=Text(
            zh="请不要用它证明这个文件；请找出对应的回执，或者重新核验这个文件。",
            en="It proves nothing about this file: find the right report, or check the file anew.",
        ),
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
        action=ASK_FOR_ORIGINAL,
    ),
    Reason(
        code="CERTIFICATE_UNFIT",
        outcome=Outcome.FAILED,
        sub_indication="CHAIN_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="所用的数字证书不具有签发证照的用途，或签发它的机构无权签发。",
            en="The certificate used may not seal licences, or whoever issued it had no right to issue certificates.",
        ),
        action=REFUSE,
    ),
    Reason(
        code="SIGNER_NOT_IN_SEAL",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="盖章所用的证书不在这枚电子印章的用章名单中。",
            en="The certificate that sealed is not among those that may use this electronic seal.",
        ),
        action=REFUSE,
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
        action=REFUSE,
    ),
    Reason(
        code="KEY_COMPROMISED",
        outcome=Outcome.FAILED,
        sub_indication="REVOKED",
        sentence=Text(
            zh="印章密钥已失控，这个印章是在失控之后盖的。",
            en="The key of the seal is in other hands, and this seal was made after it got there.",
        ),
        action=REFUSE,
    ),
    Reason(
        code="SEAL_AFTER_RETIREMENT",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="盖章时，这枚电子印章已经停用。",
            en="The electronic seal was no longer in use at the time of sealing.",
        ),
        action=REFUSE,
    ),
    Reason(
        code="SEAL_TIME_CONTRADICTED",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="所称的盖章时间晚于已证明存在的时间，自相矛盾。",
            en="It claims to have been sealed later than it is proven to have existed: that cannot be.",
        ),
        action=REFUSE,
    ),
    Reason(
        code="TIMESTAMP_INVALID",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="文件上的时间戳不成立：与文件不符，或不是时间戳机构作出的。",
            en="A timestamp on the file is wrong: it is over something else, or no timestamp authority made it.",
        ),
        action=REFUSE,
    ),
    Reason(
        code="CERTIFICATE_REVOKED",
        outcome=Outcome.FAILED,
        sub_indication="REVOKED",
        sentence=Text(
            zh="盖章时，电子印章的证书已被吊销。",
            en="The certificate of the seal had already been revoked when it sealed.",
        ),
        action=REFUSE,
    ),
    Reason(
        code="CHANGED_AFTER_SIGNING",
        outcome=Outcome.FAILED,
        sub_indication="SIG_CONSTRAINTS_FAILURE",
        sentence=Text(
            zh="文件在签名之后被添加或改动了内容。",
            en="Content was added or changed after the document was signed.",
        ),
        action=ASK_FOR_ORIGINAL,
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
)
