"""Building an index: catalogue, embeddings, search index, folder."""
