"""What the app serves: opening an index with fallbacks, loading the encoder behind it, reloading newer indexes."""
