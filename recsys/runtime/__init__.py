"""Services of this process: hashing, usable cores, prefetching threads, the JSON log."""
