"""Acts with who, when and why; lineages of versions.

The program before this one keeps working on the new tables: it makes only first versions, which are first editions.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add what is new; a number is then used once in each edition instead of in each version."""
    with op.batch_alter_table("licences") as table:
        table.add_column(sa.Column("lineage", sa.String(100)))
        table.add_column(sa.Column("edition", sa.Integer, nullable=False, server_default="1"))
        table.add_column(sa.Column("obligations", sa.Text))
        table.add_column(sa.Column("type_version", sa.Integer, nullable=False, server_default="1"))
        table.drop_constraint("uq_licences_issuer_code_type_code_number_key_version", type_="unique")
        table.create_unique_constraint(
            "uq_licences_issuer_code_type_code_number_key_edition",
            ["issuer_code", "type_code", "number_key", "edition"],
        )
    op.create_index("ix_licences_lineage", "licences", ["lineage"])
    with op.batch_alter_table("licence_events") as table:
        table.add_column(sa.Column("legal_ground", sa.String(32), nullable=False, server_default=""))
        table.add_column(sa.Column("actor", sa.String(128), nullable=False, server_default=""))
        table.add_column(sa.Column("office", sa.String(128), nullable=False, server_default=""))
        table.add_column(sa.Column("office_code", sa.String(18), nullable=False, server_default=""))
        table.add_column(sa.Column("particulars", sa.Text))
    op.create_table(
        "licence_attachments",
        sa.Column("identifier", sa.String(100), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("identifier", "sha256", name="pk_licence_attachments"),
        sa.ForeignKeyConstraint(["identifier"], ["licences.identifier"], name="fk_licence_attachments_identifier"),
    )
