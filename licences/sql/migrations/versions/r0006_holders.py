"""Links between the codes of one holder; protected names."""

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Nothing yet."""
