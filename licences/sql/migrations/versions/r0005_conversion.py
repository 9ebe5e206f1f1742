"""Conversion of paper stock: batches, rows, scans."""

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Nothing yet."""
