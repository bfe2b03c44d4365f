"""Fine-tuning, `python -m recsys.train`: a timm backbone, an embedding layer, one classification head an attribute."""
