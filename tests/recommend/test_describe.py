import numpy as np
import pytest

from recsys.core.columns import Column
from recsys.recommend.describe import by_heads, by_neighbours, guesses, shared
from recsys.types import Guess, Item, Reason

TYPES = ("Caps", "Dresses", "Shirts", "Tops")


def heads(**probabilities):
    logits = {name: np.log(np.array([shares], dtype=np.float32)) + 7 for name, shares in probabilities.items()}
    return by_heads(logits, {"type": TYPES, "gender": ("Men", "Women")})


def votes(**values):
    (count,) = {len(each) for each in values.values()}
    return by_neighbours({name: Column(["another", *each]) for name, each in values.items()}, range(1, count + 1))


def test_logits_become_the_probabilities_of_the_three_most_likely():
    (guess,) = heads(type=[0.04, 0.7, 0.2, 0.06]).values()
    assert (guess.attribute, guess.value) == ("type", "Dresses")
    assert [value for value, _ in guess.likely] == ["Dresses", "Shirts", "Tops"]
    assert [share for _, share in guess.likely] == pytest.approx([0.7, 0.2, 0.06], abs=1e-6)
    assert guess.probability == guess.likely[0][1]
    assert isinstance(guess.probability, float) and not isinstance(guess.probability, np.floating)


def test_logits_of_any_size_are_probabilities():
    guess = by_heads({"gender": np.array([[1000, -1000]], dtype=np.float32)}, {"gender": ("Men", "Women")})["gender"]
    assert guess == Guess("gender", "Men", 1.0, (("Men", 1.0), ("Women", 0.0)))


def test_each_attribute_is_guessed_for_itself():
    seen = heads(type=[0.1, 0.1, 0.1, 0.7], gender=[0.2, 0.8])
    assert {name: guess.value for name, guess in seen.items()} == {"type": "Tops", "gender": "Women"}


def test_a_guess_under_one_half_is_left_open_with_what_is_likely():
    (guess,) = heads(type=[0.45, 0.25, 0.2, 0.1]).values()
    assert guess.value is None
    assert guess.probability == pytest.approx(0.45, abs=1e-6)
    assert guess.likely[0][0] == "Caps"


def test_neighbours_vote_with_what_they_are():
    seen = votes(type=["Caps", "Caps", "Caps", "Tops"])
    assert seen == {"type": Guess("type", "Caps", 0.75, (("Caps", 0.75), ("Tops", 0.25)))}


def test_neighbours_that_do_not_say_abstain():
    seen = votes(season=["Fall", None, "Fall", None, "Spring"])
    assert (seen["season"].value, seen["season"].probability) == (None, pytest.approx(2 / 5))
    assert votes(season=[None, None]) == {}
    assert votes(season=[]) == {}


def test_neighbours_in_a_tie_leave_it_open():
    both = votes(gender=["Men", "Women"])["gender"]
    assert (both.value, both.probability) == (None, 0.5)


def test_the_encoder_says_what_it_sees_and_the_neighbours_say_the_rest():
    columns = {
        name: Column([value, value]) for name, value in (("season", "Fall"), ("type", "Caps"), ("use", "Casual"))
    }
    logits = {"type": np.array([[0, 50, 0, 0]], dtype=np.float32)}
    seen = guesses(logits, {"type": TYPES}, columns, range(2))
    assert [(name, each.value) for name, each in seen.items()] == [
        ("season", "Fall"),
        ("type", "Dresses"),
        ("use", "Casual"),
    ]


def test_a_reason_is_what_is_known_and_equal():
    item = Item("1", None, {"type": "Caps", "gender": "Men", "season": None, "colour": "Red"})
    seen = {"type": "Caps", "gender": "Women", "season": None, "colour": "Red", "size": "M"}
    assert shared(seen, item) == (Reason("type", "Caps"), Reason("colour", "Red"))
