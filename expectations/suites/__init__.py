"""One module per family of sources, one for the published tables; each builds its rules when asked."""
