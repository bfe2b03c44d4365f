"""What the page promises to show for a state of the model, and where it shows something else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from testkit.walks.answers import Answers
from testkit.walks.model import PAGE, Asked, Model

NOT_COMPARED = {"found", "index"}
"""Parameters of the address: products that stand for a picture, and the revision of the index."""


@dataclass(frozen=True)
class Promises:
    """What is promised, with the answers of one shop."""

    answers: Answers

    def of(self, model: Model) -> dict[str, Any]:
        """What the page shows, by name; a `total` of None is not compared."""
        asked, shown, likes = model.asked, self.answers.shown(model), model.likes
        look = asked.look
        return {
            "kind": asked.kind,
            "look": look is not None,
            "words": asked.words,
            "field": asked.words,
            "picture": bool(asked.picture),
            "frame": bool(asked.picture and self.answers.part(asked.picture, asked.part).box),
            "back": self._back(asked),
            "ids": list(shown.ids),
            "total": shown.total,
            "kept": sorted(look.kept) if look else [],
            "slots": [slot for slot, _ in look.pieces] if look else [],
            "but": [list(pair) for pair in asked.but] if look is None else [],
            "where": _pairs(asked),
            "tokens": len(_pairs(asked)),
            "sort": asked.sort,
            "variety": asked.variety,
            "longer": shown.has_more,
            "next": shown.has_next,
            "previous": bool(asked.offset) and look is None and bool(shown.total),
            "overlay": model.overlay,
            "likes": {
                "liked": list(likes.liked), "disliked": list(likes.disliked), **({"off": True} if likes.off else {}),
            },
            "address": sorted(self._address(model)),
        }  # fmt: skip

    def differences(self, model: Model, seen: dict[str, Any]) -> dict[str, str]:
        """Where the page shows something else than what is promised."""
        found = dict(seen)
        found["where"] = sorted(map(list, seen["where"]), key=str)
        found["but"], found["kept"] = sorted(seen["but"]), sorted(seen["kept"])
        found["address"] = sorted(pair for pair in seen["address"] if pair[0] not in NOT_COMPARED)
        found["likes"] = {"liked": [], "disliked": []} | seen["likes"]
        promised = self.of(model)
        for opinion in ("liked", "disliked"):
            promised[opinion] = [item_id for item_id in promised["ids"] if item_id in getattr(model.likes, opinion)]
        if promised["total"] is None:
            promised["total"] = found["total"]
        wrong = {
            name: f"{found[name]!r} in place of {promised[name]!r}"
            for name in promised
            if found[name] != promised[name]
        }
        if seen["problem"]:
            wrong["problem"] = repr(seen["problem"])
        return wrong

    def _back(self, asked: Asked) -> str:
        if asked.look and asked.item:
            return "Back to the products"
        if not asked.item and not asked.look:
            return ""
        if asked.picture:
            return "Back to your picture"
        return f"Back to “{asked.text}”" if asked.text else "Back to the shop"

    def _address(self, model: Model) -> list[list[str]]:
        asked, overlay = model.asked, model.overlay
        pairs = [["item", asked.item]] if asked.item else []
        pairs += [["text", asked.words]] if asked.words else []
        pairs += [[f"but.{name}", value] for name, value in asked.but]
        if asked.look:
            pairs += [["look", "1"], *([f"piece.{slot}", item_id] for slot, item_id in asked.look.pieces)]
            pairs += [["keep", slot] for slot in asked.look.kept]
        pairs += [[f"is.{name}", value or ""] for name, value in _pairs(asked)]
        pairs += [["varied", f"{asked.variety:g}"]] if asked.variety else []
        pairs += [["sort", asked.sort]] if asked.sort != "closeness" else []
        pairs += [["k", str(asked.k)]] if asked.k != PAGE else []
        pairs += [["offset", str(asked.offset)]] if asked.offset else []
        pairs += [["product", overlay.removeprefix("product=")]] if overlay.startswith("product=") else []
        pairs += [["liked", "1"]] if overlay == "liked" else []
        return pairs


def _pairs(asked: Asked) -> list[list[Any]]:
    return sorted(([name, value] for name, values in asked.where for value in values), key=str)
