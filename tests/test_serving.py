"""The site as a server: what ``sckg serve`` says, answers and refuses, and that nothing runs for ever."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError

import pytest

from reading_pages import ROOT
from sckg import pipeline
from sckg.assets import Knowledge
from serving_site import environment, read, served


def test_server_says_what_it_serves_and_where_and_answers(kupang_store: str, tmp_path: Path) -> None:
    with served("--store", kupang_store, cwd=tmp_path) as site:
        assert re.fullmatch(r"Serving Kota Kupang at http://127\.0\.0\.1:\d+\n", site.line)
        assert json.loads(read(f"{site.address}/health")) == {"status": "ok", "cities": 1}
        assert "Kota Kupang" in read(f"{site.address}/city/5371")


def test_new_build_is_served_without_a_restart(tmp_path: Path, knowledge: Knowledge) -> None:
    store = str(tmp_path / "store")
    pipeline.build([ROOT / "tests" / "fixtures" / "9901-kota-contoh"], store, knowledge)
    with served("--store", store, cwd=tmp_path) as site:
        assert json.loads(read(f"{site.address}/health"))["cities"] == 1
        pipeline.build([ROOT / "cities" / "5371-kota-kupang"], store, knowledge)
        assert json.loads(read(f"{site.address}/health"))["cities"] == 2


def test_query_that_takes_too_long_is_a_sentence_and_ends_with_its_worker(kupang_store: str, tmp_path: Path) -> None:
    arguments = ("--store", kupang_store, "--knowledge", str(ROOT / "tests" / "fixtures" / "endless"))
    with served(*arguments, cwd=tmp_path, SCKG_QUERY_SECONDS="3", WEB_CONCURRENCY="1") as site:
        assert json.loads(read(f"{site.address}/health"))["status"] == "ok"
        (worker,) = site.workers()
        with pytest.raises(HTTPError) as late:
            read(f"{site.address}/query/endless?format=json")
        assert late.value.code == 503
        assert json.load(late.value)["code"] == "took-too-long"
        assert json.loads(read(f"{site.address}/health"))["status"] == "ok"
        end = time.monotonic() + 30  # it first answers what it has begun
        while worker in site.workers() and time.monotonic() < end:
            time.sleep(0.1)
        assert worker not in site.workers()


def refused(*arguments: str, cwd: Path, **settings: str) -> str:
    command = [sys.executable, "-m", "sckg", "serve", *arguments]
    done = subprocess.run(
        command, cwd=cwd, env=environment(**settings), capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return done.stderr


def test_port_in_use_is_a_sentence(kupang_store: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"cannot listen on 127.0.0.1, port {port}" in refused(
            "--store", kupang_store, "--port", str(port), cwd=tmp_path
        )


def test_time_that_is_no_number_is_a_sentence(kupang_store: str, tmp_path: Path) -> None:
    told = refused("--store", kupang_store, "--port", "0", cwd=tmp_path, SCKG_QUERY_SECONDS="soon")
    assert "SCKG_QUERY_SECONDS=soon: give a number of seconds above 0" in told


def test_store_without_a_build_is_a_sentence(tmp_path: Path) -> None:
    assert "holds no build yet" in refused("--store", str(tmp_path), "--port", "0", cwd=tmp_path)
