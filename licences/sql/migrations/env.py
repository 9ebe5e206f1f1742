"""Alembic's entry point: runs on the connection, and in the transaction, of the caller."""

from alembic import context

from licences.sql.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
