"""Transfers folders from and to the Hugging Face Hub. Only this package imports huggingface_hub.

Downloads are verified against the hashes that the Hub announced, an upload is one commit, and every request has a
timeout of seconds. By itself, huggingface_hub waits without limit for a server that does not answer, retries for 23 s
per file if the server is down, and keeps files that were altered on the way.
"""

from recsys.hub.cache import cache_folder
from recsys.hub.client import configure_client
from recsys.hub.download import Snapshot, forget, last_good, pull, pull_weights, remember
from recsys.hub.model_card import Figure, ModelFacts, benchmark_results, card_metadata
from recsys.hub.upload import Commit, check_push, publish_space, push

__all__ = [
    "Commit",
    "Figure",
    "ModelFacts",
    "Snapshot",
    "benchmark_results",
    "cache_folder",
    "card_metadata",
    "check_push",
    "configure_client",
    "forget",
    "last_good",
    "publish_space",
    "pull",
    "pull_weights",
    "push",
    "remember",
]
