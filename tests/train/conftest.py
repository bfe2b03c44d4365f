from collections.abc import Iterator

import pytest

from recsys.train import grounds

ALL_TEXTURES = grounds.EACH


@pytest.fixture(scope="session", autouse=True)
def few_textures() -> Iterator[None]:
    """Two textures of each kind in place of 24, since drawing all takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grounds, "EACH", 2)
        grounds.textures.cache_clear()  # tests of other packages may have drawn all of them
        yield
        grounds.textures.cache_clear()
