"""Drills over everything that a key, a batch or a type touched."""

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Nothing yet."""
