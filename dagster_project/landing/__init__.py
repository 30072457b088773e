"""Landing: any export file becomes typed Parquet, or a clear refusal. Plain Python, no Dagster."""
