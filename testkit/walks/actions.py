"""What a visitor does on the page, and what it does to the model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from testkit.walks import choices
from testkit.walks.choices import Arguments, Scene
from testkit.walks.model import LONGEST, PAGE, Likes, Look

Choose = Callable[[Scene], Arguments | None]
Apply = Callable[..., None]


@dataclass(frozen=True)
class Action:
    """An action: how often it is chosen, its arguments, None where it is not possible, and what it does to the model.

    `where` says what lies open while it is possible. It is `quick` if a visitor may do it before the answer to the last
    one is here. `apply` gets the scene and the arguments, or what they turned out to be on the page.
    """

    name: str
    weight: float
    choose: Choose
    apply: Apply
    where: tuple[str, ...] = ("",)
    is_quick: bool = True


def _photo(scene: Scene, name: str) -> None:
    scene.model.ask(scene.asked.next_search(picture=name, part=""))


def _remove(scene: Scene) -> None:
    asked = scene.asked.next_search(picture="", part="")
    scene.model.ask(asked)


def _say(scene: Scene, text: str) -> None:
    """Words that do not name a kind of product say what should be different from the item; others are a search."""
    asked = scene.asked
    if asked.item and text and not scene.answers.names_kind(text):
        scene.model.ask(asked.next_search(item=asked.item, beside=text))
    else:
        scene.model.ask(asked.next_search(text=text))


def _change_value(scene: Scene, attribute: str, value: str) -> None:
    but = {**dict(scene.asked.but), attribute: value}
    scene.model.ask(scene.asked.changed(but=tuple(sorted((name, text) for name, text in but.items() if text))))


def _judge(scene: Scene, opinion: str, item_id: str) -> None:
    _keep(scene, scene.model.likes.toggled(opinion, item_id))


def _keep(scene: Scene, likes: Likes, is_undoable: bool = True) -> None:
    if is_undoable:
        scene.model.past.append(scene.model.likes)
    asked = scene.asked
    has_list = asked.look is None and asked.kind != "window"
    scene.model.judge(likes, scene.shown.listed if has_list else ())


def _turned(scene: Scene, way: str) -> None:
    offset = scene.asked.offset + (LONGEST if way == "next" else -LONGEST)
    scene.model.ask(replace(scene.asked, offset=offset, k=LONGEST))


def _longer(scene: Scene) -> None:
    scene.model.lengthen(replace(scene.asked, k=min(LONGEST, scene.asked.k + PAGE)))


def _leave_item(scene: Scene) -> None:
    """From a look to the products, or from an item to what was searched with before it."""
    asked = scene.asked
    scene.model.ask(asked.next_search(item=asked.item if asked.look else ""))


def _similar(scene: Scene, item_id: str) -> None:
    scene.model.ask(scene.asked.next_search(item=item_id))


def _dress(scene: Scene, item_id: str) -> None:
    asked = scene.asked.next_search(item=item_id)
    scene.model.ask(replace(asked, look=scene.answers.look(asked, Look())))


def _change_look(scene: Scene, act: str, slot: str) -> None:
    asked, look = scene.asked, scene.asked.look
    assert look is not None
    if act == "keep":
        kept = tuple(other for other in look.kept if other != slot) if slot in look.kept else (*look.kept, slot)
        look = replace(look, kept=kept)
    else:
        look = look.without({slot} if act == "swap" else {slot for slot, _ in look.pieces} - {*look.kept})
    scene.model.ask(replace(asked, look=scene.answers.look(asked, look)))


def _loosened(scene: Scene, attribute: str) -> None:
    scene.model.ask(scene.asked.filtered({name: v for name, v in scene.asked.where if name != attribute}))


def _go(scene: Scene, at: int) -> None:
    scene.model.go(at)


def _toggle(scene: Scene, attribute: str, value: str | None) -> None:
    scene.model.ask(scene.asked.toggled(attribute, value))


def _open(scene: Scene, item_id: str) -> None:
    scene.model.open(f"product={item_id}")


def _open_filters(scene: Scene) -> None:
    scene.model.open("filters")


def _undo(scene: Scene) -> None:
    _keep(scene, scene.model.past.pop(), is_undoable=False)


def _switch(scene: Scene) -> None:
    _keep(scene, replace(scene.model.likes, off=not scene.model.likes.off))


PAGE_ALONE, PRODUCT, LIKED, FILTERS = ("",), ("product",), ("liked",), ("filters",)
ANYWHERE = (*PAGE_ALONE, *PRODUCT, *LIKED, *FILTERS)
ACTIONS = (
    Action("photo", 4, choices.picture, _photo),
    Action("remove", 0.7, choices.only_if(lambda scene: scene.asked.picture), _remove),
    Action("say", 2, choices.words, _say),
    Action("word", 1.5, choices.word_left, _say),
    Action("part", 1.5, choices.part, lambda scene, part: scene.model.ask(scene.asked.next_search(part=part))),
    Action("tick", 4, choices.value, _toggle, (*PAGE_ALONE, *FILTERS)),
    Action("clear", 0.8, choices.only_if(choices.has_filters), lambda scene: scene.model.ask(scene.asked.filtered({}))),
    Action("token", 0.8, choices.token, _toggle),
    Action("loosen", 3, choices.filter_to_loosen, _loosened),
    Action("chip", 1.5, choices.seen_value, _toggle),
    Action("sort", 1, choices.order, lambda scene, sort: scene.model.ask(scene.asked.changed(sort=sort))),
    Action("vary", 1, choices.variety, lambda scene, share: scene.model.ask(scene.asked.changed(variety=share))),
    Action("but", 2, choices.other_value, _change_value),
    Action("longer", 3, choices.only_if(lambda scene: scene.shown.has_more), _longer),
    Action("turn", 2, choices.page_turn, _turned),
    Action("leave item", 1.5, choices.only_if(lambda scene: scene.asked.item or scene.asked.look), _leave_item),
    Action("judge", 4, choices.opinion, _judge),
    Action("judge opened", 1, choices.opinion_of_opened, _judge, PRODUCT),
    Action("undo", 1, choices.only_if(lambda scene: scene.model.past), _undo),
    Action("forget likes", 0.4, choices.only_if(choices.has_likes), lambda scene: _keep(scene, Likes())),
    Action("switch likes", 1, choices.only_if(choices.is_moved_by_likes), _switch),
    Action("open", 5, choices.card, _open),
    Action("open other", 2, choices.other_product, _open, PRODUCT),
    Action("close", 3, choices.way_to_close, lambda scene, how: scene.model.close(), (*PRODUCT, *LIKED, *FILTERS)),
    Action("similar", 3, choices.opened_product, _similar, PRODUCT),
    Action("dress", 2, choices.product_with_looks, _dress, PRODUCT),
    Action("dress picture", 2, choices.only_if(choices.can_dress_picture), lambda scene: _dress(scene, "")),
    Action("change look", 6, choices.look_change, _change_look),
    Action("open liked", 1.5, choices.only_if(choices.has_liked), lambda scene: scene.model.open("liked")),
    Action("open from liked", 2, choices.only_if(choices.has_liked), _open, LIKED),
    Action("unlike", 2, choices.only_if(choices.has_liked), lambda scene, id_: _judge(scene, "liked", id_), LIKED),
    Action("open filters", 2, choices.only_if(choices.has_filter_sheet), _open_filters, is_quick=False),
    Action("back", 4, choices.step(-1), _go, ANYWHERE),
    Action("forward", 2, choices.step(1), _go, ANYWHERE),
)
