"""Dagster assets: thin callers of plain functions. No SQL, no parsing, no rule lives here."""
