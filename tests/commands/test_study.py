import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing

import pytest
import requests
from conftest import CHECKOUT
from evaluated_workspace import FINGERPRINT, make

from pix2pix.commands import study
from pix2pix.study.store import Store
from pix2pix.study.trials import Protocol, Trial

# The command as a process of its own, for another workspace than the checkout.
SERVER = """
import sys
from pathlib import Path
from pix2pix.commands import study
from pix2pix.commands.main import main
study.CHECKOUT = Path(sys.argv[1])
main(["study", *sys.argv[2:]])
heavy = [name for name in ("tensorflow", "keras", "mlflow", "pandas") if name in sys.modules]
print("heavy:", heavy)
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    root = make(tmp_path / "workspace")
    monkeypatch.setattr(study, "CHECKOUT", root)
    monkeypatch.setattr(study, "RESULT", root / "reports/study.json")
    return root


@pytest.fixture
def sent(monkeypatch):
    """What MLflow would have been told."""
    told = []
    monkeypatch.setattr(study, "_send", lambda each: told.append(each) or "sent")
    return told


def take_part(home, study_, fooled, upto=10):
    """A session, straight in the database."""
    with closing(Store(home / "study.db")) as store:
        row = store.study(*study_)
        someone = store.participant(row, store.join(row))
        for number in range(upto):
            store.show(someone, Trial(number, f"test/{number}", "left", "left", number < 2), 100.0)
            store.answer(someone, number, "right" if number - 2 < fooled else "left", (1000.0, 1000.0), 500.0)


THIS = (FINGERPRINT, "b" * 64, Protocol(2, 8, 1000))
OTHER = ("f" * 16, "c" * 64, Protocol(2, 8, 1000))


def test_nobody_has_taken_part_yet(command, home):
    status, out, said = command("study", "--result")
    assert (status, out) == (1, "")
    assert said == f"error: {home}/study.db: nobody has taken part yet; `pix2pix study` lets people\n"
    assert not home.exists()
    home.mkdir()
    (home / "study.db").touch()
    assert command("study", "--result") == (status, out, said)


def test_the_results_of_all_models_are_told_written_and_sent(command, home, workspace, sent):
    for fooled in (2, 4):
        take_part(home, THIS, fooled)
    take_part(home, THIS, 8, upto=9)
    take_part(home, OTHER, 8)
    status, out, said = command("study", "--result")
    assert (status, said) == (0, "")
    lines = [line.split() for line in out.splitlines()]
    few = "too few participants ({}): no interval"
    assert lines[1] == [FINGERPRINT, "37.5%", *few.format(2).split(), "2", "1", "16", "0", "0"]
    assert lines[2] == ["f" * 16, "100.0%", *few.format(1).split(), "1", "0", "8", "0", "0"]
    told = json.loads((workspace / "reports/study.json").read_text(encoding="utf-8"))["studies"]
    assert [(each["fingerprint"], each["fooled"]) for each in told] == [(FINGERPRINT, 0.375), ("f" * 16, 1.0)]
    assert [each.fingerprint for each in sent] == [FINGERPRINT, "f" * 16]


@pytest.mark.usefixtures("workspace")
def test_a_model_with_two_studies_is_told_of_the_newer_one(command, home, sent):
    take_part(home, THIS, 2)
    take_part(home, (FINGERPRINT, "d" * 64, Protocol(2, 8, 1000)), 4)
    with closing(Store(home / "study.db")) as store:
        store.study(FINGERPRINT, "e" * 64, Protocol(2, 8, 1000))  # in which nobody has taken part
    assert command("study", "--result")[0] == 0
    assert [each.fooled for each in sent] == [0.5]


def test_what_stands_in_the_way_is_one_line(command, home, workspace):
    def refused(*words):
        status, _, said = command("study", *words)
        assert status == 1 and said.startswith("error: ") and said.count("\n") == 1, said
        return said

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"127.0.0.1:{port}: the server cannot listen there (Address already in use)" in refused(
            "--port", str(port)
        )
    assert "cannot listen there" in refused("--port", "70000")
    assert "cannot listen there" in refused("--port", "0", "--host", "no.such.host.invalid")
    assert "--host 0.0.0.0 says that" in refused("--port", "0", "--host", "")
    home.mkdir(exist_ok=True)
    (home / "study.db").write_bytes(b"no database, but something else of some length")
    assert "study.db: cannot be used" in refused("--port", "0")
    assert "study.db: cannot be used" in refused("--result")
    (workspace / "reports/images.csv").write_text("id\ntest/1\n", encoding="utf-8")
    assert "1 evaluated pair: a study needs at least 10" in refused("--port", "0")
    (workspace / "reports/images.csv").unlink()
    assert "no model is evaluated yet; `dvc repro` does it" in refused("--port", "0")
    (workspace / "models/generator/about.json").unlink()
    assert "there is no model yet; `dvc repro` makes it" in refused("--port", "0")


def start(workspace, home, *words):
    """The server's process, and the lines it says before it serves."""
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT / "src"), "PIX2PIX_HOME": str(home)}
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(workspace), "--port", "0", *words],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    lines = []
    while not lines or not lines[-1].startswith("Ctrl-C"):
        line = process.stdout.readline()
        assert line, process.communicate()
        lines.append(line.strip())
    return process, lines


def test_it_says_where_it_is_serves_and_ends_with_a_word(workspace, home):
    process, lines = start(workspace, home)
    assert lines[:1] == [
        f"10 pairs of the model {FINGERPRINT} in {workspace}: 2 trials of practice and 8 that count; "
        "the paper's 10 and 40 need 50 pairs",
    ]
    page = requests.get(lines[1])
    assert page.status_code == 200 and "Real or generated?" in page.text
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")
    assert out.splitlines() == [
        "", f"the answers are in {home / 'study.db'}; `pix2pix study --result` counts them", "heavy: []",
    ]  # fmt: skip


def test_a_scheduler_ends_it_too(workspace, home):
    process, _ = start(workspace, home)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (143, "stopped by SIGTERM; every written file is whole\n")


def test_others_are_let_in_when_it_is_asked_for_and_by_these_names_only(workspace, home):
    process, lines = start(workspace, home, "--host", "0.0.0.0")
    try:
        addresses = lines[1:-1]
        assert any(address.startswith("http://127.0.0.1:") for address in addresses) and len(addresses) >= 2
        port = addresses[0].rpartition(":")[2]
        url = f"http://127.0.0.1:{port}"
        for address in addresses:
            name = address.removeprefix("http://")
            assert requests.get(url, headers={"Host": name}).status_code == 200
        assert requests.get(url, headers={"Host": f"evil.example:{port}"}).status_code == 403
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


@pytest.mark.parametrize(
    ("host", "address", "names"),
    [
        ("127.0.0.1", "127.0.0.1", ["127.0.0.1", "localhost"]),
        ("LocalHost", "127.0.0.1", ["127.0.0.1", "localhost"]),
        ("Lab.example", "10.0.0.7", ["10.0.0.7", "lab.example"]),
        ("10.0.0.7", "10.0.0.7", ["10.0.0.7"]),
        ("127.2", "127.0.0.2", ["127.0.0.2", "127.2"]),
    ],
)
def test_it_is_called_by_its_number_and_by_the_name_it_was_given(host, address, names):
    assert study._hosts(host, address) == names


def test_another_word_for_everywhere_means_it():
    assert study._hosts("0", "0.0.0.0") == study._hosts("0.0.0.0", "0.0.0.0")


def test_by_itself_nobody_else_is_let_in(workspace, home):
    process, lines = start(workspace, home)
    try:
        assert [line.rpartition(":")[0] for line in lines[1:-1]] == ["http://127.0.0.1", "http://localhost"]
        port = int(lines[1].rpartition(":")[2])
        names = study._hosts("0.0.0.0", "0.0.0.0")
        others = [name for name in names if name[0].isdigit() and not name.startswith("127.")]
        for address in others:
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((address, port), timeout=10)
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def test_a_killed_server_loses_no_answer(workspace, home):
    process, lines = start(workspace, home)
    client = requests.Session()
    client.post(f"{lines[1]}/api/participants", json={})
    assert client.post(f"{lines[1]}/api/trials/0/begin", json={}).status_code == 200
    said = {"chosen": "left", "left_ms": 1000, "right_ms": 1000, "took_ms": 0}
    time.sleep(2.2)
    assert client.post(f"{lines[1]}/api/trials/0/answer", json=said).status_code == 200
    process.kill()
    process.communicate()
    with closing(Store(home / "study.db")) as store:
        (row,) = store.all_showings(store.studies()[0])
    assert row.chosen == "left"
    # And a new one resumes where it was.
    process, lines = start(workspace, home)
    assert client.get(f"{lines[1]}/api/state").json() == {"next": 1, "interrupted": False}
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
