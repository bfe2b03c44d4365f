"""Outfits ("complete the look") by rules, because the catalogues do not record what people wear together."""

from recsys.recommend.outfit.slots import SLOTS
from recsys.recommend.outfit.stylist import Outfit, PictureAnchor, Piece, Stylist
from recsys.recommend.outfit.theme import Theme

__all__ = ["SLOTS", "Outfit", "PictureAnchor", "Piece", "Stylist", "Theme"]
