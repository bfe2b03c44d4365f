"""Services of the process: hashing, the number of usable cores, prefetching threads, the JSON log."""
