"""The API's endpoints, in the order in which it lists them."""

ENDPOINTS = [
    "recommend",
    "similar",
    "closest_for_less",
    "describe",
    "complete_the_look",
    "catalog",
    "recommend_batch",
    "suggest",
]
