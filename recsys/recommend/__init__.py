"""From a query embedding to the products to show: search, likes, diversity, outfits. Numpy only."""
