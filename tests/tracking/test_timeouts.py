"""How long a server is waited for, as the requests library is told it."""

import pytest
import requests
from mlflow.store.artifact.http_artifact_repo import HttpArtifactRepository

from pix2pix.tracking.timeouts import size_of, waiting_for


@pytest.fixture
def waits(monkeypatch):
    """The time-outs of requests that are sent, in seconds; each is answered at once."""
    told = []

    def request(_session, _method, _url, **options):
        told.append(options["timeout"])
        answer = requests.Response()
        answer.status_code = 200
        return answer

    monkeypatch.setattr(requests.Session, "request", request)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "10")
    return told


def test_a_large_file_has_a_second_more_for_each_megabyte(waits, tmp_path):
    (tmp_path / "weights").write_bytes(bytes(2_500_000))
    server = HttpArtifactRepository("http://127.0.0.1:1/api/2.0/mlflow-artifacts/artifacts/run")
    with waiting_for(size_of(tmp_path)):
        server.log_artifacts(str(tmp_path))
    server.log_artifact(str(tmp_path / "weights"))
    assert waits == [13, 10]


def test_the_size_is_that_of_all_files(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "one").write_bytes(b"1")
    (tmp_path / "a/b/two").write_bytes(b"22")
    assert (size_of(tmp_path), size_of(tmp_path / "one")) == (3, 1)


def test_a_failure_ends_the_patience(waits, tmp_path):
    (tmp_path / "small").write_bytes(b"1")
    with pytest.raises(ZeroDivisionError), waiting_for(10**9):
        _ = 1 // 0
    HttpArtifactRepository("http://127.0.0.1:1/api/2.0/mlflow-artifacts/artifacts/run").log_artifact(
        str(tmp_path / "small")
    )
    assert waits == [10]
