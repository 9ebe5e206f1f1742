"""The rows of ``faults.FAULTS`` about those who call: access, supervision, sharing."""

SERVICE_ROWS: tuple[tuple[str, str, str], ...] = (
    # access
    ("NOT_ALLOWED", "没有此项操作的权限", "this is not granted to the caller"),
    (
        "UNAUTHENTICATED",
        "需要有效的身份凭证（接口密钥、令牌、客户端证书或登录）",
        "a valid key, token, certificate or session is needed",
    ),
    ("CLIENT_UNKNOWN", "没有这个应用", "no such client"),
    ("CLIENT_EXISTS", "已有同名的应用", "a client of this name exists"),
    ("PROOF_TAKEN", "该凭证已属于某个应用", "this certificate or subject proves a client already"),
    (
        "CLIENT_ALTERED",
        "数据库中该应用的权限记录被改动，已停止使用，请核查后重新登记",
        "the rows of this client were altered in the database: it is refused until it is set up again",
    ),
    (
        "CLIENT_NAME_MALFORMED",
        "应用名应为小写字母、数字和连字符，最多 {limit} 个字符，且不得为保留名",
        "a name is lower-case letters, digits and hyphens, at most {limit}, and none that is reserved",
    ),
    ("ROLE_UNKNOWN", "没有这种角色", "no such role"),
    ("ACCESS_OPERATION_UNKNOWN", "没有这种操作", "no such operation"),
    (
        "ROLES_NOT_TOGETHER",
        "系统管理、安全管理、审计管理须由不同应用承担，也不得与其他角色合并",
        "the three administrations are kept apart, and go with no other role",
    ),
    ("ROLE_OF_SESSIONS", "持证主体由登录识别，不能设为应用的角色", "holders log in: no client has this role"),
    ("REGION_MALFORMED", "应为 2、4 或 6 位行政区划代码", "must be an area code of 2, 4 or 6 digits"),
    ("TOO_MANY_GRANTS", "授权过多：最多 {limit} 条", "too many grants: at most {limit}"),
    ("GRANT_UNKNOWN", "没有这一条授权", "no such grant"),
    ("TOO_MANY_PROOFS", "有效凭证过多：最多 {limit} 个", "too many proofs in use: at most {limit}"),
    ("KEY_DAYS_WRONG", "有效天数应为 1 至 {limit}", "a key is valid for 1 to {limit} days"),
    ("SUBJECT_MALFORMED", "应为身份提供方的 https 地址和其中的用户标识", "an issuer's URL and a subject there"),
    # supervision
    ("CASE_NOT_FOUND", "没有这个案件编号", "no such case"),
    ("CASE_CLOSED", "该案件已办结", "the case was closed before"),
    ("CASE_KNOWN", "该举报已立案", "there is a case about this report already"),
    ("CASES_FULL", "未办结的案件过多：最多 {limit} 件", "too many open cases: at most {limit}"),
    ("CASE_FULL", "该案件的办理记录过多：最多 {limit} 条", "too many steps in this case: at most {limit}"),
    (
        "CASE_DEADLINE_WRONG",
        "延期须给出新的期限，晚于现在，且在 {limit} 天之内；其他办理步骤不填期限",
        "an extension needs a deadline after now and within {limit} days, and no other step has one",
    ),
    # backups
    ("SNAPSHOT_FAILED", "数据库无法复制或载入", "the database could not be copied or loaded"),
    (
        "SNAPSHOT_TOOL_MISSING",
        "没有 {tool}；请安装与数据库服务器同版本的 PostgreSQL 客户端程序",
        "there is no {tool}: install PostgreSQL's client programs, of the server's version",
    ),
    ("STORE_NOT_EMPTY", "目标数据库不是空的，未改动", "the database is not empty; nothing was changed"),
    # sharing
    ("ITEM_UNKNOWN", "没有这个事项，或该事项当日不适用", "no such item, or it does not hold on this day"),
    ("ITEM_VERSION_TAKEN", "该事项已有此版本", "this version of the item exists"),
    ("ITEM_OTHER", "应与所办事项的编码一致", "must be the code of the item that is asked about"),
    ("PREDICATE_UNKNOWN", "该事项没有这个核验问题", "the item allows no such question"),
    ("SOURCE_UNAVAILABLE", "上级库 {source} 不可用", "the licence source {source} is unavailable"),
    # batches and webhooks
    ("ISSUE_BATCH_NOT_FOUND", "没有这个签发批次", "no such batch of licences to be issued"),
    (
        "CLIENT_BATCHES_FULL",
        "本应用待签发的已有 {waiting} 件，请稍后再提交",
        "{waiting} items of this client wait to be issued: hand in more later",
    ),
    (
        "BATCHES_FULL",
        "待签发的已有 {waiting} 件，请稍后再提交",
        "{waiting} items wait to be issued: hand in more later",
    ),
    ("CURSOR_MALFORMED", "应为此前返回的 next，或 0", "must be a `next` of an earlier answer, or 0"),
    (
        "CURSOR_LOST",
        "证照库中没有这条变更（可能由备份恢复过），请从 after=0 重新读取",
        "that change is not here, as after a restore from a backup: read again from after=0",
    ),
    ("WEBHOOK_NOT_FOUND", "没有这个推送订阅", "no such webhook"),
    ("TOO_MANY_WEBHOOKS", "推送订阅过多：最多 {limit} 个", "too many webhooks: at most {limit}"),
    (
        "WEBHOOK_URL",
        "应为 https 地址，不含用户名、口令和 #（开发环境可用本机的 http 地址）",
        "must be an https URL without user, password and # (in development also http on this machine)",
    ),
    (
        "WEBHOOK_EVENTS",
        "应为 licence.issued、licence.acted 中的一项或两项",
        "must be licence.issued, licence.acted or both",
    ),
    ("WEBHOOK_REGIONS", "应为 2 至 6 位行政区划代码", "must be area codes of 2 to 6 digits"),
    # use of licences
    (
        "AUTHORISATION_REFUSED",
        "用证码无效：可能已过期、已使用，或不是为本单位、本事项、本办件、这种形式开具的，请持证人重新授权",
        "the authorisation code is not taken: over, used, or made for another client, item, case or form;"
        " ask the holder for a new one",
    ),
    (
        "SHOW_CODE_OVER",
        "出示码已过期，请持证人重新出示。这不表示证照无效",
        "this code is over: ask the holder to show a new one. It says nothing against the licence",
    ),
    (
        "DOWNLOAD_OVER",
        "下载链接已过期或已使用，请重新获取",
        "this link is over or was used: ask for a new one",
    ),
    ("TOO_MANY_CODES", "同时有效的码过多：最多 {limit} 个，请稍后再试", "too many codes at a time: at most {limit}"),
    ("MANDATE_NOT_FOUND", "没有这份委托，或已撤回", "no such mandate, or it was taken back"),
    ("TOO_MANY_MANDATES", "有效的委托过多：最多 {limit} 份", "too many mandates in force: at most {limit}"),
    ("MANDATE_TO_ONESELF", "受托人不能是委托人自己", "nobody can be entrusted by oneself"),
    ("AGENT_NO_PERSON", "受托人应为自然人", "an agent is a person"),
    ("MANDATE_IN_PAST", "委托不能从过去的日期起算", "a mandate cannot begin in the past"),
    ("MANDATE_TOO_LONG", "委托期限最长 {limit} 天", "a mandate lasts {limit} days at most"),
    ("NOT_ENTRUSTED", "委托不包括此事项", "the mandate does not cover this item"),
)
