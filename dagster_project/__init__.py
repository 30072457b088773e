"""The CCHC warehouse: landing, publishing, the demo province, and the Dagster definitions around them."""
