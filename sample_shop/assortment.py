"""The assortment: lines of products, each with its article type, its attributes and the function that draws it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sample_shop import (
    accessories,
    beauty,
    bottoms,
    flats,
    garments,
    handbags,
    heels,
    jewellery,
    leather_goods,
    luggage,
    shoes,
    trainers,
)
from sample_shop.canvas import Canvas
from sample_shop.look import Look

Weights = Mapping[str, int]
Colours = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Products of one article type that are drawn by one function.

    `share` is the weight of the line in the shop, and `cuts` maps each cut to the colours it comes in. `genders`,
    `seasons`, `usages` and `patterns` map values to weights. `period` is the range of the pattern's repeat in pixels.
    """

    article_type: str
    noun: str
    category: tuple[str, str]
    draw: Callable[[Canvas, Look], None]
    share: int
    genders: Weights
    seasons: Weights
    usages: Weights
    cuts: Mapping[str, Colours]
    patterns: Weights = field(default_factory=lambda: {"Solid": 1})
    period: tuple[float, float] = (13, 25)
    scale: float = 1
    tilt: float = 0


BRIGHT = ("Red", "Blue", "Green", "Pink", "Purple", "Yellow", "Orange", "Turquoise Blue", "Magenta", "Teal")
CALM = ("Black", "White", "Grey", "Navy Blue", "Olive", "Maroon", "Grey Melange", "Charcoal", "Brown", "Mustard")
EVERYDAY = (*BRIGHT, *CALM)
SHIRTINGS = (
    "White",
    "Blue",
    "Black",
    "Navy Blue",
    "Purple",
    "Pink",
    "Green",
    "Red",
    "Grey",
    "Lavender",
    "Maroon",
    "Teal",
)
FEMININE = ("White", "Black", "Pink", "Blue", "Purple", "Green", "Red", "Peach", "Teal", "Lavender", "Yellow", "Cream")
ETHNIC = ("Orange", "Maroon", "Green", "Blue", "Pink", "Purple", "Cream", "Mustard", "Red", "Teal", "Rust", "Off White")
WOOLS = ("Grey", "Black", "Navy Blue", "Maroon", "Blue", "Green", "Purple", "Red", "Cream", "Charcoal", "Teal", "Brown")
OUTER = ("Black", "Navy Blue", "Olive", "Grey", "Red", "Blue", "Brown", "Charcoal", "Maroon", "Khaki")
DENIM = ("Blue", "Navy Blue", "Black", "Grey")
CHINO = ("Beige", "Khaki", "Olive", "Navy Blue", "Brown", "Grey", "Black", "Cream")
SUITING = ("Black", "Grey", "Charcoal", "Navy Blue", "Brown", "Beige")
SPORTY = ("Black", "Navy Blue", "Grey", "Blue", "Red", "Green", "Purple", "Grey Melange", "Charcoal")
SNEAKERS = ("White", "Black", "Navy Blue", "Grey", "Blue", "Red", "Green", "Brown", "Olive", "Pink")
LEATHERS = ("Black", "Brown", "Tan", "Coffee Brown", "Maroon")
HIDES = (*LEATHERS, "Beige", "Red", "White", "Blue", "Pink", "Purple", "Green", "Mustard", "Teal", "Taupe")
METALS = ("Silver", "Gold", "Steel", "Copper", "Bronze")
NOBLE = ("Gold", "Silver")
RUBBERS = ("Black", "White", "Blue", "Red", "Green", "Pink", "Navy Blue", "Orange", "Yellow")
DRESSY = ("Black", "Red", "Gold", "Silver", "Beige", "Blue", "Brown", "Pink", "Purple", "Tan", "White")
FRAMES = ("Black", "Brown", "Grey", "Purple", "Blue", "Red", "Green", "White")
LIP = ("Red", "Pink", "Maroon", "Brown", "Purple", "Peach", "Mauve", "Burgundy", "Rose", "Magenta", "Nude", "Orange")
SCENTS = ("Blue", "Pink", "Green", "Purple", "Gold", "Black", "Red", "Turquoise Blue", "Orange", "Lavender", "Yellow")

SUMMER = {"Summer": 65, "Fall": 32, "Winter": 3}
AUTUMN = {"Fall": 84, "Summer": 10, "Winter": 6}
WINTER = {"Winter": 80, "Summer": 15, "Fall": 5}
SPRING = {"Spring": 98, "Summer": 2}
ALL_YEAR = {"Summer": 50, "Fall": 25, "Winter": 25}
CASUAL = {"Casual": 1}
ETHNIC_USE = {"Ethnic": 1}

PRINTS = {"Solid": 3, "Floral": 2, "Dotted": 1, "Striped": 1, "Printed": 2}
MEN = {"Men": 1}
WOMEN = {"Women": 1}
KIDS = {"Boys": 3, "Girls": 2}
ADULTS = {"Men": 3, "Women": 2}
TOPWEAR = ("Apparel", "Topwear")
BOTTOMWEAR = ("Apparel", "Bottomwear")
SHOES = ("Footwear", "Shoes")
BAGS = ("Accessories", "Bags")
JEWELLERY = ("Accessories", "Jewellery")


def _all(colours: Colours, *cuts: str) -> dict[str, Colours]:
    return dict.fromkeys(cuts, colours)


# fmt: off
LINES: tuple[Line, ...] = (
    Line("Tshirts", "T-shirt", TOPWEAR, garments.tshirt, 22, ADULTS, SUMMER, {"Casual": 9, "Sports": 1},
         _all(EVERYDAY, "Crew-Neck", "V-Neck", "Polo", "Henley", "Long-Sleeved"),
         {"Solid": 4, "Striped": 3, "Printed": 4, "Colourblock": 1}),
    Line("Tshirts", "T-shirt", TOPWEAR, garments.tshirt, 8, KIDS, SUMMER, CASUAL, _all(EVERYDAY, "Crew-Neck", "Polo"),
         {"Solid": 1, "Striped": 2, "Printed": 4, "Colourblock": 1}),
    Line("Shirts", "Shirt", TOPWEAR, garments.shirt, 13, {"Men": 8, "Women": 2, "Boys": 1}, AUTUMN, CASUAL,
         _all(SHIRTINGS, "Casual", "Short-Sleeved"),
         {"Solid": 2, "Striped": 2, "Checked": 4, "Dotted": 1, "Floral": 1}, scale=0.95),
    Line("Shirts", "Formal Shirt", TOPWEAR, garments.shirt, 6, MEN, SUMMER, {"Formal": 1},
         _all(SHIRTINGS, "Slim-Fit"), {"Solid": 3, "Striped": 2, "Checked": 1}, (7, 12), 0.95),
    Line("Tops", "Top", TOPWEAR, garments.top, 17, {"Women": 6, "Girls": 1}, SUMMER, CASUAL,
         _all(FEMININE, "Scoop-Neck", "V-Neck", "Boat-Neck", "Square-Neck", "Sleeveless", "Camisole", "Peplum",
              "Bell-Sleeved"), PRINTS),
    Line("Kurtas", "Kurta", TOPWEAR, garments.kurta, 9, WOMEN, SUMMER, ETHNIC_USE,
         _all(ETHNIC, "Sleeveless", "Three-Quarter Sleeved", "Mandarin-Collar", "V-Neck"), PRINTS),
    Line("Kurtas", "Kurta", TOPWEAR, garments.kurta, 3, MEN, SUMMER, ETHNIC_USE,
         _all(("White", "Cream", "Blue", "Maroon", "Mustard", "Black", "Green"), "Long-Sleeved", "Mandarin-Collar"),
         {"Solid": 3, "Striped": 1}, scale=0.95),
    Line("Kurtis", "Kurti", TOPWEAR, garments.kurta, 4, WOMEN, SUMMER, ETHNIC_USE,
         _all(ETHNIC, "Short-Sleeved", "V-Neck"), PRINTS, scale=0.9),
    Line("Dresses", "Dress", ("Apparel", "Dress"), garments.dress, 14, {"Women": 5, "Girls": 2}, SUMMER,
         {"Casual": 9, "Party": 1},
         _all(FEMININE, "Fit-and-Flare", "Shift", "Maxi", "Strappy", "Tiered", "Bodycon", "Shirt"), PRINTS),
    Line("Sweaters", "Sweater", TOPWEAR, garments.sweater, 8, ADULTS, AUTUMN, CASUAL,
         _all(WOOLS, "Crew-Neck", "V-Neck", "Turtleneck", "Cardigan"), {"Solid": 3, "Striped": 3, "Printed": 1},
         scale=0.95),
    Line("Sweatshirts", "Sweatshirt", TOPWEAR, garments.sweatshirt, 8, {"Men": 5, "Women": 3, "Boys": 1}, AUTUMN,
         {"Casual": 8, "Sports": 1}, _all((*SPORTY, "Maroon", "Pink"), "Hooded", "Crew-Neck", "Zip-Up"),
         {"Solid": 3, "Printed": 2, "Colourblock": 1}, scale=0.93),
    Line("Jackets", "Jacket", TOPWEAR, garments.jacket, 7, {"Men": 4, "Women": 2, "Boys": 1}, AUTUMN,
         {"Casual": 3, "Sports": 1}, _all(OUTER, "Bomber", "Quilted", "Hooded", "Varsity"),
         {"Solid": 5, "Colourblock": 1}, scale=0.93),
    Line("Jackets", "Jacket", TOPWEAR, garments.jacket, 3, {"Men": 4, "Women": 2, "Boys": 1}, AUTUMN, CASUAL,
         {"Denim": DENIM}, scale=0.93),
    Line("Jeans", "Jeans", BOTTOMWEAR, bottoms.jeans, 11, {"Men": 4, "Women": 3, "Boys": 1, "Girls": 1}, SUMMER,
         CASUAL, _all(DENIM, "Skinny", "Slim-Fit", "Straight-Fit", "Bootcut")),
    Line("Trousers", "Trousers", BOTTOMWEAR, bottoms.trousers, 6, MEN, SUMMER, {"Formal": 1},
         _all(SUITING, "Pleated", "Slim-Fit"), {"Solid": 4, "Striped": 1, "Checked": 1}, (9, 14)),
    Line("Trousers", "Trousers", BOTTOMWEAR, bottoms.trousers, 5, ADULTS, SUMMER, CASUAL,
         _all(CHINO, "Chino", "Cargo", "Wide-Leg")),
    Line("Shorts", "Shorts", BOTTOMWEAR, bottoms.shorts, 7, {"Men": 4, "Women": 2, "Boys": 2, "Girls": 1}, SUMMER,
         CASUAL, _all(CHINO, "Chino", "Cargo"), {"Solid": 4, "Checked": 1}, scale=1.22),
    Line("Shorts", "Shorts", BOTTOMWEAR, bottoms.shorts, 4, ADULTS, SUMMER, CASUAL, {"Denim": DENIM}, scale=1.22),
    Line("Shorts", "Shorts", BOTTOMWEAR, bottoms.shorts, 3, ADULTS, SUMMER, {"Sports": 1}, _all(SPORTY, "Sports"),
         scale=1.22),
    Line("Track Pants", "Track Pants", BOTTOMWEAR, bottoms.track_pants, 8, ADULTS, AUTUMN, {"Sports": 2, "Casual": 1},
         _all(SPORTY, "Joggers", "Slim-Fit", "Straight-Fit")),
    Line("Capris", "Capris", BOTTOMWEAR, bottoms.capris, 4, {"Women": 3, "Girls": 1}, SUMMER,
         {"Casual": 3, "Sports": 1}, {"Knit": ("Black", "Grey", "Pink", "Blue", "Purple"), "Denim": DENIM}, scale=1.08),
    Line("Leggings", "Leggings", BOTTOMWEAR, bottoms.leggings, 5, {"Women": 5, "Girls": 1}, SUMMER,
         {"Casual": 4, "Ethnic": 1},
         _all(("Black", "Blue", "Pink", "Purple", "Red", "White", "Green", "Orange"), "Ankle-Length", "Churidar"),
         {"Solid": 5, "Striped": 1}, (8, 14)),
    Line("Skirts", "Skirt", BOTTOMWEAR, bottoms.skirt, 8, {"Women": 4, "Girls": 1}, SUMMER, CASUAL,
         _all(("Black", "Blue", "Pink", "Red", "Navy Blue", "Green", "Orange", "Mustard", "Teal"),
              "Pleated", "A-Line", "Maxi"), PRINTS),
    Line("Skirts", "Skirt", BOTTOMWEAR, bottoms.skirt, 2, {"Women": 3, "Girls": 1}, SUMMER, CASUAL,
         {"Denim Mini": DENIM}),
    Line("Skirts", "Skirt", BOTTOMWEAR, bottoms.skirt, 2, WOMEN, SUMMER, {"Formal": 1}, _all(SUITING, "Pencil"),
         {"Solid": 3, "Checked": 1}, (9, 14)),
    Line("Casual Shoes", "Casual Shoes", SHOES, shoes.casual_shoe, 16,
         {"Men": 6, "Women": 2, "Unisex": 1, "Boys": 1}, ALL_YEAR, CASUAL,
         {**_all(SNEAKERS, "Low-Top", "Canvas", "High-Top", "Slip-On"),
              **_all(("Brown", "Tan", "Black", "Navy Blue", "Beige"), "Boat", "Desert Boot")}, tilt=9),
    Line("Sports Shoes", "Sports Shoes", SHOES, trainers.sports_shoe, 13, {"Men": 4, "Women": 2, "Unisex": 1}, SUMMER,
         {"Sports": 1}, _all(SNEAKERS, "Running", "Training", "Basketball"), tilt=9),
    Line("Formal Shoes", "Formal Shoes", SHOES, shoes.formal_shoe, 8, MEN, ALL_YEAR, {"Formal": 1},
         _all(LEATHERS, "Derby", "Oxford", "Brogue", "Loafer", "Monk-Strap", "Chelsea Boot"), tilt=9),
    Line("Heels", "Heels", SHOES, heels.heels, 12, WOMEN, WINTER, {"Casual": 9, "Formal": 1},
         _all(DRESSY, "Pumps", "Peep-Toe", "Kitten-Heel", "Stiletto", "Block-Heel", "Wedge"), tilt=4),
    Line("Flats", "Flats", SHOES, flats.flats, 7, WOMEN, WINTER, CASUAL,
         _all(DRESSY, "Ballerina", "Pointed", "Thong", "T-Strap"), tilt=10),
    Line("Flip Flops", "Flip Flops", ("Footwear", "Flip Flops"), flats.flip_flops, 9,
         {"Men": 3, "Women": 2, "Unisex": 1}, ALL_YEAR, CASUAL, _all(RUBBERS, "Classic", "Slim-Strap"),
         {"Solid": 3, "Striped": 1, "Printed": 1, "Floral": 1}, tilt=14),
    Line("Sandals", "Sandals", ("Footwear", "Sandal"), flats.sandals, 8, {"Men": 5, "Unisex": 1, "Girls": 1},
         ALL_YEAR, CASUAL,
         _all(("Brown", "Black", "Tan", "Coffee Brown", "Olive", "Navy Blue"), "Slide", "Two-Strap", "Cross-Strap",
              "Sports"), tilt=12),
    Line("Watches", "Watch", ("Accessories", "Watches"), accessories.watch, 14, {"Men": 5, "Women": 4, "Unisex": 1},
         WINTER, CASUAL,
         {"Leather": (*LEATHERS, "White", "Red"), "Bracelet": METALS,
              "Chronograph": ("Black", "Brown", "White", "Navy Blue"), "Digital": RUBBERS,
              "Square": (*LEATHERS, "Pink", "White")}),
    Line("Sunglasses", "Sunglasses", ("Accessories", "Eyewear"), accessories.sunglasses, 6, {"Men": 3, "Unisex": 1},
         WINTER, CASUAL, {**_all(FRAMES, "Square", "Sports"), **_all(METALS, "Aviator", "Round")}, scale=0.97),
    Line("Sunglasses", "Sunglasses", ("Accessories", "Eyewear"), accessories.sunglasses, 5, WOMEN, WINTER, CASUAL,
         _all(FRAMES, "Oversized", "Cat-Eye", "Square"), scale=0.97),
    Line("Handbags", "Handbag", BAGS, handbags.handbag, 15, WOMEN, SUMMER, CASUAL,
         _all(HIDES, "Tote", "Satchel", "Hobo", "Sling", "Bucket"),
         {"Solid": 6, "Striped": 1, "Printed": 1, "Checked": 1, "Floral": 1, "Colourblock": 1}, scale=1.1),
    Line("Clutches", "Clutch", BAGS, handbags.clutch, 7, WOMEN, SUMMER, {"Casual": 4, "Party": 1},
         _all((*HIDES, "Gold", "Silver"), "Envelope", "Chain", "Box", "Flap"), {"Solid": 4, "Printed": 1, "Floral": 1}),
    Line("Backpacks", "Backpack", BAGS, luggage.backpack, 10, {"Unisex": 8, "Men": 1, "Women": 1}, ALL_YEAR,
         {"Casual": 8, "Sports": 1},
         _all((*RUBBERS, "Olive", "Grey", "Purple", "Brown"), "Daypack", "Rucksack", "Sports"),
         {"Solid": 5, "Checked": 1, "Printed": 1}),
    Line("Duffel Bag", "Duffel Bag", BAGS, luggage.duffel, 5, {"Unisex": 8, "Women": 1}, ALL_YEAR,
         {"Casual": 8, "Travel": 1},
         _all(("Black", "Blue", "Olive", "Green", "Grey", "Brown", "Red", "Navy Blue"), "Sports", "Weekend")),
    Line("Wallets", "Wallet", ("Accessories", "Wallets"), leather_goods.wallet, 5, MEN, ALL_YEAR, CASUAL,
         _all((*LEATHERS, "Navy Blue"), "Bifold")),
    Line("Wallets", "Wallet", ("Accessories", "Wallets"), leather_goods.wallet, 6, WOMEN, SUMMER, CASUAL,
         _all(HIDES, "Long", "Zip-Around"), {"Solid": 5, "Printed": 1, "Floral": 1}),
    Line("Belts", "Belt", ("Accessories", "Belts"), leather_goods.belt, 8, ADULTS, SUMMER, {"Casual": 4, "Formal": 1},
         _all(("Black", "Brown", "Tan", "Red", "White", "Beige", "Blue", "Coffee Brown"), "Classic", "Round-Buckle",
              "Plate")),
    Line("Caps", "Cap", ("Accessories", "Headwear"), accessories.cap, 8, {"Unisex": 4, "Men": 3, "Women": 1}, SUMMER,
         {"Casual": 3, "Sports": 1}, _all((*RUBBERS, "Grey", "Olive", "Beige", "Maroon"), "Baseball"),
         {"Solid": 6, "Checked": 1, "Printed": 1}),
    Line("Caps", "Cap", ("Accessories", "Headwear"), accessories.cap, 3, {"Unisex": 2, "Women": 1, "Men": 1}, AUTUMN,
         CASUAL, _all(WOOLS, "Beanie", "Bucket Hat"), {"Solid": 3, "Striped": 1}),
    Line("Socks", "Socks", ("Accessories", "Socks"), accessories.socks, 7, {"Men": 5, "Women": 2, "Unisex": 1},
         SUMMER, {"Casual": 4, "Sports": 1},
         _all(("Black", "White", "Grey", "Navy Blue", "Brown", "Blue", "Beige", "Red"), "Crew", "Ankle", "Long"),
         {"Solid": 3, "Striped": 2, "Dotted": 1, "Checked": 1}),
    Line("Ties", "Tie", ("Accessories", "Ties"), accessories.tie, 8, MEN, SUMMER, {"Formal": 2, "Casual": 1},
         _all(("Black", "Blue", "Red", "Maroon", "Grey", "Purple", "Navy Blue", "Brown", "Green"), "Classic", "Slim"),
         {"Solid": 2, "Striped": 4, "Dotted": 2, "Checked": 1}, (9, 15)),
    Line("Scarves", "Scarf", ("Accessories", "Scarves"), accessories.scarf, 6, {"Women": 2, "Men": 1}, ALL_YEAR,
         CASUAL, _all((*WOOLS, "Pink", "Orange"), "Fringed"), {"Solid": 2, "Checked": 3, "Striped": 2, "Floral": 1}),
    Line("Earrings", "Earrings", JEWELLERY, jewellery.earrings, 8, WOMEN, ALL_YEAR, {"Casual": 5, "Ethnic": 2},
         _all(NOBLE, "Drop", "Hoop", "Jhumka", "Stud"), scale=1.35),
    Line("Pendant", "Pendant", JEWELLERY, jewellery.pendant, 4, WOMEN, SUMMER, CASUAL,
         _all((*NOBLE, "Steel"), "Heart", "Round", "Teardrop")),
    Line("Necklace and Chains", "Necklace", JEWELLERY, jewellery.necklace, 5, WOMEN, AUTUMN, CASUAL,
         {"Chain": NOBLE,
              **_all(("Blue", "Red", "Black", "Green", "Brown", "Gold", "Silver", "Turquoise Blue"),
                     "Beaded", "Layered")}),
    Line("Ring", "Ring", JEWELLERY, jewellery.ring, 4, {"Women": 3, "Men": 1}, SUMMER, CASUAL,
         _all((*NOBLE, "Steel"), "Solitaire", "Band", "Cocktail"), scale=1.2),
    Line("Perfume and Body Mist", "Perfume", ("Personal Care", "Fragrance"), beauty.perfume, 8, ADULTS, SPRING,
         CASUAL, _all(SCENTS, "Square", "Round", "Curved")),
    Line("Perfume and Body Mist", "Body Mist", ("Personal Care", "Fragrance"), beauty.perfume, 2, WOMEN, SPRING,
         CASUAL, _all(SCENTS, "Slender")),
    Line("Deodorant", "Deodorant", ("Personal Care", "Fragrance"), beauty.deodorant, 6, ADULTS, SPRING, CASUAL,
         _all((*SCENTS, "White", "Grey"), "Spray", "Roll-On")),
    Line("Lipstick", "Lipstick", ("Personal Care", "Lips"), beauty.lipstick, 7, WOMEN, SPRING, CASUAL,
         _all(LIP, "Bullet", "Slim"), scale=1.1),
    Line("Lip Gloss", "Lip Gloss", ("Personal Care", "Lips"), beauty.lip_gloss, 4, WOMEN, SPRING, CASUAL,
         _all(LIP, "Tube", "Slim")),
    Line("Nail Polish", "Nail Polish", ("Personal Care", "Nails"), beauty.nail_polish, 7, WOMEN, SPRING, CASUAL,
         _all((*LIP, "Blue", "Teal", "Silver"), "Square", "Round", "Classic")),
)
# fmt: on
