"""The HTTP server around page and API: limits, allowlist, logging, health."""
