import inspect
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from recsys.evaluate import plots

EPOCHS = [{"epoch": number, "loss": 2 / number, "seconds": 9, "articleType": 0.1 * number} for number in (1, 2, 3)]
DRAWINGS = {
    "learning_curves": (EPOCHS,),
    "confusion_matrix": (np.array([[3, 1], [0, 2]]), ["Caps", "Bags"], "kind"),
    "reliability": ([(0.1, 0.2, 7), (0.9, 0.8, 2100)], "confidence"),
    "confidence_curve": ([0.2, 0.8], [0.1, 0.9], 0.3, "kind"),
    "class_bars": ([("Caps", 0.5, 3), ("Bags", 0.9, 1200)], "P@5"),
    "recall_over_time": ([(0.1, 0.9, "search_k 10", False), (0.2, 0.99, "search_k 20", True)],),
    "slice_bars": ([("as they are", 0.8, 0.7, 0.9, 0.6), ("cluttered", 0.5, 0.4, 0.6, 0.2)], "P@5"),
}


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_figure_is_drawn_to_a_file_of_1100_pixels_at_most(name, tmp_path):
    path = tmp_path / "new" / f"{name}.png"
    getattr(plots, name)(*DRAWINGS[name], path)
    with Image.open(path) as figure:
        assert 300 <= figure.width <= 1100
        assert len(figure.convert("RGB").getcolors(1 << 20)) > 20


def test_a_name_with_dollar_signs_is_drawn_literally(tmp_path):
    plots.class_bars([(r"a $\foo$ b", 0.5, 3)], r"P@5 of $\foo$", tmp_path / "bars.png")
    plots.confusion_matrix(np.eye(40, dtype=int), [r"a $\foo$ b"] * 40, r"$\foo$", tmp_path / "matrix.png")
    with Image.open(tmp_path / "matrix.png") as figure:
        assert figure.width <= 1100


@pytest.mark.slow
def test_a_notebook_keeps_its_backend():
    code = "import recsys.evaluate.plots, sys; assert 'matplotlib.pyplot' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_every_figure_takes_the_path_last():
    drawings = [found for name, found in vars(plots).items() if inspect.isfunction(found) and name[0] != "_"]
    assert {list(inspect.signature(found).parameters)[-1] for found in drawings} == {"path"}
