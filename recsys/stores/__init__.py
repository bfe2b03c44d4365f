"""Vector stores beside Annoy. Each is an optional extra."""
