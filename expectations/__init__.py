"""Great Expectations at the two borders: what comes in, what goes out. dbt tests the inside."""
