"""The HTTP server around the page and the API: limits, route allowlist, uploads, logging, metrics and health."""
