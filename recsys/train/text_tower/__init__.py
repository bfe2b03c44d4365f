"""Trains a text tower against the embeddings of an encoder, which stay as they are."""

from recsys.train.text_tower.fit import QUICK, TowerConfig, fit_tower

__all__ = ["QUICK", "TowerConfig", "fit_tower"]
