"""How good an encoder or an index is: python -m recsys.evaluate --encoder index --dataset DATASET

Queries are products that training never saw, and each figure stands beside what needs no encoder.
"""

from recsys.evaluate.pool import Pool, embed
from recsys.evaluate.quick import QuickReport, quick_report

__all__ = ["Pool", "QuickReport", "embed", "quick_report"]
