"""What the columns of shops' exports are called, for each fact about a product. docs/own-shop.md shows this table.

Names are in lower case without accents and separators, as `normal` gives them: "Größe" is "grosse". Those that come
first are preferred. English, German, French, Spanish, Italian, and Hindi in Latin letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from recsys.catalog.text_table import normal, short_normal

NAMES: dict[str, tuple[str, ...]] = {
    "id": (
        *("id", "itemid", "productid", "articleid", "styleid", "handle", "urlhandle", "handleid", "variantid", "sku"),
        *("asin", "gtin", "ean", "uuid", "variantsku", "itemsku", "productsku", "productnumber", "itemnumber"),
        *("productcodesku", "productcode", "itemcode", "articlenumber", "articlecode", "stylecode", "awproductid"),
        *("merchantproductid", "productinternalid", "reference", "code", "barcode", "itemno", "productno", "articleno"),
        *("styleno", "modelnumber", "artnr", "nr", "codeproduit", "codearticle", "ref", "clave"),
        *("artikelnummer", "artikelnr", "artikelid", "produktid", "produktnummer", "bestellnummer"),
        *("referenceproduit", "idproduit", "ugs", "referencia", "idproducto", "codigo", "codicearticolo", "codice"),
        *("idprodotto", "utpadid", "utpadkramank", "kramank"),
    ),
    "name": (
        *("productdisplayname", "displayname", "productname", "producttitle", "prodname", "itemname", "articlename"),
        *("name", "title", "posttitle", "bezeichnung", "artikelbezeichnung", "produktbezeichnung", "produktname"),
        *("artikelname", "titel", "nom", "nomduproduit", "nomproduit", "titre", "libelle", "designation", "nombre"),
        *("nombredelproducto", "nombreproducto", "titulo", "nome", "nomeprodotto", "titolo", "denominazione", "naam"),
        *("utpadnaam", "utpadkanaam", "shirshak", "text", "caption", "description"),
    ),
    "price": (
        *("variantprice", "pricetaxincluded", "pricetaxincl", "pricegross", "price", "regularprice", "sellingprice"),
        *("currentprice", "finalprice", "unitprice", "itemprice", "standardprice", "productprice", "searchprice"),
        *(
            "priceamount",
            "pricevalue",
            "variantsprice",
            "offersprice",
            "preis",
            "verkaufspreis",
            "bruttopreis",
            "regularerpreis",
        ),
        *("normalpreis", "artikelpreis", "prix", "prixttc", "prixdevente", "tarifregulier", "prixregulier", "precio"),
        *("pvp", "precionormal", "precioregular", "precioventa", "prezzo", "prezzodivendita", "prezzodilistino"),
        *("prezzonormale", "keemat", "kimat", "mulya", "daam"),
    ),
    "sale_price": (
        *("saleprice", "specialprice", "discountprice", "discountedprice", "offerprice", "promotionalprice"),
        *("reducedprice", "dealprice", "promoprice", "angebotspreis", "sonderpreis", "aktionspreis", "prixpromo"),
        *("prixpromotionnel", "tarifpromo", "prixsolde", "preciooferta", "preciodeoferta", "preciorebajado"),
        *("prezzoscontato", "prezzoofferta", "prezzoinofferta", "chhootkeemat", "vishesmulya"),
    ),
    "compare_price": (
        *("variantcompareatprice", "compareatprice", "productcomparetoprice", "compareprice", "originalprice"),
        *("listprice", "retailprice", "wasprice", "oldprice", "baseprice", "msrp", "rrp", "mrp"),
        *("variantscompareatprice", "uvp", "streichpreis", "alterpreis", "ursprungspreis", "prixbarre", "ancienprix"),
        *("precioanterior", "preciooriginal", "prezzooriginale", "prezzoprecedente", "puranakeemat"),
    ),
    "currency": (
        *(
            "currency",
            "currencycode",
            "pricecurrency",
            "offerspricecurrency",
            "wahrung",
            "waehrung",
            "devise",
            "monnaie",
            "moneda",
            "divisa",
        ),
        *("valuta", "mudra"),
    ),
    "availability": (
        *(
            "availability",
            "stockstatus",
            "instock",
            "isinstock",
            "available",
            "availabilitystatus",
            "variantsavailable",
            "offersavailability",
        ),
        *("verfugbarkeit", "verfuegbarkeit", "lieferbar", "verfugbar", "vorratig", "lagerstatus", "disponibilite"),
        *("enstock", "disponibilidad", "disponible", "hayexistencias", "disponibilita", "disponibile", "inmagazzino"),
        *("uplabdhata", "uplabdh"),
    ),
    "quantity": (
        *("variantinventoryqty", "inventoryquantity", "inventoryqty", "stockquantity", "currentstocklevel"),
        *("currentstock", "stocklevel", "productquantity", "quantitytosellonfacebook", "availablestock", "stock"),
        *("quantity", "qty", "inventory", "onhand", "bestand", "lagerbestand", "lager", "menge", "quantite"),
        *(
            "inventaire",
            "cantidad",
            "existencias",
            "inventario",
            "quantita",
            "giacenza",
            "magazzino",
            "matra",
            "bhandar",
        ),
    ),
    "link": (
        *("link", "producturl", "productlink", "url", "permalink", "canonicalurl", "weblink", "pageurl", "itemurl"),
        *("detailurl", "merchantdeeplink", "deeplink", "awdeeplink", "buyurl", "externalurl", "landingpage"),
        *(
            "onlinestoreurl",
            "productpageurl",
            "offersurl",
            "website",
            "produktlink",
            "produkturl",
            "artikellink",
            "lien",
        ),
        *("lienproduit", "lienduproduit", "urlproduit", "enlace", "enlacedelproducto", "enlaceproducto", "vinculo"),
        *("urldelproducto", "collegamento", "linkprodotto", "linkalprodotto", "urlprodotto", "kadi", "utpadlink"),
    ),
    "brand": (
        *("brand", "brandname", "vendor", "manufacturer", "manufacturername", "designer", "marke", "hersteller"),
        *("markenname", "marque", "fabricant", "marca", "fabricante", "produttore", "nirmata"),
    ),
    "description": (
        *("bodyhtml", "description", "productdescription", "longdescription", "shortdescription", "detaildesc", "body"),
        *("itemdescription", "postcontent", "beschreibung", "produktbeschreibung", "artikelbeschreibung"),
        *("langbeschreibung", "kurzbeschreibung", "descriptif", "descripcion", "descripcioncorta", "descrizione"),
        *("descrizionebreve", "vivaran"),
    ),
    "image": (
        *("imagelink", "image", "imagesrc", "productimageurl", "imageurl", "images", "imageurls", "mainimage"),
        *("mainimageurl", "productmediamainimageurl", "baseimage", "imageurlimport", "productimagefile1"),
        *("hostedimageurls", "merchantimageurl", "awimageurl", "featuredimage", "coverimage", "coverimageurl"),
        *("filename", "filenames", "file", "filepath", "imagefile", "imagepath", "imagename", "picture", "pictures"),
        *("pictureurl", "photo", "photos", "photourl", "img", "imgurl", "image1", "imagelinks", "gallery", "thumbnail"),
        *("bild", "bilder", "bildurl", "bildlink", "hauptbild", "produktbild", "bilddatei", "dateiname", "foto"),
        *("fotos", "lienimage", "lienphoto", "urlimage", "imageprincipale", "imagen", "imagenes", "enlaceimagen"),
        *("imagenprincipal", "urlimagen", "immagine", "immagini", "linkimmagine", "urlimmagine", "chitra", "tasveer"),
    ),
    "further": (
        *("additionalimagelink", "additionalimagelinks", "additionalimages", "additionalimageurls", "variantimage"),
        *("variantimageurl", "otherimages", "galleryimages", "weiterebilder", "autresimages", "otrasimagenes"),
        *("altreimmagini", "anyachitra"),
    ),
    "added": (
        *("publishedat", "datepublished", "publishdate", "publicationdate", "createdat", "datecreated", "creationdate"),
        *("dateadded", "addedat", "addedon", "added", "releasedate", "launchdate", "onlinesince", "postdate"),
        *("erstelltam", "erstelldatum", "veroffentlichtam", "hinzugefugtam", "onlineseit", "datedecreation"),
        *(
            "datedajout",
            "datedepublication",
            "creele",
            "publiele",
            "fechadecreacion",
            "fechadepublicacion",
            "fechadealta",
        ),
        *("datadicreazione", "datadipubblicazione", "datadiinserimento", "jodagaya"),
    ),
    "group": ("itemgroupid", "groupid", "parentsku", "parentid", "parent", "variantgroup", "modelid"),
    "size": (
        *("size", "sizes", "sizename", "shoesize", "grosse", "groesse", "grossen", "schuhgrosse", "konfektionsgrosse"),
        *("taille", "tailles", "pointure", "talla", "tallas", "taglia", "taglie", "misura", "naap", "aakar"),
    ),
    "tags": ("tags", "keywords", "schlagworter", "schlagwoerter", "motscles", "etiquettes", "etiquetas", "etichette"),
    "material": (
        "material",
        "fabric",
        "materials",
        "stoff",
        "matiere",
        "tissu",
        "tejido",
        "tessuto",
        "materiale",
        "kapda",
    ),
}
"""Fact → names of its columns."""
NUMBERED_PICTURE = re.compile(
    r"(image|img|photo|picture|bild|foto|imagen|immagine|otherimageurl|imageurl|imagelink|imagesrc|productimagefile"
    r"|productmediagalleryimageurl|additionalimage(?:url|link)?|galleryimage(?:url)?)\d+"
)
"""A column of one of several pictures: "Image 2", "other_image_url3"."""
OPTION_NAME = re.compile(
    r"(?:option|attribute|variation|attribut|atributo|attributo)(\d+)(?:name|nom|nombre|nome)"
    r"|(?:(?:option|attribute|productoption)name|namevonattribut|nomdelattribut|nombredelatributo|nomedellattributo)(\d+)"
)
"""A column with the name of an option, such as "Option1 Name", in the languages of WooCommerce too."""
OPTION_VALUES = (
    *("option{0}value", "attribute{0}values", "attribute{0}value", "variation{0}values", "variation{0}value"),
    *("productoptiondescription{0}", "optionvalue{0}", "attributevalue{0}", "attributevalues{0}", "attribut{0}werte"),
    *("wertevonattribut{0}", "attribut{0}valeurs", "valeursdelattribut{0}", "atributo{0}valores"),
    *("valoresdelatributo{0}", "attributo{0}valori", "valoridellattributo{0}", "valoredellattributo{0}"),
)
"""What the column with the values of that option is called."""
NOT_FOR_VISITORS = frozenset(
    {
        *("published", "status", "taxstatus", "taxclass", "taxable", "weight", "position", "menuorder", "visibility"),
        *("visible", "variantgrams", "rating", "ratings", "score", "reviewcount", "reviews", "numratings"),
        *("updatedat", "createdat", "lastupdated", "gtin", "mpn", "ean", "upc", "barcode", "variantbarcode"),
        *("pricetaxexcluded", "pricetaxexcl", "pricenet", "costprice", "variationtype", "trackinventory", "giftcard"),
        *("costperitem", "wholesaleprice", "imageposition", "lowstockamount", "shipping", "shippingweight"),
    }
)
"""Columns about the trade, not about how a product looks, in the same form."""


def find_all(fact: str, columns: Sequence[str]) -> list[str]:
    """The columns named like this fact, the preferred first."""
    return list(dict.fromkeys(_matches(NAMES[fact], columns)))


def _matches(names: Iterable[str], columns: Sequence[str]) -> Iterator[str]:
    forms = [(column, normal(column), short_normal(column)) for column in columns]
    for name in names:
        yield from (column for column, whole, short in forms if name in (whole, short))
