"""The one table from errors to exit codes and HTTP answers (contract sections 4 and 5), side by side.

A new error class below `api` needs a row here, or inherits the row of its base; a test walks all of them.
"""

from dataclasses import dataclass

from esign import (
    AdditionRefusedError,
    EsignError,
    EvidenceMissingError,
    PreflightError,
    SealAnswerError,
    SealPlaceError,
    SealRefusedError,
    TimestampError,
)
from keys import (
    KeyNotFoundError,
    KeysError,
    KeyUnusableError,
    NotForProductionError,
    ProviderMissingError,
    ServiceFailedError,
)
from licences import (
    AllotmentTakenError,
    BatchChangedError,
    BatchesFullError,
    BatchNotFoundError,
    CatalogueError,
    ClientBatchesFullError,
    CollectionTakenError,
    ConversionNotFoundError,
    CopyNotFoundError,
    DraftChangedError,
    DraftNotFoundError,
    DraftRefusedError,
    DuplicateLinkError,
    DuplicateNumberError,
    FileChangedError,
    ForgeryReportClosedError,
    ForgeryReportNotFoundError,
    ForgeryReportsFullError,
    FormError,
    IdempotencyMismatchError,
    ImpactListError,
    InvalidFieldError,
    InvalidHolderError,
    InvalidIdentifierError,
    IssueBatchNotFoundError,
    LicenceInForceError,
    LicenceNotFoundError,
    LicencesError,
    LinkNotFoundError,
    RelianceKnownError,
    SamePersonError,
    StoreUnavailableError,
    TransitionRefusedError,
    UnknownTypeError,
)
from licences.access import (
    AuthorisationRefusedError,
    ClientAlteredError,
    ClientExistsError,
    ClientUnknownError,
    CodeRefusedError,
    MandateNotFoundError,
    NotAllowedError,
    ProofTakenError,
    TooManyCodesError,
    TooManyMandatesError,
    UnauthenticatedError,
)
from licences.outgoing import CursorLostError, TooManyWebhooksError, WebhookNotFoundError
from licences.sharing import ItemUnknownError, ItemVersionTakenError, PredicateUnknownError, SourceUnavailableError
from licences.supervision import CaseClosedError, CaseFullError, CaseKnownError, CaseNotFoundError, CasesFullError
from verify import TrustStoreError, VerificationError, VerifyError

from .errors import (
    ApiError,
    AssuranceTooLowError,
    BackupUnreadableError,
    BusyError,
    CannotWriteError,
    ClockError,
    ForbiddenError,
    HeadTooLargeError,
    HomeError,
    InputNotFoundError,
    InputTooLargeError,
    InsecureWayError,
    InvalidBodyError,
    LicenceUnknownError,
    LoginNeededError,
    LoginNotSetUpError,
    LoginRefusedError,
    LoginStaleError,
    MalformedInputError,
    OverloadedError,
    ProviderClockError,
    ProviderFailedError,
    RateLimitedError,
    RefusalNotNeededError,
    SealNotTakenError,
    SelfCheckError,
    ServiceUnavailableError,
    SettingsError,
    StaffUnknownError,
    TokenRefusedError,
    TooSlowError,
    UnsupportedMediaError,
    UsageError,
)
from .exit_codes import BUSY, CANNOT_WRITE, DATA_REFUSED, FAILED, NOT_FOUND, UNAVAILABLE, UNUSABLE, WRONG_USE
from .messages import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """How one error, and every error below it, is answered."""

    error: type[BaseException]
    exit_code: int
    http_status: int
    code: str
    """Used where the error has no code of its own."""
    title: Message
    """What is said where the error has no words for the public."""


def _row(error: type[BaseException], exit_code: int, http_status: int, code: str, zh: str, en: str) -> Row:
    return Row(error=error, exit_code=exit_code, http_status=http_status, code=code, title=Message(zh=zh, en=en))


ROWS = (
    _row(UsageError, WRONG_USE, 400, "WRONG_USE", "用法不对", "wrong use"),
    _row(UnsupportedMediaError, WRONG_USE, 415, "MEDIA_TYPE_UNSUPPORTED", "不支持的内容类型", "unsupported media type"),
    _row(ForbiddenError, WRONG_USE, 403, "FORBIDDEN", "此途径不提供该服务", "not offered on this way"),
    _row(UnauthenticatedError, WRONG_USE, 401, "UNAUTHENTICATED", "需要身份凭证", "proof of identity needed"),
    _row(AuthorisationRefusedError, NOT_FOUND, 404, "AUTHORISATION_REFUSED", "用证码无效", "authorisation not taken"),
    _row(CodeRefusedError, NOT_FOUND, 410, "CODE_REFUSED", "此码已过期", "the code is over"),
    _row(TooManyCodesError, BUSY, 429, "TOO_MANY_CODES", "同时有效的码过多", "too many codes"),
    _row(MandateNotFoundError, NOT_FOUND, 404, "MANDATE_NOT_FOUND", "没有这份委托", "no such mandate"),
    _row(TooManyMandatesError, DATA_REFUSED, 409, "TOO_MANY_MANDATES", "有效的委托过多", "too many mandates"),
    _row(NotAllowedError, WRONG_USE, 403, "NOT_ALLOWED", "没有权限", "not allowed"),
    _row(ClientUnknownError, NOT_FOUND, 404, "CLIENT_UNKNOWN", "没有这个应用", "no such client"),
    _row(ClientExistsError, DATA_REFUSED, 409, "CLIENT_EXISTS", "已有同名的应用", "a client of this name exists"),
    _row(ProofTakenError, DATA_REFUSED, 409, "PROOF_TAKEN", "该凭证已被使用", "proof in use"),
    _row(ClientAlteredError, UNUSABLE, 503, "CLIENT_ALTERED", "权限记录被改动", "rows of a client were altered"),
    _row(TokenRefusedError, WRONG_USE, 401, "TOKEN_REFUSED", "身份令牌不被接受", "the token is refused"),
    _row(LoginNeededError, WRONG_USE, 401, "LOGIN_NEEDED", "请先登录", "log in first"),
    _row(LoginRefusedError, DATA_REFUSED, 403, "LOGIN_REFUSED", "未能登录", "not logged in"),
    _row(AssuranceTooLowError, DATA_REFUSED, 403, "ASSURANCE_TOO_LOW", "实名等级不够", "assurance too low"),
    _row(StaffUnknownError, DATA_REFUSED, 403, "STAFF_UNKNOWN", "账号尚未登记", "unknown account"),
    _row(LoginStaleError, DATA_REFUSED, 403, "LOGIN_STALE", "请重新登录", "log in again"),
    _row(LoginNotSetUpError, NOT_FOUND, 404, "LOGIN_NOT_SET_UP", "未开通登录", "nobody logs in here"),
    _row(
        ProviderFailedError,
        UNAVAILABLE,
        503,
        "PROVIDER_FAILED",
        "统一身份认证暂时不可用，请稍后再试",
        "the identity provider does not answer as it should: try again later",
    ),
    _row(
        ProviderClockError,
        UNAVAILABLE,
        503,
        "PROVIDER_CLOCK",
        "本系统与统一身份认证的时钟不一致，暂时不能登录，请告知管理员",
        "the clocks of this service and of the identity provider differ: nobody can log in; tell the administrator",
    ),
    _row(RateLimitedError, BUSY, 429, "RATE_LIMITED", "请求过于频繁", "too many requests"),
    _row(OverloadedError, BUSY, 503, "OVERLOADED", "系统繁忙", "too busy"),
    _row(HeadTooLargeError, WRONG_USE, 431, "HEAD_TOO_LARGE", "请求头过多", "too many header fields"),
    _row(InsecureWayError, WRONG_USE, 403, "TLS_REQUIRED", "须使用加密连接", "an encrypted connection is required"),
    _row(TooSlowError, BUSY, 408, "TOO_SLOW", "请求传输中断", "the request stopped in the middle"),
    _row(MalformedInputError, DATA_REFUSED, 400, "INPUT_MALFORMED", "输入的格式不对", "malformed input"),
    _row(InvalidBodyError, DATA_REFUSED, 422, "FIELDS_INVALID", "填写的内容有误", "fields are invalid"),
    _row(BackupUnreadableError, DATA_REFUSED, 422, "BACKUP_UNREADABLE", "备份不可用", "the backup is unusable"),
    _row(InputTooLargeError, DATA_REFUSED, 413, "INPUT_TOO_LARGE", "输入过大", "input too large"),
    _row(InvalidFieldError, DATA_REFUSED, 422, "FIELDS_INVALID", "填写的内容有误", "fields are invalid"),
    _row(InvalidHolderError, DATA_REFUSED, 422, "HOLDER_INVALID", "持证主体代码有误", "invalid holder code"),
    _row(UnknownTypeError, DATA_REFUSED, 422, "UNKNOWN_TYPE", "没有这种证照类型", "unknown licence type"),
    _row(
        DuplicateNumberError, DATA_REFUSED, 409, "DUPLICATE_NUMBER", "证照编号已签发过", "licence number already issued"
    ),
    _row(FileChangedError, BUSY, 409, "FILE_CHANGED", "证照文件已更新", "the file of the licence was replaced"),
    _row(
        IdempotencyMismatchError,
        DATA_REFUSED,
        422,
        "IDEMPOTENCY_MISMATCH",
        "幂等键已用于另一请求",
        "idempotency key used for another request",
    ),
    _row(
        TransitionRefusedError,
        DATA_REFUSED,
        409,
        "TRANSITION_REFUSED",
        "当前状态不允许此操作",
        "not possible in the present state",
    ),
    _row(DraftNotFoundError, NOT_FOUND, 404, "DRAFT_NOT_FOUND", "没有这份草稿", "no such draft"),
    _row(DuplicateLinkError, DATA_REFUSED, 409, "DUPLICATE_LINK", "该关联已登记", "link recorded already"),
    _row(LinkNotFoundError, NOT_FOUND, 404, "LINK_NOT_FOUND", "没有这条关联", "no such link"),
    _row(DraftRefusedError, DATA_REFUSED, 409, "DRAFT_REFUSED", "当前状态不允许此操作", "not possible in this state"),
    _row(DraftChangedError, BUSY, 409, "DRAFT_CHANGED", "草稿已被修改", "the draft was changed meanwhile"),
    _row(SamePersonError, DATA_REFUSED, 409, "SAME_PERSON", "须换人审核", "somebody else has to check it"),
    _row(BatchNotFoundError, NOT_FOUND, 404, "BATCH_NOT_FOUND", "没有这个批次", "no such batch"),
    _row(IssueBatchNotFoundError, NOT_FOUND, 404, "ISSUE_BATCH_NOT_FOUND", "没有这个签发批次", "no such batch"),
    _row(ClientBatchesFullError, BUSY, 429, "CLIENT_BATCHES_FULL", "待签发的过多", "too many items wait"),
    _row(BatchesFullError, BUSY, 503, "BATCHES_FULL", "待签发的过多", "too many items wait"),
    _row(CursorLostError, DATA_REFUSED, 409, "CURSOR_LOST", "没有这条变更", "that change is not here"),
    _row(WebhookNotFoundError, NOT_FOUND, 404, "WEBHOOK_NOT_FOUND", "没有这个推送订阅", "no such webhook"),
    _row(TooManyWebhooksError, DATA_REFUSED, 409, "TOO_MANY_WEBHOOKS", "推送订阅过多", "too many webhooks"),
    _row(BatchChangedError, UNAVAILABLE, 503, "BATCH_CHANGED", "批次文件不一致", "the batch comes out otherwise"),
    _row(CollectionTakenError, BUSY, 503, "COLLECTION_TAKEN", "请重试", "try again"),
    _row(RelianceKnownError, DATA_REFUSED, 409, "RELIANCE_KNOWN", "已登记过", "recorded before"),
    _row(LicenceInForceError, DATA_REFUSED, 409, "LICENCE_IN_FORCE", "证照有效", "the licence is in force"),
    _row(ConversionNotFoundError, NOT_FOUND, 404, "CONVERSION_NOT_FOUND", "没有这个转换批次", "no such conversion"),
    _row(LicencesError, DATA_REFUSED, 422, "DATA_REFUSED", "数据不被接受", "data refused"),
    _row(SealNotTakenError, DATA_REFUSED, 422, "SEAL_NOT_TAKEN", "印章未导入", "the seal was not taken in"),
    _row(RefusalNotNeededError, DATA_REFUSED, 422, "REFUSAL_NOT_NEEDED", "不需要拒收回执", "no slip is needed"),
    _row(SealPlaceError, DATA_REFUSED, 422, "SEAL_PLACE", "页面上没有这个盖章位置", "no place for the seal there"),
    _row(PreflightError, DATA_REFUSED, 422, "DOCUMENT_NOT_SEALABLE", "该文件不宜盖章", "not fit to be sealed"),
    _row(AdditionRefusedError, DATA_REFUSED, 409, "ADDITION_REFUSED", "不能加到该文件上", "not added to the file"),
    _row(SealRefusedError, UNUSABLE, 503, "SEAL_UNUSABLE", "电子印章不可用", "the electronic seal is unusable"),
    _row(TimestampError, UNAVAILABLE, 503, "TIMESTAMP_UNAVAILABLE", "时间戳服务不可用", "no timestamp to be had"),
    _row(EvidenceMissingError, UNAVAILABLE, 503, "EVIDENCE_MISSING", "验证材料不齐", "evidence is missing"),
    _row(EsignError, DATA_REFUSED, 422, "DATA_REFUSED", "数据不被接受", "data refused"),
    _row(VerificationError, FAILED, 422, "NOT_PASSED", "核验未通过", "did not pass"),
    _row(BusyError, BUSY, 503, "BUSY", "正在办理，请稍后再试", "somebody else is doing this: try again"),
    _row(FormError, DATA_REFUSED, 409, "FORM_REFUSED", "空白证照不能这样使用", "the form cannot be used so"),
    _row(ImpactListError, DATA_REFUSED, 409, "IMPACT_LIST_BROKEN", "清单不可用", "the list cannot be used"),
    _row(
        ForgeryReportNotFoundError,
        NOT_FOUND,
        404,
        "FORGERY_REPORT_NOT_FOUND",
        "没有这个编号的举报",
        "no such report of a forgery",
    ),
    _row(CaseNotFoundError, NOT_FOUND, 404, "CASE_NOT_FOUND", "没有这个案件", "no such case"),
    _row(CaseClosedError, DATA_REFUSED, 409, "CASE_CLOSED", "该案件已办结", "case closed before"),
    _row(CaseKnownError, DATA_REFUSED, 409, "CASE_KNOWN", "该举报已立案", "case known"),
    _row(CaseFullError, DATA_REFUSED, 409, "CASE_FULL", "办理记录过多", "too many steps"),
    _row(CasesFullError, DATA_REFUSED, 409, "CASES_FULL", "未办结的案件过多", "too many open cases"),
    _row(ForgeryReportClosedError, DATA_REFUSED, 409, "FORGERY_REPORT_CLOSED", "该举报已办结", "report closed before"),
    _row(
        ForgeryReportsFullError,
        BUSY,
        429,
        "FORGERY_REPORTS_FULL",
        "今日举报已达上限",
        "no more reports are taken today",
    ),
    _row(ItemUnknownError, NOT_FOUND, 404, "ITEM_UNKNOWN", "没有这个事项", "no such item"),
    _row(PredicateUnknownError, NOT_FOUND, 404, "PREDICATE_UNKNOWN", "没有这个核验问题", "no such question"),
    _row(ItemVersionTakenError, DATA_REFUSED, 409, "ITEM_VERSION_TAKEN", "该事项已有此版本", "this version exists"),
    _row(SourceUnavailableError, UNAVAILABLE, 503, "SOURCE_UNAVAILABLE", "上级库不可用", "a source is unavailable"),
    _row(CopyNotFoundError, NOT_FOUND, 404, "COPY_NOT_FOUND", "没有这个加注件", "no such annotated copy"),
    _row(InputNotFoundError, NOT_FOUND, 404, "INPUT_NOT_FOUND", "找不到输入", "input not found"),
    _row(LicenceUnknownError, NOT_FOUND, 404, "LICENCE_NOT_FOUND", "查无此证", "no such licence"),
    _row(LicenceNotFoundError, NOT_FOUND, 404, "LICENCE_NOT_FOUND", "查无此证", "no such licence"),
    # An identifier that cannot be one names nothing, just as one that was never given out.
    _row(InvalidIdentifierError, NOT_FOUND, 404, "LICENCE_NOT_FOUND", "查无此证", "no such licence"),
    _row(ClockError, UNAVAILABLE, 503, "CLOCK", "时钟不对", "the clock is wrong"),
    _row(ServiceUnavailableError, UNAVAILABLE, 503, "UNAVAILABLE", "服务不可用", "service unavailable"),
    _row(
        SelfCheckError,
        UNUSABLE,
        500,
        "SELF_CHECK_FAILED",
        "自检未通过，未签发",
        "self-check failed, nothing was issued",
    ),
    _row(ApiError, UNAVAILABLE, 500, "UNAVAILABLE", "服务不可用", "service unavailable"),
    _row(
        StoreUnavailableError, UNAVAILABLE, 503, "STORE_UNAVAILABLE", "证照库不可用", "the licence store is unavailable"
    ),
    _row(
        ProviderMissingError,
        UNAVAILABLE,
        503,
        "SM2_UNAVAILABLE",
        "本机没有可用的 SM2 密码库",
        "no SM2 library on this machine",
    ),
    _row(ServiceFailedError, UNAVAILABLE, 503, "SERVICE_FAILED", "外部服务不可用", "a service elsewhere failed"),
    _row(
        SealAnswerError,
        UNAVAILABLE,
        503,
        "SEAL_ANSWER_REFUSED",
        "印章服务返回的内容不符，未采用",
        "the seal service's answer was not used",
    ),
    _row(VerifyError, UNAVAILABLE, 500, "VERIFIER_UNAVAILABLE", "核验服务不可用", "verifier unavailable"),
    _row(CannotWriteError, CANNOT_WRITE, 503, "CANNOT_WRITE", "无法写入", "cannot write"),
    _row(OSError, CANNOT_WRITE, 503, "CANNOT_WRITE", "无法写入", "cannot write"),
    _row(AllotmentTakenError, BUSY, 503, "ALLOTMENT_TAKEN", "请重试", "try again"),
    _row(HomeError, UNUSABLE, 503, "HOME_UNUSABLE", "主目录不可用", "the home directory is unusable"),
    _row(SettingsError, UNUSABLE, 503, "SETTINGS_UNUSABLE", "设置不可用", "a setting is unusable"),
    _row(
        TrustStoreError,
        UNUSABLE,
        503,
        "TRUST_UNUSABLE",
        "信任根目录不可用",
        "the folder of trusted certificates is unusable",
    ),
    _row(CatalogueError, UNUSABLE, 503, "CATALOGUE_BROKEN", "证照目录文件有误", "broken licence catalogue"),
    _row(KeyNotFoundError, UNUSABLE, 503, "KEY_NOT_FOUND", "找不到密钥", "key not found"),
    _row(
        NotForProductionError,
        UNUSABLE,
        503,
        "KEY_NOT_FOR_PRODUCTION",
        "生产环境不得使用该密钥或证书",
        "not to be used in production",
    ),
    _row(KeyUnusableError, UNUSABLE, 503, "KEY_UNUSABLE", "密钥不可用", "key unusable"),
    _row(KeysError, UNUSABLE, 503, "KEY_UNUSABLE", "密钥不可用", "key unusable"),
)

# One error, three situations: the store says which by its flags.
STORE_BUSY = _row(
    StoreUnavailableError, BUSY, 503, "STORE_BUSY", "证照库忙，请稍后再试", "the licence store is busy, try again"
)
STORE_UNWRITABLE = _row(
    StoreUnavailableError,
    CANNOT_WRITE,
    503,
    "STORE_UNWRITABLE",
    "证照库无法写入",
    "the licence store cannot be written",
)
INTERNAL = _row(Exception, UNAVAILABLE, 500, "INTERNAL", "程序内部出错", "internal error")
