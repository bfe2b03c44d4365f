"""Complete the look: by rules, since no dataset here knows what people wear together. Pure numpy."""

from recsys.recommend.outfit.slots import SLOTS
from recsys.recommend.outfit.stylist import Outfit, PictureAnchor, Piece, Stylist
from recsys.recommend.outfit.theme import Theme

__all__ = ["SLOTS", "Outfit", "PictureAnchor", "Piece", "Stylist", "Theme"]
