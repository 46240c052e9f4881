"""The evidence audit: what in a city's evidence cannot be true or hangs on something unsaid, and what held."""
