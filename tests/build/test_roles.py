"""The owner of a shop chooses which attribute has a role; the index keeps the choice."""

import json
from pathlib import Path

import pytest

import build_index
from recsys.catalog import Catalog
from recsys.errors import CatalogError, IndexDamagedError
from recsys.index.folder import IndexFolder
from recsys.recommend.recommender import Recommender
from recsys.types import Guess, Match, Reason
from recsys.web.page import attribute_display, cards
from testkit.manifests import rewrite

CHOSEN = {"kind": "subCategory", "colour": "shade"}
FLAGS = ("--role", "subCategory=kind", "--role", "shade=colour")


def build(*arguments):
    return build_index.main([str(argument) for argument in arguments])


def manifest_of(index):
    return json.loads((index / "index.json").read_text("utf-8"))


def write_archive(folder, pictures):
    """The pictures as a Kaggle archive, in which `baseColour` is not the column of the colours."""
    (folder / "images").mkdir(parents=True)
    lines = ["id,subCategory,articleType,baseColour,shade,productDisplayName"]
    for number, path in enumerate(sorted(pictures.rglob("*.png"))):
        (folder / "images" / f"{number}.png").symlink_to(path)
        lines.append(f"{number},{path.parent.name},Type {number % 4},Base {number % 3},{path.stem},Product")
    (folder / "styles.csv").write_text("\n".join(lines))
    return folder


@pytest.fixture(scope="module")
def archive(pictures, tmp_path_factory):
    return write_archive(tmp_path_factory.mktemp("archive") / "shop", pictures)


@pytest.fixture(scope="module")
def chosen(archive, encoder_folder, tmp_path_factory):
    """An index that was built with roles chosen by its owner."""
    output = tmp_path_factory.mktemp("roles") / "out"
    assert build("--dataset", archive, "--encoder", encoder_folder, "--output", output, *FLAGS) == 0
    return Path(output)


def test_the_index_its_calibration_and_its_scores_have_the_chosen_roles(chosen):
    folder = IndexFolder.open(chosen)
    assert manifest_of(chosen)["roles"] == folder.manifest.roles == CHOSEN
    assert (folder.items.roles.kind, folder.items.roles.colour) == ("subCategory", "shade")
    assert folder.items.roles.categories == ("subCategory", "articleType")
    assert folder.manifest.calibration.attribute == "subCategory"
    assert "subCategory ∧ shade" in folder.card


def test_the_page_shows_the_chosen_attributes_first(chosen):
    shop = Recommender.from_pretrained(chosen)
    assert list(attribute_display.steerable(shop.items)) == ["shade"]
    names = ("baseColour", "articleType", "shade", "subCategory")
    guesses = {name: Guess(name, "x", 0.9, (("x", 0.9),)) for name in names}
    seen = attribute_display.seen(guesses, ["articleType"], shop.items.role_overrides)
    assert [guess.attribute for guess in seen] == ["subCategory", "shade", "articleType"]
    item = shop.items[0]
    match = Match(item, 1.0, 0.9, tuple(Reason(name, item.attributes[name]) for name in names))
    card = cards.ProductViews(shop, ["shade", "baseColour", "articleType", "subCategory"]).card(item, match=match)
    marked = [fact.value for fact in card.facts if fact.is_shared]
    assert marked == [item.attributes[name] for name in ("shade", "baseColour", "subCategory")]


def test_confidences_are_those_of_the_chosen_kind(chosen):
    shop = Recommender.from_pretrained(chosen)
    best = shop.recommend(shop.thumbnail("0"), k=1)[0]
    assert shop.calibration.attribute == "subCategory"
    assert best.confidence == shop.calibration.confidence_at(best.similarity)


def test_an_update_keeps_the_roles_unless_they_are_chosen_again_or_their_column_is_gone(chosen, archive, tmp_path):
    flags = ["--dataset", archive, "--update", chosen, "--output"]
    assert build(*flags, tmp_path / "kept") == 0
    assert manifest_of(tmp_path / "kept")["roles"] == CHOSEN
    assert build(*flags, tmp_path / "other", "--role", "baseColour=colour") == 0
    assert manifest_of(tmp_path / "other")["roles"] == {"kind": "subCategory", "colour": "baseColour"}
    assert build(*flags, tmp_path / "fewer", "--attributes", "subCategory,baseColour") == 0
    assert manifest_of(tmp_path / "fewer")["roles"] == {"kind": "subCategory"}


def test_another_role_alone_builds_the_index_again(archive, encoder_folder, tmp_path):
    flags = ["--dataset", archive, "--encoder", encoder_folder, "--output", tmp_path / "out"]
    assert build(*flags) == 0
    assert "roles" not in manifest_of(tmp_path / "out")
    assert IndexFolder.open(tmp_path / "out").items.roles.colour == "baseColour"
    assert build(*flags, *FLAGS) == 0
    assert manifest_of(tmp_path / "out")["roles"] == CHOSEN


@pytest.mark.parametrize(
    ("flag", "reason"),
    [
        ("shade=size", "there is no role 'size'; the roles are: kind, colour, wearer"),
        ("shade", "'shade' is not COLUMN=ROLE"),
        ("=colour", "'=colour' is not COLUMN=ROLE"),
    ],
)
def test_a_role_flag_that_is_not_a_column_and_a_role_is_refused(flag, reason, capsys):
    with pytest.raises(SystemExit):
        build("--role", flag)
    assert reason in capsys.readouterr().err


def test_a_column_that_does_not_exist_cannot_have_a_role(archive):
    with pytest.raises(CatalogError, match=r"no attribute 'hue' to have the role 'colour'.*baseColour.*--attributes"):
        Catalog.open(str(archive), role_overrides={"colour": "hue"})
    with pytest.raises(CatalogError, match="There is no role 'size'"):
        Catalog.open(str(archive), role_overrides={"size": "shade"})


@pytest.mark.parametrize("roles", [{"size": "label"}, {"colour": "hue"}, {"colour": 7}, ["colour"], None])
def test_a_manifest_with_impossible_roles_is_refused(index, roles):
    rewrite(index, lambda body: body.update(roles=roles))
    with pytest.raises(IndexDamagedError, match="not valid for format 1"):
        IndexFolder.open(index)


def test_an_index_without_roles_has_those_of_the_names(index):
    folder = IndexFolder.open(index)
    assert folder.manifest.roles == {}
    assert '"roles"' not in folder.manifest.to_json()
    assert folder.items.roles.kind == "label"
    assert folder.manifest.to_json() == (index / "index.json").read_text("utf-8")
