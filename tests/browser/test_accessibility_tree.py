"""What a screen reader reads: the accessibility tree of each main state, as text.

`WRITE_ACCESSIBILITY_TREE=1 python -m pytest tests/browser/test_accessibility_tree.py` writes `accessibility_tree.yml`
again. Read what changed in it: names, roles and states are all that a visitor who does not see has.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from playwright.sync_api import expect

from tests.browser.steps import cards, choose, dialog, heading, like, look_closer, press

EXPECTED = Path(__file__).with_name("accessibility_tree.yml")
KEPT = 2
"""The number of entries of a longer list that are compared."""
GRADIOS_OWN = re.compile(r"\n- contentinfo .*?(?=\n- |\Z)|\n- status[^\n]*", re.DOTALL)
"""Its footer, and its place for "Loading" and the like, which changes by the moment."""
SPOKEN = "body > .unseen[role=status]"


def tree(page, place="body"):
    """The accessibility tree without what Gradio adds, with the first entries of each list."""
    lines, left, seen = [], None, {}
    text = page.locator(place).aria_snapshot()
    if place == "body":
        text = GRADIOS_OWN.sub("", text) + f"\n- spoken: {page.locator(SPOKEN).inner_text()}"
    for line in text.splitlines():
        depth = len(line) - len(line.lstrip())
        if left is not None and depth > left:
            continue
        left = None
        seen = {at: number for at, number in seen.items() if at <= depth}
        if line.strip().startswith("- listitem"):
            seen[depth] = seen.get(depth, 0) + 1
            if seen[depth] > KEPT:
                left = depth
                continue
        elif depth in seen:
            del seen[depth]
        lines.append(line)
    return "\n".join(lines)


def test_each_state_reads_as_a_visitor_needs_it(visit, calibrated, photo):
    page = visit(reduced_motion="reduce")
    found = {"start": tree(page)}
    choose(page, photo)
    found["answer"] = tree(page)
    like(page)
    page.locator("#taste [data-liked]").click()
    expect(page.locator(".sheet.liked[open]")).to_be_visible()
    found["what is liked"] = tree(page, ".sheet.liked")
    page.keyboard.press("Escape")
    expect(page).not_to_have_url(re.compile("liked=1"))
    look_closer(page)
    found["product"] = tree(page, "#product dialog")
    press(dialog(page), "Complete the look")
    expect(heading(page)).to_contain_text("A look with")
    found["look"] = tree(page, "#answer")
    press(page, "Back to the products")
    expect(cards(page)).to_have_count(20)
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator("#filters [data-sheet]").click()
    page.locator(".sheet[open] summary").nth(1).click()
    found["filters"] = tree(page, "#filters .sheet")
    text = "\n\n".join(f"# {state}\n{shown}" for state, shown in found.items()) + "\n"
    if os.environ.get("WRITE_ACCESSIBILITY_TREE"):
        EXPECTED.write_text(text, "utf-8")
    assert text == EXPECTED.read_text("utf-8")
