"""The rows of ``faults.FAULTS`` about paper: registers that are converted, and blank forms that are printed on."""

PAPER_ROWS: tuple[tuple[str, str, str], ...] = (
    # registers of paper licences
    ("STOCK_FILE_TOO_LARGE", "台账文件过大：最多 {limit}", "the register is too large: at most {limit}"),
    (
        "STOCK_UNPACKS_TOO_LARGE",
        "台账文件解压后过大：最多 {limit}",
        "the register unpacks to more than {limit}",
    ),
    (
        "STOCK_FILE_LOCKED",
        "台账是旧格式（.xls）或设有密码，请另存为不带密码的 .xlsx",
        "the register is in the old format (.xls) or has a password: save it as .xlsx without one",
    ),
    ("STOCK_FILE_DAMAGED", "台账文件已损坏，或不是 .xlsx / CSV", "the register is damaged, or neither .xlsx nor CSV"),
    (
        "STOCK_ENCODING_UNKNOWN",
        "台账文字编码既非 UTF-8 也非 GB 18030",
        "the text of the register is neither UTF-8 nor GB 18030",
    ),
    ("STOCK_TOO_MANY_ROWS", "台账行数过多：最多 {limit} 行，请分批", "too many rows: at most {limit} in one file"),
    ("STOCK_TOO_MANY_COLUMNS", "台账列数过多：最多 {limit} 列", "too many columns: at most {limit}"),
    ("STOCK_CELL_TOO_LONG", "单元格过长：最多 {limit} 个字符", "a cell is too long: at most {limit} characters"),
    (
        "STOCK_TOO_MUCH_TEXT",
        "台账文字过多：单元格合计最多 {limit} 个字符，请分批",
        "too much text: at most {limit} characters in all cells of one file",
    ),
    ("STOCK_TOO_MANY_MERGED", "合并单元格过多：最多 {limit} 处", "too many merged cells: at most {limit} areas"),
    (
        "STOCK_MARKS_STACKED",
        "单元格文字异常：一个字符上最多 {limit} 个附加符号",
        "a cell is no text: at most {limit} marks stand on one character",
    ),
    ("STOCK_SHEET_UNKNOWN", "没有这个工作表", "no such sheet"),
    ("STOCK_EMPTY", "台账没有数据行", "the register has no rows of data"),
    (
        "STOCK_HEADER_NOT_FOUND",
        "找不到表头：前 {limit} 行中没有一行写有该证照类型的项目名称",
        "no header: none of the first {limit} rows names the fields of the licence type",
    ),
    (
        "STOCK_COLUMNS_MISSING",
        "台账缺少必填项：{labels}",
        "the register lacks required fields: {labels}",
    ),
    (
        "STOCK_COLUMN_TWICE",
        "有两列对应同一项：{label}",
        "two columns stand for the same field: {label}",
    ),
    ("MAPPING_MALFORMED", "对应表有误：{problem}", "the mapping is wrong: {problem}"),
    ("MAPPING_COLUMN_UNKNOWN", "台账没有对应表所说的列：{label}", "the register has no column as mapped: {label}"),
    ("MAPPING_KEY_UNKNOWN", "该证照类型没有对应表所说的项：{key}", "the licence type has no field as mapped: {key}"),
    # rows of a register
    ("CELL_ERROR", "单元格是公式错误或未计算的公式", "the cell holds a formula that failed or was never computed"),
    (
        "DIGITS_LOST",
        "该单元格被存成了数值，第 15 位以后的数字已丢失，无法恢复",
        "the cell was kept as a number: its digits after the 15th are lost for good",
    ),
    ("BECAME_DAY", "编号被存成了日期", "a number that was kept as a day"),
    (
        "HOLDERS_DO_NOT_MATCH",
        "持证主体的名称、代码、类型个数不一致",
        "there are not as many names and kinds of holders as codes",
    ),
    ("DATE_UNREADABLE", "看不出是哪一天", "cannot be read as a day"),
    ("PERIOD_UNREADABLE", "看不出有效期的起止日期", "the two days of the period cannot be read"),
    (
        "LONG_TERM_NOT_ALLOWED",
        "写的是长期，但该证照类型有期限",
        "said to be unlimited, but licences of this type expire",
    ),
    ("CHARACTERS_LOST", "有字在转码时丢失", "characters were lost when the text was converted"),
    ("ROW_TWICE", "与第 {twin} 行完全相同", "the same as row {twin}"),
    (
        "ROWS_CONTRADICT",
        "与第 {twin} 行编号相同而内容不同",
        "the same number as in row {twin} with other content",
    ),
    ("ROW_WITHOUT_LICENCE", "明细对应的证照不在台账中", "belongs to a licence that is not in the register"),
    (
        "ISSUED_WITH_OTHER_DATA",
        "该行曾以不同的内容转换并签发过",
        "this row was converted before, with other content",
    ),
    ("SCAN_MISSING", "没有找到原件扫描件", "there is no scan of the paper original"),
    ("SCAN_UNREADABLE", "扫描件不是可读的 PDF、JPEG、PNG 或 TIFF", "the scan is no readable PDF, JPEG, PNG or TIFF"),
    ("SCAN_TOO_LARGE", "扫描件过大：最多 {limit}", "the scan is too large: at most {limit}"),
    ("ROW_INTERRUPTED", "转换这一行的进程一再中断", "the process that converted this row ended again and again"),
    ("CONVERSION_NOT_FOUND", "没有这个转换批次", "no such conversion"),
    # blank pre-printed forms
    (
        "FORM_SERIAL_MALFORMED",
        "空白证照编号应为至多 8 个大写字母加数字",
        "the number of a form is letters, then digits",
    ),
    (
        "FORM_RANGE_MALFORMED",
        "起止编号的字母和位数应相同，止号不小于起号，一批至多 {limit} 份",
        "first and last number have the same letters and width, and at most {limit} forms lie between them",
    ),
    ("FORM_RANGE_TAKEN", "其中有编号已登记过", "a form of this range was received before"),
    ("FORM_OFFSET_TOO_LARGE", "套打偏移至多 {limit} 毫米", "an offset is at most {limit} millimetres"),
    (
        "FORM_LICENCE_OVER",
        "只有有效的证照才能打印在空白证照上",
        "only a licence that is in force is printed on a form",
    ),
    ("FORM_UNKNOWN", "没有登记过这份空白证照", "no such form was ever received"),
    ("FORM_TAKEN", "这份空白证照的状态为“{state}”，不能再用", "the form is {state_en} already"),
    ("FORM_REASON_TOO_LONG", "作废原因至多 {limit} 个字符", "the reason has at most {limit} characters"),
)
