"""Annotated copies and who relied on which version."""

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Nothing yet."""
