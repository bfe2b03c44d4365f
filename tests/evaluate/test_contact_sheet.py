import numpy as np
from PIL import Image

from recsys.evaluate.contact_sheet import draw_sheet, examples


def test_a_sheet_shows_a_query_of_each_kind_first_with_its_matches_framed(drawn, tmp_path):
    task, pictures = drawn
    lines = examples(task, "articleType", best=True)
    assert len({line[0].kind for line in lines[:5]}) == 5
    assert all(len(line) == 6 and line[0].right is None for line in lines)
    right = [sum(shown.right for shown in line[1:]) for line in lines]
    worst = [sum(shown.right for shown in line[1:]) for line in examples(task, "articleType", best=False)]
    assert np.mean(right) >= np.mean(worst)
    assert all(shown.right == (shown.kind == line[0].kind) for line in lines for shown in line[1:])
    draw_sheet(lines, pictures, pictures, tmp_path / "best.png")
    with Image.open(tmp_path / "best.png") as sheet:
        assert sheet.width <= 920
        colours = {sheet.getpixel((x, 17)) for x in range(sheet.width)}
    assert (0x3F, 0x7D, 0x4E) in colours
