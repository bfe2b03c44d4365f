"""An outage of the Hub costs seconds, and is reported."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from huggingface_hub import constants, hf_hub_download
from huggingface_hub.errors import LocalEntryNotFoundError

from recsys.errors import HubDownError, HubTimeoutError
from recsys.hub import client, configure_client, pull
from testkit.hub_double import HubDouble
from tests.support.hub_shop import CARD, FILES, content

EVERY_STEP = ["GET .*/revision/", "GET .*/tree/", "HEAD ", "GET .*/resolve/", "GET /cdn/"]


@pytest.mark.parametrize("kind", ["status", "drop"])
@pytest.mark.slow
def test_a_single_failure_at_every_step_is_survived(
    hub: HubDouble, shop: str, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(client, "OUTAGE_AFTER_S", 4.5)
    for step in EVERY_STEP:
        hub.fault(step, kind)
    assert content(pull(shop).folder) == FILES
    assert all(fault["times"] == 0 for fault in hub.faults)


@pytest.mark.slow
def test_a_long_download_that_breaks_off_is_resumed(hub: HubDouble, shop: str) -> None:
    hub.fault("GET /cdn/", "truncate", delay=0.35)
    assert content(pull(shop).folder) == FILES


@pytest.mark.parametrize("step", ["GET .*/revision/", "HEAD ", "GET /cdn/"])
@pytest.mark.slow
def test_a_server_that_keeps_failing_is_reported_as_down(hub: HubDouble, shop: str, step: str) -> None:
    hub.fault(step, "status", times=-1)
    with pytest.raises(HubDownError, match="it answers 503 Service Unavailable. Try again later"):
        pull(shop)


@pytest.mark.parametrize("step", ["GET .*/revision/", "HEAD ", "GET /cdn/"])
@pytest.mark.slow
def test_a_server_that_is_silent_is_reported_as_such(
    hub: HubDouble, shop: str, very_short_timeouts: None, step: str
) -> None:
    hub.fault(step, "slow", times=-1)
    began = time.monotonic()
    with pytest.raises(HubTimeoutError, match="accepts connections but does not answer about dataset 'me/shop"):
        pull(shop)
    assert time.monotonic() - began < 20


@pytest.mark.slow
def test_a_body_that_stops_is_reported_as_silence(hub: HubDouble, shop: str, very_short_timeouts: None) -> None:
    hub.fault("GET /cdn/", "stall", times=-1)
    with pytest.raises(HubTimeoutError):
        pull(shop)


@pytest.mark.slow
def test_a_body_that_always_breaks_off_is_reported_as_down(hub: HubDouble, shop: str) -> None:
    hub.fault("GET /cdn/", "truncate", times=-1)
    with pytest.raises(HubDownError, match="cannot be reached"):
        pull(shop)


def test_a_hub_that_refuses_connections_is_reported_as_down(hub: HubDouble, shop: str) -> None:
    hub.stop()
    with pytest.raises(HubDownError, match=f"{hub.url} cannot be reached .*refused. Check the network"):
        pull(shop)


def test_a_hub_whose_name_is_unknown_is_reported_as_down(shop: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "ENDPOINT", "http://hub.invalid")
    with pytest.raises(HubDownError, match=r"http://hub\.invalid cannot be reached .*Name or service not known"):
        pull(shop)


@pytest.mark.slow
def test_a_part_of_a_commit_in_the_cache_does_not_pass_for_the_whole(hub: HubDouble, shop: str) -> None:
    sha = hub.repo("datasets", shop).branches["main"]
    hf_hub_download(shop, "README.md", repo_type="dataset", revision=sha)
    hub.stop()
    with pytest.raises(HubDownError, match="the cache has only some of them"):
        pull(shop, revision=sha)


@pytest.mark.slow
def test_a_hub_that_asks_for_a_long_wait_is_not_waited_for(hub: HubDouble, shop: str) -> None:
    hub.fault("GET .*/tree/", "status", times=-1, status=429, headers={"Retry-After": "600"})
    with pytest.raises(HubDownError, match="429 Too Many Requests"):
        pull(shop)


def test_the_next_repository_does_not_wait_again_for_a_hub_that_is_down(
    hub: HubDouble, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "RETRY_DELAYS_S", (0.3,) * 9)
    hub.stop()
    with pytest.raises(HubDownError):
        pull(shop)
    began = time.monotonic()
    with pytest.raises(HubDownError):
        pull("timm/resnet50", repo_type="model")
    assert time.monotonic() - began < 0.9


@pytest.mark.slow
def test_the_next_repository_hardly_waits_for_a_hub_that_is_silent(
    hub: HubDouble, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "READ_TIMEOUT_S", 2.0)
    monkeypatch.setattr(client, "MIN_READ_TIMEOUT_S", 0.1)
    hub.fault(".*", "slow", times=-1)
    with pytest.raises(HubTimeoutError):
        pull(shop)
    began = time.monotonic()
    with pytest.raises(HubTimeoutError):
        pull("timm/resnet50", repo_type="model")
    assert time.monotonic() - began < 1.5


@pytest.mark.slow
def test_a_slow_download_is_never_cut_off_while_bytes_come(
    hub: HubDouble, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "READ_TIMEOUT_S", 1.0)
    hub.fault("GET /cdn/", "trickle", times=-1, delay=0.25)
    began = time.monotonic()
    assert content(pull(shop).folder) == FILES
    assert time.monotonic() - began > client.READ_TIMEOUT_S


@pytest.mark.slow
def test_other_libraries_are_limited_too_and_still_fall_back_on_their_cache(
    hub: HubDouble, shop: str, very_short_timeouts: None
) -> None:
    configure_client()
    hf_hub_download(shop, "README.md", repo_type="dataset")
    hub.fault(".*", "slow", times=-1)
    began = time.monotonic()
    assert Path(hf_hub_download(shop, "README.md", repo_type="dataset")).read_bytes() == CARD
    with pytest.raises(LocalEntryNotFoundError):
        hf_hub_download(shop, "vectors.ann", repo_type="dataset")
    assert time.monotonic() - began < 3
