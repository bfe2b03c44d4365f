"""The page in Chromium, on a wide screen and on a phone: what a visitor does, and what must never happen meanwhile."""
