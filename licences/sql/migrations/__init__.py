"""Alembic migrations of the licence store; run by ``licences.upgrade``."""
