"""Fits a text tower: each text has to find the pictures that it describes among a sample of all pictures."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from tqdm import tqdm

from recsys.core.columns import Flags
from recsys.format.encoder_spec import EncoderSpec
from recsys.train.text_tower.network import TowerNetwork
from recsys.train.text_tower.texts import TextSource
from recsys.types import Item, Rows, Vectors
from recsys.words.tower import TextTower, TowerInfo, Vocabulary


@dataclass(frozen=True)
class TowerConfig:
    """How a text tower is trained.

    `width` and `hidden` are the sizes of its layers, `scale` the inverse temperature of the loss. Each text is compared
    with the pictures of its batch and `candidates` others. `phrases` is the share of texts of attribute values. Words
    and pairs are known that occur at least `min_words` and `min_pairs` times; `unread` is the share of these that
    training leaves to their pieces. Phrases are about products drawn with the weight frequency ** -`balance`, by their
    kind, colour and wearer, so that rare ones count. Training takes from `min_steps` to `max_steps` batches, so that a
    small catalogue is gone through more often.
    """

    width: int = 128
    hidden: int = 512
    epochs: int = 14
    min_steps: int = 200
    max_steps: int = 5000
    batch_size: int = 512
    candidates: int = 4096
    learning_rate: float = 4e-3
    warmup: float = 0.1
    scale: float = 40.0
    phrases: float = 0.4
    balance: float = 0.5
    unread: float = 0.15
    min_words: int = 4
    min_pairs: int = 6
    buckets: int = 4096
    seed: int = 0


QUICK = TowerConfig(epochs=6, max_steps=400)
"""For a build, which should not wait long."""


def fit_tower(
    items: Sequence[Item],
    vectors: Vectors,
    spec: EncoderSpec,
    config: TowerConfig = TowerConfig(),
) -> TextTower | None:
    """The tower for these products and the unit vectors of their pictures [n, dim], which `spec` describes.

    The same inputs give the same tower. None if fewer than two products have a word.
    """
    source = TextSource.from_items(items)
    rows = source.usable
    if len(rows) < 2:
        return None
    vocabulary = source.vocabulary(rows, config.min_words, config.min_pairs, config.buckets)
    with _seeded(config.seed):
        network = TowerNetwork(vocabulary, config.width, config.hidden, vectors.shape[1])
        _Run(network, vocabulary, source, torch.from_numpy(vectors), config).train(rows)
    return TextTower(vocabulary, network.arrays(), TowerInfo.of_encoder(spec, len(rows)))


@dataclass(frozen=True, eq=False)
class _Run:
    network: TowerNetwork
    vocabulary: Vocabulary
    source: TextSource
    pictures: torch.Tensor
    config: TowerConfig

    def train(self, rows: Rows) -> None:
        """Train on these products."""
        config, random = self.config, np.random.default_rng(self.config.seed)
        batch = min(config.batch_size, len(rows))
        steps = int(np.clip(config.epochs * len(rows) // batch, config.min_steps, config.max_steps))
        optimizer = torch.optim.Adam(self.network.parameters(), config.learning_rate)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, config.learning_rate, total_steps=steps, pct_start=config.warmup
        )
        order = islice(self._batches(rows, batch, random), steps)
        for chosen, as_phrases in tqdm(
            order, total=steps, desc="Training the text tower", unit=" steps", file=sys.stderr
        ):
            loss = self._loss(chosen, as_phrases, rows, random)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()

    def _batches(self, rows: Rows, size: int, random: np.random.Generator) -> Iterator[tuple[Rows, Flags]]:
        """The products of each batch, and of which of them the text is a phrase."""
        weights = self.source.rarity(rows) ** self.config.balance
        while True:
            order = random.permutation(rows)
            for start in range(0, len(order) - size + 1, size):
                as_phrases = random.random(size) < self.config.phrases
                others = random.choice(rows, size, p=weights / weights.sum())
                yield np.where(as_phrases, others, order[start : start + size]), as_phrases

    def _loss(self, chosen: Rows, as_phrases: Flags, rows: Rows, random: np.random.Generator) -> torch.Tensor:
        """The negative logarithm of the probability of all right pictures together, averaged over the texts."""
        config, codes = self.config, self.source.codes
        texts = self.source.draw(chosen, as_phrases, random)
        others = random.choice(rows, min(config.candidates, len(rows)), replace=False)
        candidates = np.concatenate([chosen, np.setdiff1d(others, chosen)])
        bag = self.vocabulary.bag(texts.words, lambda: bool(random.random() >= config.unread))
        logits = config.scale * self.network(bag) @ self.pictures[candidates].T
        right = torch.from_numpy(_right(codes[chosen], codes[candidates], texts.needed))
        return (logits.logsumexp(1) - logits.masked_fill(~right, -torch.inf).logsumexp(1)).mean()


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Random numbers of their own for PyTorch, and one thread: for matrices this small, more wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(threads)


def _right(codes: Rows, candidates: Rows, needed: Flags) -> Flags:
    """Whether each candidate has what each text needs, [texts, candidates]."""
    right = np.ones((len(codes), len(candidates)), bool)
    for column in range(codes.shape[1]):
        asked = np.flatnonzero(needed[:, column])
        right[asked] &= codes[asked, column][:, None] == candidates[:, column]
    return right
