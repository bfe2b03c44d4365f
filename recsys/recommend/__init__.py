"""Recommendations: from a query to the products to show, with likes, diversity, attribute overrides and outfits."""
