"""Compares backbones, and what training adds to them: python -m recsys.compare --dataset DATASET --models a,b"""
