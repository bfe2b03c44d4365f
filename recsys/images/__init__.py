"""Pictures: decoding untrusted files, fetching links safely, cropping to the product."""
