"""Complete the look: by rules, since no dataset here knows what people wear together. Pure numpy."""

from recsys.outfit.look import Look, Pictured, Piece, Stylist
from recsys.outfit.slots import SLOTS
from recsys.outfit.theme import Theme

__all__ = ["SLOTS", "Look", "Pictured", "Piece", "Stylist", "Theme"]
