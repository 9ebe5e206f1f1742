"""The rows of ``faults.FAULTS`` about those who call: access, supervision, sharing."""

SERVICE_ROWS: tuple[tuple[str, str, str], ...] = (
    # access
    ("NOT_ALLOWED", "没有此项操作的权限", "this is not granted to the caller"),
)
