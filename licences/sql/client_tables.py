"""Tables of the clients and their proofs. Every row carries a MAC: who writes to the database grants nothing."""

import sqlalchemy as sa

from .metadata import metadata

clients = sa.Table(
    "clients",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("content", sa.Text, nullable=False),  # JSON, as the MAC has it
    sa.Column("mac", sa.String(64), nullable=False),
)

client_proofs = sa.Table(
    "client_proofs",
    metadata,
    sa.Column("proof_id", sa.String(96), primary_key=True),
    sa.Column("client", sa.ForeignKey("clients.name"), nullable=False, index=True),
    sa.Column("content", sa.Text, nullable=False),
    sa.Column("mac", sa.String(64), nullable=False),
    sa.Column("last_used", sa.String(10)),  # outside the MAC: a day that nothing depends on
)
