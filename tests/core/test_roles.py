import pytest

from recsys.core.items import Items
from recsys.core.roles import Roles
from recsys.errors import CatalogError

KAGGLE = ("gender", "masterCategory", "subCategory", "articleType", "baseColour", "season", "year", "usage")


def test_the_roles_of_the_kaggle_catalogue():
    assert Roles.from_names(KAGGLE) == Roles(
        kind="articleType",
        categories=("articleType", "masterCategory", "subCategory"),
        colour="baseColour",
        wearer="gender",
        usage="usage",
        season="season",
        year="year",
    )


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (["label", "gender", "articleType"], "articleType"),
        (["gender", "label"], "label"),
        (["gender"], None),
        (["type", "product_type"], "product_type"),
        (["Article Type"], "Article Type"),
    ],
)
def test_the_kind_is_the_most_specific_attribute_named_so(names, kind):
    assert Roles.from_names(names).kind == kind


def test_roles_are_recognized_by_words_of_the_name():
    roles = Roles.from_names(["price", "primary_color", "Sex", "Occasion", "print_pattern", "sweatshirtColour"])
    assert (roles.colour, roles.wearer, roles.usage, roles.pattern) == (
        "primary_color",
        "Sex",
        "Occasion",
        "print_pattern",
    )
    assert (roles.kind, roles.season, roles.categories) == (None, None, ())


def test_the_role_of_an_attribute():
    roles = Roles.from_names([*KAGGLE, "brand"])
    found = [roles.role_of(name) for name in ("articleType", "subCategory", "baseColour", "brand")]
    assert found == ["kind", "categories", "colour", None]


def test_an_owner_overrules_a_role():
    overrides = {"colour": "shade", "kind": "masterCategory", "wearer": None}
    roles = Roles.from_names([*KAGGLE, "shade"], overrides)
    assert (roles.colour, roles.kind, roles.wearer) == ("shade", "masterCategory", None)
    assert roles.categories == ("masterCategory", "subCategory", "articleType")
    assert Roles.from_names(KAGGLE, overrides).colour is None
    assert Items(["a"], [None], {"baseColour": ["Red"], "shade": ["Rust"]}, {"colour": "shade"}).roles.colour == "shade"


def test_an_unknown_role_is_refused():
    with pytest.raises(CatalogError, match="There is no role 'size'. The roles are: kind, colour"):
        Roles.from_names(KAGGLE, {"size": "year"})
