"""What the engine of Ray does about each failure, with jobs that fail as a cluster does."""

import pytest

pytest.importorskip("ray", reason="Ray is not installed: pip install -r requirements-scale.txt")

from ray.exceptions import ActorDiedError, ObjectStoreFullError, OutOfDiskError, OutOfMemoryError, RayTaskError

from recsys.build.ray import engine, one_by_one
from recsys.build.ray.actor import OUT_OF_MEMORY, Row
from recsys.build.ray.pool import ActorPool
from recsys.errors import EngineError

COUNT = 40
CONTINUES = "Run the same command: it continues with the vectors that are already computed."


@pytest.fixture(autouse=True)
def cluster(monkeypatch):
    monkeypatch.setattr(ActorPool, "from_cluster", lambda runtime: ActorPool(2, 1, 0))
    monkeypatch.setattr(engine, "RESTART_DELAYS_S", (0, 0, 0))


def rows(monkeypatch, run, alone=None):
    """All rows of the engine, whose jobs are (cores, batch size)."""
    monkeypatch.setattr(engine, "_run", run)
    monkeypatch.setattr(engine, "embed_one_by_one", alone or (lambda *_: pytest.fail("not one by one")))
    return [row.number for row in engine.RayEngine()._rows(COUNT, "openvino", lambda *job: job, 4)]


@pytest.mark.parametrize("by_ray", [True, False])
def test_batches_are_halved_where_the_memory_runs_out(monkeypatch, caplog, by_ray):
    sizes = []

    def run(job, pool, numbers, chunk):
        sizes.append(job[1])
        for number in numbers:
            if number == 10 and job[1] > 1:
                if by_ray:
                    raise OutOfMemoryError("Task was killed due to the node running low on memory.")
                yield Row(OUT_OF_MEMORY, reason="The memory of host ran out.")
            yield Row(number)

    assert rows(monkeypatch, run) == list(range(COUNT))
    assert sizes == [4, 2, 1]
    assert "The memory of a machine ran out at product 10; continuing with batches of 2 pictures." in caplog.text


def test_a_lost_machine_restarts_the_job_at_the_next_row(monkeypatch, caplog):
    starts = []

    def run(job, pool, numbers, chunk):
        starts.append(numbers.start)
        for number in numbers:
            if len(starts) < 4 and number == 9 * len(starts):
                raise ActorDiedError
            yield Row(number)

    assert rows(monkeypatch, run) == list(range(COUNT))
    assert starts == [0, 9, 18, 27]
    assert "was lost at product 9 of 40" in caplog.text


def test_a_row_at_which_jobs_fail_again_and_again_is_read_alone(monkeypatch):
    alone = []

    def run(job, pool, numbers, chunk):
        for number in numbers:
            if number == 13:
                raise ActorDiedError
            yield Row(number)

    def one_by_one(job, pool, numbers):
        alone.append(numbers)
        return (Row(number, reason="It ends its process." if number == 13 else "") for number in numbers)

    assert rows(monkeypatch, run, one_by_one) == list(range(COUNT))
    assert alone == [range(13, 40)]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ObjectStoreFullError(), "its object store is full, and so is the disk that it spills to. Free space under"),
        (OutOfDiskError(), "its object store is full, and so is the disk that it spills to. Free space under"),
        (ActorDiedError(), "The actor died unexpectedly before finishing this task. See ray status and its logs."),
        (RayTaskError("f", "Traceback\nValueError: wrong\n", ValueError("wrong")), "ValueError: wrong. See ray"),
    ],
)
def test_an_engine_that_gives_up_says_why_and_what_to_do(monkeypatch, error, said):
    def run(job, pool, numbers, chunk):
        yield Row(0)
        raise error

    def alone(job, pool, numbers):
        raise error

    with pytest.raises(EngineError) as raised:
        rows(monkeypatch, run, alone)
    assert f"Ray gave up after 1 of 40 products: {said}" in str(raised.value)
    assert str(raised.value).endswith(CONTINUES)


def test_memory_that_runs_out_with_single_pictures_ends_the_build(monkeypatch):
    def run(job, pool, numbers, chunk):
        raise OutOfMemoryError("low on memory")
        yield

    with pytest.raises(
        EngineError, match="the memory of a machine ran out, with one picture in a batch too. Start fewer"
    ):
        rows(monkeypatch, run, lambda job, pool, numbers: run(job, pool, numbers, 0))


def test_a_job_that_ends_early_without_an_error_is_reported(monkeypatch):
    with pytest.raises(EngineError, match="Ray ended after 0 of 40 products. Run the same command"):
        rows(monkeypatch, lambda *_: iter(()))


def test_the_message_about_a_picture_names_what_to_do():
    assert one_by_one.ENDED.startswith("The process that decoded this picture ended unexpectedly, 2 times. Save it")
