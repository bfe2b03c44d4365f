"""How fast encoder, build, query, search, start-up, server and page are."""
