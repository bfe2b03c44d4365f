"""Vector stores other than Annoy. Each is an optional extra."""
