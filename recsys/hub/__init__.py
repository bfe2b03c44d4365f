"""The Hugging Face Hub: folders and commits, nothing else. Only this package knows huggingface_hub.

What comes is checked against what the Hub announced, what goes is one commit, and a Hub that does not answer costs
seconds. Left alone, huggingface_hub waits without limit on a silent server, retries for 23 s a file on one that is
down, and keeps bytes that were altered on the way.
"""

from recsys.hub.cache import cache_folder
from recsys.hub.client import limit_waiting
from recsys.hub.download import Snapshot, forget, last_good, pull, pull_weights, remember
from recsys.hub.upload import Commit, check_push, publish_space, push

__all__ = [
    "Commit",
    "Snapshot",
    "cache_folder",
    "check_push",
    "forget",
    "last_good",
    "limit_waiting",
    "publish_space",
    "pull",
    "pull_weights",
    "push",
    "remember",
]
