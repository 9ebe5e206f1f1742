"""Everything that can be wrong with a request to this package: stable code, Chinese and English text.

Codes are part of the interface and never change their meaning. Texts may hold ``{name}`` places for limits and
positions; they never repeat a value that was entered, because it may be personal data or a megabyte long.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .paper_faults import PAPER_ROWS
from .service_faults import SERVICE_ROWS


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One row of the table of faults."""

    code: str
    zh: str
    en: str


_ROWS: tuple[tuple[str, str, str], ...] = (
    # fields
    ("REQUIRED", "此项必填", "this field is required"),
    ("UNKNOWN_FIELD", "该证照类型没有此项", "the licence type has no such field"),
    ("NOT_AN_OBJECT", "应为 JSON 对象", "must be a JSON object"),
    ("NOT_TEXT", "应为文本", "must be text"),
    ("NOT_ROWS", "应为明细行的列表", "must be a list of rows"),
    ("TOO_LONG", "过长：最多 {limit} 个字符", "too long: at most {limit} characters"),
    ("TOO_MANY_ROWS", "明细过多：最多 {limit} 行", "too many rows: at most {limit}"),
    ("TOO_MANY_FIELDS", "项目过多：最多 {limit} 项", "too many fields: at most {limit}"),
    ("NOT_NFC", "文字须采用 Unicode NFC 规范形式", "text must be in Unicode normalisation form NFC"),
    (
        "CONTROL_CHARACTER",
        "第 {position} 个字符（{code_point}）是控制或不可见字符",
        "character {position} ({code_point}) is a control or invisible character",
    ),
    (
        "PRIVATE_USE_CHARACTER",
        "第 {position} 个字符（{code_point}）是自造字（私用区），请改用标准编码的字",
        "character {position} ({code_point}) is a private-use character; use the encoded one",
    ),
    (
        "UNPRINTABLE_CHARACTER",
        "没有字体能印出字符 {code_point}，请安装含有该字的字体",
        "no installed font can print the character {code_point}; install one that has it",
    ),
    ("DOES_NOT_FIT", "文字过长，证面容纳不下", "too long for its place on the face"),
    ("SURROUNDING_SPACE", "首尾不得有空格", "must not begin or end with a space"),
    (
        "INVALID_DATE",
        "应为真实日期，写作 YYYY-MM-DD（1900 至 2199 年）",
        "must be a real date, YYYY-MM-DD, 1900 to 2199",
    ),
    ("INVALID_DECIMAL", "应为不带单位的数字，如 12.50", "must be a plain number without its unit, such as 12.50"),
    ("INVALID_INTEGER", "应为不带单位的整数", "must be a whole number without its unit"),
    ("TEXT_MALFORMED", "格式不符，示例：{example}", "wrong form; example: {example}"),
    ("NOT_IN_LIST", "不在允许的取值之内：{values}", "not one of the values allowed: {values}"),
    (
        "NUMBER_MALFORMED",
        "证照编号格式不符，示例：{example}",
        "the licence number has the wrong form; example: {example}",
    ),
    (
        "NUMBER_CHECK",
        "证照编号校验位不符，示例：{example}",
        "wrong check digit in the licence number; example: {example}",
    ),
    (
        "NO_NUMBERS_THEN",
        "该证照类型没有适用于颁发日期的编号规则",
        "the licence type has no rule for numbers that were given out on the date of issue",
    ),
    ("PHOTO_TOO_LARGE", "照片过大：文件最多 {limit} 字节", "the photograph is too large: at most {limit} bytes"),
    (
        "PHOTO_MALFORMED",
        "照片应为 base64 编码的 JPEG 或 PNG（灰度或 RGB、不透明、非隔行、正向）",
        "a photograph is a JPEG or PNG in base64: grey or RGB, opaque, not interlaced, upright",
    ),
    (
        "TYPE_NOT_IN_FORCE",
        "该证照类型在颁发日期没有适用的版本",
        "no version of the licence type is in force on the date of issue",
    ),
    ("BODY_REQUIRED", "该证照类型须附正文（PDF）", "a licence of this type needs its body as a PDF"),
    ("BODY_NOT_ALLOWED", "该证照类型不附正文", "licences of this type have no body"),
    ("BODY_TOO_LARGE", "正文过大：最多 {limit} MB", "the body is too large: at most {limit} MB"),
    ("BODY_UNREADABLE", "正文不是可以读取的 PDF", "the body is no PDF that can be read"),
    ("AREA_CODE_MALFORMED", "应为 6、9 或 12 位行政区划代码", "must be an area code of 6, 9 or 12 digits"),
    ("END_BEFORE_START", "有效期截止日期早于起始日期", "the licence would end before it starts"),
    (
        "END_NOT_ALLOWED",
        "该证照类型长期有效，不得填写截止日期",
        "licences of this type do not expire; give no end date",
    ),
    (
        "END_NOT_A_TERM",
        "截止日期与法定期限不符（起始日期加期限再减一日）：{terms}",
        "the end does not match a term of this type (start plus term minus one day): {terms}",
    ),
    ("END_TOO_LATE", "有效期超过上限：{limit}", "the licence would last longer than allowed: {limit}"),
    # holders and organisations
    (
        "SEAL_NOT_OF_ISSUER",
        "所选印章不属于该颁发机构",
        "the chosen seal is not that of this issuing authority",
    ),
    ("HOLDER_KIND_UNKNOWN", "没有这种持证主体代码类型（GB/T 36903 附录 A）", "unknown kind of holder code"),
    (
        "HOLDER_KIND_NOT_ALLOWED",
        "该证照类型不发给这类持证主体；允许：{kinds}",
        "this licence type is not issued to such holders; allowed: {kinds}",
    ),
    ("USCC_MALFORMED", "不是 18 位统一社会信用代码", "not a unified social credit code of 18 characters"),
    ("USCC_CHECK", "统一社会信用代码校验不通过", "wrong check character in the unified social credit code"),
    (
        "ID_NUMBER_MALFORMED",
        "不是 18 位（或旧 15 位）公民身份号码",
        "not a citizen number of 18 (or formerly 15) characters",
    ),
    ("ID_NUMBER_DATE", "公民身份号码中的出生日期不存在", "the citizen number holds an impossible date of birth"),
    ("ID_NUMBER_CHECK", "公民身份号码校验不通过", "wrong check character in the citizen number"),
    ("DOCUMENT_NUMBER_MALFORMED", "证件号码格式不符", "the document number has the wrong form"),
    ("DOCUMENT_NUMBER_CHECK", "证件号码校验不通过", "wrong check character in the document number"),
    (
        "ID_NUMBER_OF_FOREIGN_RESIDENT",
        "这是外国人永久居留身份证号码，持证主体代码类型应为 999",
        "this is the number of a foreigner's permanent residence card: its kind of holder code is 999",
    ),
    (
        "LINK_KIND_NOT_ALLOWED",
        "这种关联不涉及此类代码；允许：{kinds}",
        "this relation is not between codes of this kind; allowed: {kinds}",
    ),
    ("LINK_TO_ITSELF", "两个代码相同", "both codes are the same"),
    ("DIGEST_MALFORMED", "应为 SHA-256（64 位小写十六进制）", "must be a SHA-256 in 64 lower-case hexadecimal digits"),
    ("DATE_IN_FUTURE", "日期晚于今天", "the date is in the future"),
    ("DUPLICATE_LINK", "该关联已登记", "this link is recorded already"),
    ("LINK_NOT_FOUND", "没有这条关联，或已撤回", "no such link, or it was withdrawn before"),
    # doubts about holder codes: told of imported stock, they stop nothing
    (
        "REGION_UNKNOWN",
        "号码中的行政区划不在省级代码表内，请核对",
        "the region in the code is not one of a known province; please check it",
    ),
    (
        "USCC_CLASS_UNKNOWN",
        "统一社会信用代码的登记管理部门或机构类别不常见，请核对",
        "unusual registration department or class in the unified social credit code; please check it",
    ),
    (
        "ORGANISATION_CODE_CHECK",
        "组织机构代码校验不通过，请核对",
        "wrong check character in the organisation code; please check it",
    ),
    # identifiers, records, stores
    ("IDENTIFIER_MALFORMED", "不是证照标识（GB/T 36904）", "not a licence identifier (GB/T 36904)"),
    ("IDENTIFIER_CHECK", "证照标识校验位不符", "wrong check character in the licence identifier"),
    (
        "UNKNOWN_TYPE",
        "没有这种证照类型，请用证照目录中的类型名或代码（elicence catalogue list）",
        "unknown licence type: take a name or code of the catalogue (elicence catalogue list)",
    ),
    ("UNKNOWN_ALGORITHM", "没有这种算法的印章", "there is no seal of this algorithm"),
    ("CATALOGUE_BROKEN", "证照目录文件有误：{problem}", "broken catalogue file: {problem}"),
    ("LICENCE_NOT_FOUND", "查无此证", "no such licence"),
    ("DUPLICATE_NUMBER", "该证照编号已签发过", "a licence with this number has been issued"),
    (
        "ALLOTMENT_TAKEN",
        "随机分配的标识、短码或状态序号已被占用，请重新制证",
        "the identifier, short code or status index drawn at random is taken; make the licence again",
    ),
    ("FILE_CHANGED", "证照文件刚被更新，请重试", "the file of the licence was just replaced; try again"),
    (
        "IDEMPOTENCY_MISMATCH",
        "同一幂等键已用于另一请求",
        "this idempotency key was used for another request",
    ),
    (
        "TRANSITION_REFUSED",
        "状态为“{status}”的证照不能{action}",
        "a licence in state {status_en} cannot be acted on by {action_en}",
    ),
    (
        "IDENTIFIER_VERSIONS_USED_UP",
        "版本号已用尽，请以新标识换发",
        "all version numbers are used; take a new identifier",
    ),
    ("NOT_COMPETENT", "该机关无权对此证照作出此行为", "this office may not do this act to this licence"),
    ("NOT_AFTER_THE_END", "须晚于原有效期截止日期", "must be later than the last day of validity"),
    ("NOT_EXPIRED", "证照尚未过期", "the licence has not expired"),
    (
        "IN_FORCE_TOO_EARLY",
        "行为日后才生效，新证照的有效期起始日期不得早于生效日期",
        "the act takes effect later: the new licence must not be in force before",
    ),
    (
        "JOINT_ONE_DOCUMENT",
        "由正本、副本等多个文件组成的证照暂不能联合颁发",
        "a licence of several documents cannot be issued jointly",
    ),
    (
        "JOINT_ISSUER_MISSING",
        "原证照由多个机构联合颁发，新证照缺少其中的机构",
        "the licence was issued jointly, and one of its authorities is missing on the new one",
    ),
    (
        "OFD_NEEDS_SM2",
        "OFD 文件只能加盖 SM2 印章；请改用 SM2 印章，或只签发 PDF",
        "an OFD bears SM2 seals only: seal with SM2, or ask for a PDF",
    ),
    (
        "OFD_NEEDS_SEAL",
        "缺少 SM2 电子印章（本机构或联合颁发机构的）；请先导入，或只签发 PDF",
        "an SM2 electronic seal, of this authority or of a partner, is missing: import it first, or ask for a PDF",
    ),
    (
        "OFD_SEAL_OPAQUE",
        "电子印章的图片没有透明背景，盖在 OFD 上会遮住文字；请由制章机构换成透明背景的图片，或只签发 PDF",
        "the electronic seal's picture has no transparent background and would hide text in an OFD: have its maker "
        "change it, or ask for a PDF",
    ),
    ("LEGAL_GROUND_UNKNOWN", "该行为没有这一法定事由", "the law gives no such ground for this act"),
    (
        "LEGAL_GROUND_DOES_NOT_FIT",
        "法定事由与证照现状不符：已被吊销、撤销、撤回的证照以“licensing-70-4”注销，其他证照不得以此注销",
        "does not fit: what was revoked, annulled or withdrawn is cancelled by licensing-70-4, and nothing else is",
    ),
    ("OBLIGATION_UNKNOWN", "该证照没有这一持续义务", "the licence has no such standing obligation"),
    (
        "SUCCESSOR_IN_FORCE",
        "取代它的证照仍然有效，须先终止该证照才能恢复",
        "the licence that took its place is in force: end that one before restoring this one",
    ),
    # export
    (
        "FIELD_OF_ANOTHER_TYPE",
        "证照含有现行证照类型没有的信息项，不能按该类型导出 XML",
        "the licence has fields that its type does not have: it cannot be exported as XML",
    ),
    ("XML_CHARACTER", "含有 XML 不能表示的字符", "a text has a character that XML cannot hold"),
    # annotated copies and who relied on what
    ("COPY_EXPIRY_PAST", "有效期截止时间应晚于制作时间", "must be later than the time at which the copy is made"),
    (
        "COPY_FACE_LOST",
        "这张证照的证面无法按现行目录重新绘制，不能制作加注件",
        "the face of this licence cannot be drawn again with the present catalogue: no annotated copy can be made",
    ),
    ("FORGERY_REPORT_NOT_FOUND", "没有这个编号的举报", "no report of a forgery has this number"),
    ("FORGERY_REPORT_CLOSED", "该举报已办结", "this report was closed before"),
    (
        "FORGERY_REPORTS_FULL",
        "今日举报已达上限，请致电颁发机构",
        "no more reports are taken today: call the issuing authority",
    ),
    ("COPY_NOT_FOUND", "没有这个编号的加注件", "no annotated copy has this serial"),
    (
        "LICENCE_IN_FORCE",
        "证照有效，没有需要召回的情况；密钥失控的请用 --key",
        "the licence is in force: there is nothing to recall (for a compromised key name it with --key)",
    ),
    ("RELIANCE_KNOWN", "这次依赖已经登记过", "this reliance has been recorded before"),
    (
        "REFERENCE_MALFORMED",
        "应为字母、数字等 ASCII 字符组成的编号",
        "must be a number made of ASCII characters",
    ),
    # drafts and their review
    ("DRAFT_NOT_FOUND", "没有这份草稿或这个版本", "no such draft, or no such version of it"),
    ("DRAFT_REFUSED", "状态为“{state}”的草稿不能{act}", "a draft in state {state_en} cannot be acted on by {act_en}"),
    (
        "DRAFT_FULL",
        "草稿已保存 {limit} 版，请放弃后另建",
        "the draft has {limit} versions; abandon it and make another",
    ),
    (
        "DRAFT_CHANGED",
        "草稿已被修改，请重新查看后再办理",
        "the draft was changed meanwhile; look at it again first",
    ),
    (
        "SAME_PERSON",
        "起草、修改或送审过的人不得审核，请换人办理",
        "who has drafted, edited or submitted it must not check it; somebody else has to",
    ),
    (
        "REVIEW_REQUIRED",
        "该证照类型须经元数据审核：请用 elicence review 起草并送审；存量转换须写明经办人，并由另一人核对",
        "for this type, drafts need approval (elicence review) and stock an operator and a second person",
    ),
    ("OTHER_TYPE", "被替换的证照不是同一类型", "the licence that is replaced is of another type"),
    ("POINTER_MALFORMED", "应为 JSON 指针，如 /data/certificateNumber", "must be a JSON pointer such as /data/name"),
    # collection upstream
    ("BATCH_NOT_FOUND", "没有这个批次", "no such batch"),
    (
        "BATCH_CHANGED",
        "批次文件与首次生成时不一致，请检查证照库",
        "the file of the batch is not what it was first; check the licence store",
    ),
    (
        "COLLECTION_TAKEN",
        "另一进程正在归集，请稍后再试",
        "somebody else is collecting; try again",
    ),
    ("RECEIPTS_MALFORMED", "不是 UTF-8 的 JSON 行或 CSV", "not JSON lines or CSV in UTF-8"),
    ("ROW_NOT_SENT", "从未报送过这一行", "no such row was ever sent"),
    ("OPERATION_UNKNOWN", "同步类型应为 I、U 或 D", "the operation is I, U or D"),
    ("IMPACT_LIST_BROKEN", "这不是受影响证照清单", "this is no list of affected licences"),
    (
        "IMPACT_LIST_UNKNOWN",
        "清单不是在本库生成的，或生成后被改动；请重新生成清单",
        "the list was not made here, or was changed since: make it again",
    ),
    (
        "IMPACT_DRILL_DIFFERS",
        "本清单已有证照以其他事由、决定或生效时间办理了同一行为；请用原来的事由、决定和时间继续",
        "this act was done to part of the list on other grounds or from another time: go on with the same ones",
    ),
    ("STORE_BUSY", "证照库忙，请稍后再试", "the licence store is busy; try again"),
    (
        "STORE_UNWRITABLE",
        "证照库无法写入（只读、无权限或磁盘已满）",
        "the licence store cannot be written (read-only, no permission or full)",
    ),
    ("STORE_UNAVAILABLE", "证照库不可用", "the licence store is unavailable"),
    (
        "STORE_TOO_NEW",
        "证照库由另一版本的程序建立，本程序不能使用；请升级程序",
        "the licence store was made for another version of this program: upgrade the program",
    ),
    (
        "STORE_NEEDS_POST",
        "上次升级的收尾步骤尚未执行；确认没有旧版程序在运行后，先执行 elicence store upgrade --post",
        "the last upgrade was not finished: when no older program runs, do elicence store upgrade --post first",
    ),
    (
        "STORE_KIND_UNKNOWN",
        "证照库地址须以 sqlite: 或 postgresql: 开头",
        "the address of the licence store begins with sqlite: or postgresql:",
    ),
    (
        "STORE_DRIVER_MISSING",
        "未安装 PostgreSQL 驱动；请安装 elicence[postgresql]，并装有 libpq",
        "PostgreSQL's driver is not installed: install elicence[postgresql], and libpq",
    ),
    ("FILE_DAMAGED", "证照库中的文件缺失或已损坏", "a file in the licence store is missing or damaged"),
    (
        "PROTECTION_KEY_MISSING",
        "缺少加密保存个人信息的密钥",
        "a key is missing that personal data is kept encrypted with",
    ),
    (
        "PROTECTED_DATA_DAMAGED",
        "加密保存的数据已损坏，或不在原来的位置",
        "encrypted data is damaged, or not where it belongs",
    ),
)

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {code: Fault(code=code, zh=zh, en=en) for code, zh, en in (*_ROWS, *PAPER_ROWS, *SERVICE_ROWS)}
)
