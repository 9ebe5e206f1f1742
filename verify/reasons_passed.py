"""Reasons to accept; in order of precedence."""

from __future__ import annotations

from typing import Final

from verify.reason import Outcome, Reason, Text

PASSED: Final = (
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
        code="SIGNED_THEN_FILLED",
        outcome=Outcome.PASSED,
        sub_indication="",
        sentence=Text(
            zh="签名真实有效；签名之后填写了表单，签名人允许填写，但填写的内容没有签名。这不是电子证照。",
            en="The signatures are genuine and valid. The form was filled in afterwards, as the signer permits; "
            "what was filled in is not signed. It is no e-licence.",
        ),
        action=Text(
            zh="签名的内容可以采信；填写的内容请另行核对，或请填写人签名。",
            en="You may rely on what was signed; check what was filled in, or ask whoever did it to sign.",
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
        code="STATUS_LIST_GENUINE",
        outcome=Outcome.PASSED,
        sub_indication="",
        sentence=Text(
            zh="状态列表真实，由它写明的颁发机构签发，尚在有效时间内。这不是证照。",
            en="The status list is genuine, signed by the authority that it names, and fresh. It is no licence.",
        ),
        action=Text(
            zh="可用于离线核验该机构颁发的证照。",
            en="Use it to check licences of that authority without a network.",
        ),
    ),
    Reason(
        code="DIGEST_SIGNED",
        outcome=Outcome.PASSED,
        sub_indication="",
        sentence=Text(
            zh="签名有效，签的正是这个数字指纹所代表的文件，证书可信。文件本身没有送来，写了什么没有看。",
            en="The signature is good, stands on the file with this digest, and its certificate is trusted. The file "
            "itself was not seen, nor what it says.",
        ),
        action=Text(
            zh="可以确认文件由此人签名，请核对签名人；不要据此把它当作证照采信。",
            en="Take it as signed by that person once the signer is checked; do not take it for a licence.",
        ),
    ),
    Reason(
        code="REPORT_GENUINE",
        outcome=Outcome.PASSED,
        sub_indication="",
        sentence=Text(
            zh="核验回执真实，出具后未被改动。它只证明当时的核验结果，不是证照本身，也不代表现在的状态。",
            en="The signed report is genuine and unchanged. It proves what was found then; it is no licence "
            "and does not speak for today.",
        ),
        action=Text(
            zh="可以归档，作为当时核验情况的凭证；要凭证照办事，请出示证照重新核验。",
            en="Keep it as a record of that verification; to rely on the licence, have it presented "
            "and check it again.",
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
