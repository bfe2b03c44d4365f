"""What a visitor sees, and the arguments of what can be done there; None where it cannot be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from testkit.walks.answers import Answers, Shown
from testkit.walks.model import Asked, Model

Arguments = tuple[Any, ...]


@dataclass(frozen=True)
class Scene:
    """What a visitor sees: the model of the page, and the products of its answer."""

    model: Model
    answers: Answers
    random: Random
    is_phone: bool = False

    @property
    def asked(self) -> Asked:
        """What the answer is for."""
        return self.model.asked

    @property
    def shown(self) -> Shown:
        """What it shows."""
        return self.answers.shown(self.model)

    def place(self) -> int | None:
        """The place of one of the first cards."""
        return self.random.randrange(min(self.shown.count, 8)) if self.shown.count else None


Choose = Callable[[Scene], Arguments | None]


def words(scene: Scene) -> Arguments:
    """Words such as a visitor types: one to three values of the shop, sometimes with one that means nothing."""
    items, random = scene.answers.items, scene.random
    item = items[random.randrange(len(items))].single_values
    names = [name for role in ("wearer", "colour", "kind") if (name := getattr(items.roles, role)) and item.get(name)]
    chosen = [item[name] for name in names if random.random() < 0.6] or [item[names[-1]]]
    return (" ".join([*(["xqzz"] if random.random() < 0.1 else []), *filter(None, chosen)]),)


def value(scene: Scene) -> Arguments | None:
    """A value with products left, of a filter that does not nest or of the finest kinds."""
    if scene.asked.look:
        return None
    items, where = scene.answers.items, dict(scene.asked.where)
    levels = items.kind_levels
    names = [name for name, column in items.filters.items() if len(column.vocabulary) > 1 and name not in levels[:-1]]
    names = [name for name in names if name not in items.ranges()]
    name = scene.random.choice(names)
    others = {other: ticked for other, ticked in where.items() if other not in levels} if name in levels else where
    values = [value for value, left in items.facets(others)[name].items() if left]
    return (name, scene.random.choice(values)) if values else None


def other_value(scene: Scene) -> Arguments | None:
    asked, shown = scene.asked, scene.shown
    if asked.look or not (asked.but or (shown.count and asked.kind in ("item", "picture"))):
        return None
    if asked.but and scene.random.random() < 0.4:
        return (scene.random.choice(asked.but)[0], "")
    attribute = scene.random.choice([*scene.answers.steerable])
    return (attribute, scene.random.choice(scene.answers.steerable[attribute]))


def seen_value(scene: Scene) -> Arguments | None:
    chips = () if scene.asked.look else scene.shown.seen
    return scene.random.choice(chips) if chips else None


def word_left(scene: Scene) -> Arguments | None:
    left = () if scene.asked.look else scene.shown.words_left
    return (scene.random.choice(left),) if left else None


def is_moved_by_likes(scene: Scene) -> bool:
    """Whether the line "moved by your likes" is there: likes of a kind that the answer has."""
    items, kind = scene.answers.items, scene.answers.items.roles.kind or ""
    if scene.asked.look or scene.asked.kind == "window":
        return False

    def kinds(ids: tuple[str, ...]) -> set[Any]:
        return {items[items.row(item_id)].value(kind) for item_id in ids}

    likes = scene.model.likes
    return not kinds((*likes.liked, *likes.disliked)).isdisjoint(kinds(scene.shown.listed))


def page_turn(scene: Scene) -> Arguments | None:
    ways = [way for way, has in (("next", scene.shown.has_next), ("previous", scene.asked.offset)) if has]
    return (scene.random.choice(ways),) if ways and not scene.asked.look else None


def opened(scene: Scene) -> str:
    return scene.model.overlay.removeprefix("product=")


def look_change(scene: Scene) -> Arguments | None:
    look = scene.asked.look
    if look is None or not look.pieces:
        return None
    slot = scene.random.choice(look.pieces)[0]
    return (scene.random.choice(["keep", "swap", "reroll"]), slot)


def part(scene: Scene) -> Arguments | None:
    """A thing in the picture, or all of it. The picture is there while an item is followed, too."""
    if not scene.asked.picture:
        return None
    part = scene.answers.part(scene.asked.picture, scene.asked.part)
    things = [str(number) for number in range(len(part.things))] if len(part.things) > 1 else []
    choices = [*things, *(["whole"] if part.box else [])]
    return (scene.random.choice(choices),) if choices else None


def filter_to_loosen(scene: Scene) -> Arguments | None:
    asked = scene.asked
    if scene.shown.total != 0:
        return None
    with_but = {**dict(asked.where), **dict(asked.but)}
    names = [name for name, _ in asked.where if name not in dict(asked.but)]
    left = [
        name for name in names if len(scene.answers.items.passing({k: v for k, v in with_but.items() if k != name}))
    ]
    return (scene.random.choice(left),) if left else None


def step(by: int) -> Choose:
    def choose(scene: Scene) -> Arguments | None:
        return () if scene.model.steps(by) else None

    return choose


def only_if(holds: Callable[[Scene], Any]) -> Choose:
    return lambda scene: () if holds(scene) else None


def card(scene: Scene) -> Arguments | None:
    place = scene.place()
    return None if place is None else (place,)


def opinion(scene: Scene) -> Arguments | None:
    place = scene.place()
    return None if place is None else (scene.random.choice(["liked", "liked", "disliked"]), place)


def has_filters(scene: Scene) -> bool:
    return bool(scene.asked.where) and scene.asked.look is None


def variety(scene: Scene) -> Arguments | None:
    steps = [step for step in (0.0, 0.25, 0.5, 0.75, 1.0) if step != scene.asked.variety]
    return None if scene.asked.look or scene.asked.kind == "window" else (scene.random.choice(steps),)


def order(scene: Scene) -> Arguments | None:
    sorts = [sort for sort in scene.answers.sorts if sort != scene.asked.sort]
    return (scene.random.choice(sorts),) if sorts and scene.asked.look is None else None


def can_dress_picture(scene: Scene) -> bool:
    asked = scene.asked
    if asked.look or asked.kind != "picture" or not scene.shown.count or scene.shown.close is False:
        return False
    return scene.answers.has_looks(asked)


def picture(scene: Scene) -> Arguments:
    """A photo to try, or a picture that the visitor has."""
    return (scene.random.choice([*scene.answers.pictures]),)


def token(scene: Scene) -> Arguments | None:
    """The place of a filter among those that can be taken away."""
    count = sum(len(values) for _, values in scene.asked.where)
    return (scene.random.randrange(count),) if has_filters(scene) else None


def has_liked(scene: Scene) -> bool:
    """Whether anything is liked."""
    return bool(scene.model.likes.liked)


def has_likes(scene: Scene) -> bool:
    """Whether anything is liked or not wanted."""
    return bool(scene.model.likes.liked or scene.model.likes.disliked)


def has_filter_sheet(scene: Scene) -> bool:
    """Whether the filters open in a sheet."""
    return scene.is_phone and scene.asked.look is None


def opened_product(scene: Scene) -> Arguments:
    """The product that lies open."""
    return (opened(scene),)


def opinion_of_opened(scene: Scene) -> Arguments:
    """A heart of the product that lies open."""
    return (scene.random.choice(["liked", "disliked"]), opened(scene))


def product_with_looks(scene: Scene) -> Arguments | None:
    """The product that lies open, if there is anything to wear with it."""
    return (opened(scene),) if scene.answers.has_looks(scene.asked, opened(scene)) else None


def other_product(scene: Scene) -> Arguments:
    """The place of a product among those like the open one."""
    return (scene.random.randrange(6),)


def way_to_close(scene: Scene) -> Arguments:
    """How a dialog is closed."""
    return (scene.random.choice(["button", "Escape"]),)
