"""Records that Apache Beam's workers write, beside those of one process."""

import io
import json
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

import apart
import boto3
import buckets
import pytest
from clone import Clone, fresh
from written_records import sha256

from pix2pix import params
from pix2pix.base.errors import DataError
from pix2pix.data import download, recorder

pytestmark = pytest.mark.slow

# Three shards at least, and pairs that no role uses: those of `val`.
CHANGES = {"prepare.pairs_per_shard": 3, "data.selection_split": "train:2"}
# Writes records as the command does, several times in one process, because to import Beam takes seconds. It prints what
# a person would be told each time: the lines of an error, or nothing.
CALLS = """
import json, sys
from pathlib import Path
from pix2pix import params
from pix2pix.base.errors import UserError, of_system
from pix2pix.pipeline import beam

checked, told = params.load(Path("params.yaml"), "data", "prepare"), []
for source, place, *words in json.load(sys.stdin):
    try:
        beam.write(Path(source), checked.data, checked.prepare, place, words)
        told.append("")
    except OSError as error:
        told.append(str(of_system(error)))
    except UserError as error:
        told.append(str(error))
json.dump(told, sys.stdout)
"""
# Another process begins just after this one has seen that the place is empty.
ANOTHER = """
from pathlib import Path
from pix2pix.pipeline import beam

look = beam._files

def looked(place):
    found = look(place)
    if not found:
        Path(place, "work").mkdir(parents=True)
        Path(place, "work/claim-0").write_bytes(b"another's")
        Path(place, "train.tfrecord").write_bytes(b"another's")
    return found

beam._files = looked
"""


@dataclass(frozen=True)
class Prepared:
    """A clone with an archive in data/raw, the records that one process has written, and the environment with Beam."""

    clone: Clone
    plain: Path
    environment: Path

    def told(self, around: dict[str, str], *calls: tuple[object, ...], before: str = "") -> list[str]:
        """What is told of each call: source, place, and Beam's options. The code `before` runs first."""
        given = json.dumps([[str(word) for word in call] for call in calls])
        around = self.clone.environment() | {"PYTHONPATH": str(self.clone.path / "src")} | around
        words = [str(self.environment / "bin/python"), "-c", before + CALLS]
        done = subprocess.run(
            words, input=given, cwd=self.clone.path, env=around, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-4000:]
        assert "Traceback" not in done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("beam")
    environment = apart.made(folder, "beam")
    clone = fresh(folder / "clone", CHANGES)
    (clone.path / ".venv-beam").symlink_to(environment)
    checked, raw = sections(clone), clone.path / "data/raw"
    download.fetch(checked.data, checked.prepare, 1, raw)
    recorder.write(raw, checked.data, checked.prepare, folder / "plain")
    return Prepared(clone, folder / "plain", environment)


def sections(clone: Clone) -> params.Params:
    return params.load(clone.path / "params.yaml", "data", "prepare")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_two_processes_write_the_bytes_of_one(prepared: Prepared, tmp_path: Path) -> None:
    words = ["--direct_num_workers=2", "--direct_running_mode=multi_processing"]
    done = prepared.clone.run("pix2pix", "prepare", "--beam", str(tmp_path / "out"), *words)
    assert done.stdout.startswith("sample: 13 pairs, checked in ")
    written = contents(prepared.plain)
    assert {"manifest.json", "train-00001-of-00002.tfrecord", "train-00001-of-00002.jsonl"} <= written.keys()
    assert contents(tmp_path / "out") == written


def test_a_bucket_gets_the_same_files_and_what_cannot_be_is_refused_and_leaves_nothing(
    prepared: Prepared, tmp_path: Path
) -> None:
    raw, checked = prepared.clone.path / "data/raw", sections(prepared.clone)
    bad = Path(shutil.copytree(raw, tmp_path / "bad"))
    cut(bad, "train/3", "val/1")  # no role uses the pairs of val
    with pytest.raises(DataError, match=r"^2 of 13 pictures cannot be used:\n.*\n.*$") as plain:
        recorder.write(bad, checked.data, checked.prepare, tmp_path / "plain")
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine").write_text("mine")
    (tmp_path / "file").write_text("mine")
    there, out = contents(tmp_path), tmp_path / "out"
    expected = {
        (raw, "s3://bucket/records/"): "",
        (raw, "s3://bucket/records"): "s3://bucket/records: has files already; remove them, or name another place",
        (bad, "s3://bucket/bad"): str(plain.value),
        (bad, out): str(plain.value),
        (raw, tmp_path / "full"): f"{tmp_path}/full: has files already; remove them, or name another place",
        (raw, tmp_path / "file"): f"{tmp_path}/file/work: ",
        (raw, "out[1]"): "out[1]: has one of * ? [ ], ",
        (raw, "nowhere://bucket/out"): "Apache Beam: Unable to get filesystem from specified path",
        (raw, out, "--runer", "FlinkRunner"): "unknown to Apache Beam: --runer FlinkRunner",
        (raw, out, "cake"): "unknown to Apache Beam: cake",
        (tmp_path, out): f"{tmp_path}/archive: it or source.json beside it is missing; ",
    }
    with buckets.s3() as server:
        buckets.put(server, "bucket", "records2", b"")
        told = prepared.told(buckets.ACCESS | {"AWS_ENDPOINT_URL": server.address}, *expected)
        bucket = objects(server, "bucket")
    for said, line in zip(told, expected.values(), strict=True):
        assert said.startswith(line) and (said == line or "\n" not in said)
    assert bucket == {f"records/{name}": content for name, content in contents(prepared.plain).items()} | {
        "records2": b""
    }
    assert contents(tmp_path) == there and not out.exists()


def test_of_two_processes_at_once_the_one_that_goes_leaves_the_others_files(prepared: Prepared, tmp_path: Path) -> None:
    out, nowhere = tmp_path / "out", tmp_path / "nowhere"
    (said,) = prepared.told({}, (nowhere, out), before=ANOTHER)
    assert contents(out) == {"work/claim-0": b"another's", "train.tfrecord": b"another's"}
    assert said == f"{out}: another process writes there, too; name another place, or wait until it has ended"


def objects(server: buckets.Served, bucket: str) -> dict[str, bytes]:
    client = boto3.client("s3", endpoint_url=server.address, aws_access_key_id="a", aws_secret_access_key="b")
    keys = [each["Key"] for each in client.list_objects_v2(Bucket=bucket)["Contents"]]
    return {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def cut(raw: Path, *pairs: str) -> None:
    """Cut the pictures of these pairs in the middle."""
    packed = io.BytesIO()
    with tarfile.open(raw / "archive") as old, tarfile.open(fileobj=packed, mode="w") as new:
        for info in old:
            content = old.extractfile(info).read() if info.isfile() else b""
            if any(f"{pair}." in info.name for pair in pairs):
                content = content[: len(content) // 2]
            info.size = len(content)
            new.addfile(info, io.BytesIO(content))
    (raw / "archive").write_bytes(packed.getvalue())
    told = json.loads((raw / "source.json").read_text(encoding="utf-8"))
    (raw / "source.json").write_text(json.dumps(told | {"sha256": sha256(packed.getvalue())}), encoding="utf-8")
