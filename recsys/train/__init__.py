"""Fine-tuning: `python -m recsys.train`. A timm backbone, an embedding layer, and one classification head an attribute."""
