"""A random walk: actions on the page and on its model, which are compared after each of them, and Back to the start."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random
from typing import Any, NamedTuple

from testkit.walks.actions import ACTIONS, Action
from testkit.walks.choices import Arguments, Scene
from testkit.walks.model import Model
from testkit.walks.page import WalkedPage
from testkit.walks.promises import Promises

BY_NAME = {action.name: action for action in ACTIONS}
QUICK_SHARE = 0.35
MAX_PAUSE_S = 0.25
POLL_S, PATIENCE_S = 0.08, 20.0
STEPS = {"back": -1, "forward": 1}
OFFERED_BY_THE_PAGE = ("chip", "but")
"""What the page offers for some values only, which the model does not know."""
NOT_AFTER_BACK = ("longer", "turn", "token", "undo", "change look")
"""What acts on something that Back may be about to replace."""


class Step(NamedTuple):
    """An action of a walk. With a `pause`, in seconds, the next one comes after it; without, after the answer."""

    name: str
    arguments: Arguments
    pause: float | None = None

    def __str__(self) -> str:
        """As a line."""
        text = f"{self.name} {' '.join(map(repr, self.arguments))}".strip()
        return text if self.pause is None else f"{text}, and {1000 * self.pause:.0f} ms later"


@dataclass
class Outcome:
    """What became of a walk: its actions, how many steps Back were compared, and where page and model differed."""

    seed: int
    screen: str
    steps: list[Step] = field(default_factory=list)
    undone: int = 0
    wrong: dict[str, str] = field(default_factory=dict)
    where: str = ""

    def __str__(self) -> str:
        """One line where page and model agree, and what to look into where they differ."""
        if not self.wrong:
            return f"walk {self.seed} ({self.screen}): {len(self.steps)} actions, {self.undone} of them back, agree"
        lines = [f"walk {self.seed} ({self.screen}) differs {self.where}"]
        lines += [f"   {number:2} {step}" for number, step in enumerate(self.steps, 1)]
        return "\n".join([*lines, *(f"   {name}: {text}" for name, text in self.wrong.items())])


class Walk:
    """One walk on one page. `models` are the states that the page may be in: more than one after quick steps Back."""

    def __init__(self, page: WalkedPage, promises: Promises, outcome: Outcome, random: Random):
        self.page, self.promises, self.outcome, self.random = page, promises, outcome, random
        self.models = [Model()]
        self.pending: list[str] = []

    async def run(self, length: int, given: Sequence[Step] = ()) -> Outcome:
        """Walk that many random steps, or the given ones, and then Back to where the walk began."""
        for number in range(len(given) or length):
            step = given[number] if given else self._chosen(is_last=number == length - 1)
            is_last = number == (len(given) or length) - 1
            if not await (self._take(step, is_last=is_last) if step else self._settle()):
                self.outcome.where = f"after action {number + 1}"
                return self.outcome
        while all(model.at for model in self.models):
            before = deepcopy(self.models)
            if not await self._take(Step("back", ()), is_last=True):
                self.outcome.where = f"at step {self.outcome.undone + 1} back, from {before[0].entries[before[0].at]}"
                return self.outcome
            self.outcome.undone += 1
        return self.outcome

    def _scene(self, model: Model) -> Scene:
        return Scene(model, self.promises.answers, self.random, self.outcome.screen == "phone")

    def _chosen(self, *, is_last: bool) -> Step | None:
        """A random step; None where nothing can be done before the answers have come."""
        possible = [(action, given) for action in ACTIONS if (given := self._possible(action)) is not None]
        if not possible:
            return None
        action, given = self.random.choices(possible, [action.weight for action, _ in possible])[0]
        is_quick = self.random.random() < QUICK_SHARE and not is_last
        pause = self.random.uniform(0, MAX_PAUSE_S) if is_quick and action.name != "longer" else None
        return Step(action.name, given, pause)

    def _possible(self, action: Action) -> Arguments | None:
        """The arguments of an action that a visitor can do now; None if it is not possible."""
        model = self.models[0]
        is_hidden = model.overlay.split("=")[0] not in action.where
        if self.pending and self.pending[-1] == "open" and action.name in ("open", "photo", "say"):
            is_hidden = False  # the dialog is not there yet
        if is_hidden or (self.pending and not _may_follow(self.pending, action)):
            return None
        return action.choose(self._scene(model))

    async def _take(self, step: Step, *, is_last: bool) -> bool:
        """Take a step on the page, then in the model. False if they differ once the page has settled."""
        action = BY_NAME[step.name]
        self.page.is_settled = not self.pending
        if self._possible(action) is None:
            return True if step.pause is not None and not is_last else await self._settle()
        resolved = await self.page.do(step.name, step.arguments)
        self.outcome.steps.append(step)
        if resolved is None:
            if self.pending or step.name in OFFERED_BY_THE_PAGE:
                return True if step.pause is not None and not is_last else await self._settle()
            self.outcome.wrong = {"action": f"the page does not offer {step}"}
            return False
        self.models = [after for model in self.models for after in self._after(action, model, resolved)]
        self.pending.append("file" if str(step.arguments[:1]).startswith("('file") else step.name)
        if step.pause is not None and not is_last:
            await asyncio.sleep(step.pause)
            return True
        return await self._settle()

    def _after(self, action: Action, model: Model, arguments: Arguments) -> list[Model]:
        """The states that the page may be in after an action."""
        if action.name not in STEPS:
            action.apply(self._scene(model), *arguments)
            merged = model.merged()
            return [merged, model] if merged else [model]
        found = []
        for at in model.steps(STEPS[action.name]):
            found.append(deepcopy(model))
            found[-1].go(at)
        return found or [model]

    async def _settle(self) -> bool:
        """Wait until the page shows one of the states; what is wrong is kept if it does not."""
        self.pending = []
        await self.page.wait_until_quiet(PATIENCE_S)
        end = time.monotonic() + PATIENCE_S
        while True:
            models, wrong = self._matching(await self.page.read())
            if models:
                self.models = models
                break
            if time.monotonic() > end:
                self.outcome.wrong = wrong
                return False
            await asyncio.sleep(POLL_S)
        for model in self.models:
            model.settle()
        self.outcome.wrong = {"console": repr(self.page.troubles)} if self.page.troubles else {}
        return not self.page.troubles

    def _matching(self, seen: dict[str, Any]) -> tuple[list[Model], dict[str, str]]:
        """The states that the page may be in, by what it shows; and how it differs from the last one."""
        wrong = [self.promises.differences(model, seen) for model in self.models]
        return [model for model, found in zip(self.models, wrong, strict=True) if not found], wrong[-1]


def _may_follow(pending: Sequence[str], action: Action) -> bool:
    """Whether a visitor does this while the answers to what is pending are under way, and it is clear what it means."""
    if not action.is_quick or "open from liked" in pending or action.name == "part":
        return False
    if action.name in STEPS:
        return all(name in STEPS for name in pending)
    if "file" in pending:
        return action.name == "photo"
    if pending[-1] == "open":
        return action.name in ("open", "photo", "say")
    if action.name == "photo" and {"say", "word"} & {*pending}:
        return False  # the picture is searched for at once, with the words of the last answer
    return action.name not in NOT_AFTER_BACK or "back" not in pending
