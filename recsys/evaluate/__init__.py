"""Evaluates an encoder or an index: python -m recsys.evaluate --encoder index --dataset DATASET

The queries are products that training never saw. Baselines without an encoder stand beside each score.
"""

from recsys.evaluate.pool import Pool, embed
from recsys.evaluate.quick import QuickReport, quick_report

__all__ = ["Pool", "QuickReport", "embed", "quick_report"]
