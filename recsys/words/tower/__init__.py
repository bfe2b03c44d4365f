"""The text tower: encodes texts into the embedding space of an encoder, so that words find pictures without names."""

from recsys.words.tower.features import Vocabulary
from recsys.words.tower.tower import TextTower, TowerInfo

__all__ = ["TextTower", "TowerInfo", "Vocabulary"]
