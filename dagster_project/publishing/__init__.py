"""From a built warehouse to an immutable published build. Plain Python; knows nothing of Dagster."""
