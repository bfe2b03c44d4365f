"""Which backbone to take, and what training adds to it: python -m recsys.compare --dataset DATASET --models a,b"""
