"""The page that visitors see."""
