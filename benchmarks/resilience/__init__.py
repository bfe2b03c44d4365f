"""What survives crashes, faults of the Hub, hostile input, damaged files and load."""
