"""What a team shares: an MLflow server that asks for users and has a bucket behind it, a DVC remote, a PostgreSQL."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import boto3
import pandas as pd
import pytest
import requests
from buckets import ACCESS, forget_access, s3
from conftest import FORGOTTEN, settings
from mlflow.tracking import MlflowClient
from tracked import training_run

from pix2pix.base.errors import UserError
from pix2pix.tracking import champion
from pix2pix.tracking.runs import evaluation_run
from pix2pix.tracking.store import asked, tracking_uri

pytestmark = pytest.mark.slow
PARAMS = settings()
ONE = "1" * 16
BUCKET = "team"
TABLE = pd.DataFrame({"l1": [0.1, 0.25]}, index=pd.Index(["val/1", "val/2"], name="id"))
PATIENCE = 240


def free_port():
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture(scope="module")
def bucket():
    """The environment of whoever may use a bucket, and a client of it."""
    with s3() as server:
        access = ACCESS | {"AWS_ENDPOINT_URL": server.address}
        client = boto3.client(
            "s3",
            endpoint_url=server.address,
            aws_access_key_id=ACCESS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=ACCESS["AWS_SECRET_ACCESS_KEY"],
            region_name=ACCESS["AWS_DEFAULT_REGION"],
        )
        client.create_bucket(Bucket=BUCKET)
        yield access, client


@pytest.fixture(scope="module")
def server(bucket, tmp_path_factory, fresh_store):
    """The address of an MLflow server that asks for a user, and keeps artifacts in the bucket."""
    folder, port, access = tmp_path_factory.mktemp("server"), free_port(), bucket[0]
    shutil.copy(fresh_store, folder / "mlflow.db")
    words = ["server", "--app-name", "basic-auth", "--port", str(port), "--workers", "1"]
    words += ["--backend-store-uri", "sqlite:///mlflow.db", "--artifacts-destination", f"s3://{BUCKET}/mlflow"]
    # Without its cache the server hashes the password anew for each of the hundreds of files of a model.
    (folder / "auth.ini").write_text(
        "[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///auth.db\nadmin_username = admin\n"
        "authorization_function = mlflow.server.auth:authenticate_request_basic_auth\nauth_cache_ttl_seconds = 60\n"
    )
    secrets = {
        "MLFLOW_AUTH_CONFIG_PATH": "auth.ini",
        "MLFLOW_FLASK_SERVER_SECRET_KEY": "key",
        "MLFLOW_AUTH_ADMIN_PASSWORD": "a long password",
    }
    with (folder / "server.log").open("wb") as log:
        command = [sys.executable, "-m", "mlflow", *words]
        environment = os.environ | access | secrets
        for name in FORGOTTEN:
            environment.pop(name, None)
        started = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            until_it_answers(f"http://127.0.0.1:{port}/health", started, folder / "server.log")
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(started.pid, signal.SIGKILL)
            started.wait()


def until_it_answers(address, process, log):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        with suppress(requests.RequestException):
            if requests.get(address, timeout=5).ok:
                return
        time.sleep(0.2)
    raise AssertionError(log.read_text())


@pytest.fixture
def member(monkeypatch, tmp_path, server):
    """A member of the team, who knows the server and no bucket."""
    forget_access(monkeypatch)
    for name in FORGOTTEN:
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "PIX2PIX_HOME": str(tmp_path / "home"),
        "MLFLOW_TRACKING_URI": server,
        "MLFLOW_TRACKING_USERNAME": "admin",
        "MLFLOW_TRACKING_PASSWORD": "a long password",
    }.items():
        monkeypatch.setenv(name, value)
    return server


def test_a_model_goes_from_training_to_champion_by_way_of_the_server(member, bucket, tiny_model, command):
    with training_run(PARAMS, ONE) as run:
        run.metrics({"loss": 4.0}, 1)
        run.generator(tiny_model)
    with evaluation_run(PARAMS, ONE) as (evaluation, training):
        evaluation.scores({"l1": 0.175}, 0)
        evaluation.table(TABLE, champion.PER_IMAGE)
        training.challenge(evaluation, "houses")
    found = MlflowClient(member).get_run(run.id)
    assert (found.info.status, found.data.metrics) == ("FINISHED", {"loss": 4.0})
    kept = [each["Key"] for each in bucket[1].list_objects_v2(Bucket=BUCKET, Prefix="mlflow/")["Contents"]]
    (weights,) = [key for key in kept if key.endswith("artifacts/generator/model.weights.h5")]
    stored = bucket[1].get_object(Bucket=BUCKET, Key=weights)["Body"].read()
    assert stored == (tiny_model / "model.weights.h5").read_bytes()

    status, out, err = command("promote", "houses")  # it fetches the model and loads its network
    assert status == 0, err
    assert out.endswith("version 1 is the champion now: models:/houses@champion\n")


@pytest.mark.parametrize("password", ["", "a wrong password"])
@pytest.mark.usefixtures("member")
def test_whoever_the_server_does_not_know_is_told_so(monkeypatch, password):
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "admin" if password else "")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", password)
    with pytest.raises(UserError, match="it wants a user: set MLFLOW_TRACKING_USERNAME"):
        asked(tracking_uri(), lambda client: client.search_experiments())


def test_outputs_go_to_the_remote_and_come_from_it(bucket, tmp_path):
    environment = os.environ | bucket[0]

    def dvc(*words):
        done = subprocess.run(
            [sys.executable, "-m", "dvc", *words], cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr

    (tmp_path / "model").write_bytes(b"weights")
    dvc("init", "--no-scm")
    dvc("remote", "add", "--default", "storage", f"s3://{BUCKET}/dvc")
    dvc("add", "model")
    dvc("push")
    (tmp_path / "model").unlink()
    shutil.rmtree(tmp_path / ".dvc/cache")
    dvc("pull")
    assert (tmp_path / "model").read_bytes() == b"weights"


@contextmanager
def postgres(folder):
    """The address of a database of PostgreSQL that is made for a while, reachable by a socket in `folder` only."""
    found = shutil.which("postgres") or next(map(str, Path("/usr/lib/postgresql").glob("*/bin/postgres")), None)
    if found is None:
        pytest.skip("no PostgreSQL is installed here: Debian's package is `postgresql`")
    # It refuses to run as root.
    other = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"] if os.geteuid() == 0 else []
    if other:
        shutil.chown(folder, "postgres", "postgres")
    data = folder / "data"
    subprocess.run(
        [*other, Path(found).with_name("initdb"), "--no-sync", "--username", "mlflow", data],
        check=True, capture_output=True, cwd=folder,
    )  # fmt: skip
    words = ["-D", data, "-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen([*other, found, *words], stdout=log, stderr=log, cwd=folder)
        try:
            end = time.monotonic() + PATIENCE
            while not list(folder.glob(".s.PGSQL.*[0-9]")) and running.poll() is None and time.monotonic() < end:
                time.sleep(0.05)
            yield f"postgresql+psycopg://mlflow@/postgres?host={folder}"
        finally:
            running.send_signal(signal.SIGINT)
            running.wait()


def test_a_database_of_postgresql_keeps_runs(monkeypatch, tmp_path):
    folder = Path(subprocess.check_output(["mktemp", "-d", "/tmp/postgres-XXXXXX"], text=True).strip())
    for name in FORGOTTEN:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIX2PIX_HOME", str(tmp_path))
    try:
        with postgres(folder) as address:
            monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
            with training_run(PARAMS, ONE) as run:
                run.metrics({"loss": 4.0}, 1)
            found = MlflowClient(address).get_run(run.id)
            assert (found.info.status, found.data.metrics) == ("FINISHED", {"loss": 4.0})
            assert "heartbeat" in found.data.tags
    finally:
        shutil.rmtree(folder)
