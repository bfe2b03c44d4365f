"""Offers and attributes of several values, from a catalogue to an index and back."""

import base64
import io
import shutil
from dataclasses import replace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from recsys.build.pipeline import build_index
from recsys.catalog import Catalog
from recsys.cli import build
from recsys.core.storefront import Storefront
from recsys.encoder import Encoder
from recsys.errors import IndexDamagedError, IndexFormatError
from recsys.index.folder import IndexFolder
from recsys.types import Offer
from testkit.fake_shop import draw, encoded
from testkit.manifests import rewrite, vouch_for
from testkit.offers import with_groups, with_offers


@pytest.fixture(scope="module")
def catalog(pictures):
    catalog = Catalog.open(str(pictures))
    return replace(catalog, products=with_groups(with_offers(catalog.products)))


@pytest.fixture(scope="module")
def priced(catalog, encoder_folder, tmp_path_factory):
    output = tmp_path_factory.mktemp("index") / "priced"
    build_index(catalog, Encoder.from_pretrained(encoder_folder), output)
    return output


def test_an_index_gives_back_every_value_and_offer(catalog, priced):
    folder = IndexFolder.open(priced)
    assert list(folder.items) == list(catalog.products)
    assert list(folder.items.lists) == ["size"]
    assert folder.manifest.has_groups and folder.items.groups
    assert (folder.manifest.format, folder.manifest.lists, folder.manifest.has_offers) == (2, ("size",), True)
    assert "| size |" in folder.card


def test_an_index_without_offers_and_lists_has_the_format_that_older_programs_read(index):
    manifest = IndexFolder.open(index).manifest
    assert (manifest.format, manifest.lists, manifest.has_offers) == (1, (), False)
    assert "has_offers" not in (index / "index.json").read_text()


def test_an_index_as_a_catalogue_keeps_values_and_offers(catalog, priced):
    assert list(Catalog.open(str(priced)).items()) == list(catalog.products)


def test_a_format_that_does_not_fit_the_content_is_refused(priced, tmp_path):
    copy = shutil.copytree(priced, tmp_path / "copy")
    rewrite(copy, lambda body: body.update(format=1))
    with pytest.raises(IndexFormatError, match=r"format 1; this program reads format 1, and format 2 with offers"):
        IndexFolder.open(copy)


@pytest.mark.parametrize("change", [{"lists": ["colour"]}, {"has_offers": "yes"}, {"lists": "size"}], ids=str)
def test_lists_and_offers_that_no_index_has_are_refused(priced, tmp_path, change):
    copy = shutil.copytree(priced, tmp_path / "copy")
    rewrite(copy, lambda body: body.update(change))
    with pytest.raises(IndexDamagedError, match="lists have to be among the attributes"):
        IndexFolder.open(copy)


def test_an_offer_that_cannot_be_shown_is_refused(priced, tmp_path):
    copy = shutil.copytree(priced, tmp_path / "copy")
    table = pq.read_table(copy / "items.parquet")
    place, cells = table.schema.get_field_index("offer"), table["offer"].to_pylist()
    cells[0]["url"] = "javascript:alert(1)"
    column = table.schema.field("offer").type
    table = table.set_column(place, table.schema.field("offer"), [pa.array(cells, column)])
    pq.write_table(table, copy / "items.parquet", row_group_size=64)
    vouch_for(copy, "items.parquet")
    with pytest.raises(IndexDamagedError, match=r"items.parquet does not hold a catalogue: a link to a product"):
        IndexFolder.open(copy)


def test_an_attribute_called_offer_stays_an_attribute(catalog, encoder_folder, tmp_path):
    products = catalog.products
    items = [replace(item, attributes={"offer": item.value("label")}, offer=Offer(price=1)) for item in products]
    named = replace(catalog, products=type(products).from_items(items, ["offer"]))
    build_index(named, Encoder.from_pretrained(encoder_folder), tmp_path / "out")
    assert list(IndexFolder.open(tmp_path / "out").items) == items


def test_what_the_owner_says_stays_in_the_index_and_its_rebuilds(catalog, encoder_folder, tmp_path):
    shop, encoder = Storefront(title="Pia", tagline="Snap it"), Encoder.from_pretrained(encoder_folder)
    build_index(catalog, encoder, tmp_path / "out", storefront=shop)
    assert IndexFolder.open(tmp_path / "out").manifest.storefront == shop
    build_index(catalog, encoder, tmp_path / "out")
    assert IndexFolder.open(tmp_path / "out").manifest.storefront == shop
    rewrite(tmp_path / "out", lambda body: body["storefront"].update(logo="https://elsewhere.example/x.png"))
    with pytest.raises(IndexDamagedError, match="the logo of a shop is the data: URL of a PNG"):
        IndexFolder.open(tmp_path / "out")


def test_flags_say_what_stands_on_the_page_with_a_small_logo(pictures, encoder_folder, tmp_path, capsys):
    (tmp_path / "logo.jpg").write_bytes(encoded(draw("Caps", "#b3262e", (900, 900)), "JPEG"))
    shared = ["--dataset", str(pictures), "--encoder", str(encoder_folder), "--output", str(tmp_path / "out")]
    said = ["--title", "Pia's pictures", "--shop-name", "Pia", "--logo", str(tmp_path / "logo.jpg")]
    assert build.main([*shared, *said]) == 0
    storefront = IndexFolder.open(tmp_path / "out").manifest.storefront
    assert (storefront.title, storefront.name, storefront.tagline) == ("Pia's pictures", "Pia", None)
    logo = Image.open(io.BytesIO(base64.b64decode(storefront.logo.partition(",")[2])))
    assert (logo.format, max(logo.size)) == ("PNG", 96)
    assert build.main([*shared, "--tagline", "x" * 201]) == 1
    assert "The page cannot say this: the tagline of a shop is a text of 1 to 200 characters" in capsys.readouterr().err
