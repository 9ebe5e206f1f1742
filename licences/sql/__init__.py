"""The store's adapters for SQL databases: SQLite and PostgreSQL."""
