"""The examples of docs/open-index.md run as they stand, on an index that was pushed to the stand-in Hub."""

import re
import shlex
from pathlib import Path

import datasets
import pyarrow.parquet as pq
import pytest

from recsys.hub import push

TEXT = (Path(__file__).parents[2] / "docs" / "open-index.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", TEXT, re.S)
REPO = "me/open-shop"


@pytest.fixture
def published(hub, built, monkeypatch):
    monkeypatch.setattr(datasets.config, "USE_PARQUET_EXPORT", False)  # it would ask another server
    monkeypatch.setattr(datasets.config, "HF_UPDATE_DOWNLOAD_COUNTS", False)
    push(built, REPO, token="hf_test")
    return built


@pytest.mark.slow
@pytest.mark.parametrize(("number", "printed"), [(0, r"\S+ \(\d+,\)\n"), (1, r"(?s).*cosine.*(10 rows|1\.0).*")])
def test_a_python_example_runs(number, printed, published, capsys):
    exec(compile(EXAMPLES[number].replace("OWNER/NAME", REPO), "docs/open-index.md", "exec"), {})
    assert re.fullmatch(printed, capsys.readouterr().out)


def test_embedding_atlas_is_given_columns_that_exist(built):
    command = shlex.split(re.search(r"```bash\n(embedding-atlas .*?)\n```", TEXT)[1])
    schema = pq.read_schema(built / command[1])
    named = dict(zip(command[2::2], command[3::2], strict=True))
    assert named.keys() == {"--vector", "--x", "--y"}
    assert set(named.values()) <= set(schema.names)
