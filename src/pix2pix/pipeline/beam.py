"""Records of an archive, written by the workers of Apache Beam: the same bytes as `recorder.write`.

The process that starts the pipeline reads the archive once, front to back, and puts the undecoded pictures into one
file, `work/pictures` in the target folder. A worker takes a group of pairs, reads their pictures from that file,
inspects them, and writes their shard. The facts about all pairs come back as text; the manifest is written last.
"""

import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import apache_beam
from apache_beam.io import ReadFromText, WriteToText
from apache_beam.io.filesystem import BeamIOError
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from pydantic import TypeAdapter

from pix2pix import params
from pix2pix.base.errors import DataError, UsageError, UserError, one_line
from pix2pix.data import archive, decoding, inspection, manifests, origin, prepared, shard_writer
from pix2pix.data.archive import Contents, Place
from pix2pix.data.inspection import Facts
from pix2pix.data.manifests import Manifest, Shard
from pix2pix.data.recording import Recording
from pix2pix.data.shard_writer import Group, Written

# Beam's `DirectRunner` would first try to download a program that runs pipelines.
_RUNNER = "FnApiRunner"


class _Job(NamedTuple):
    """A group, and where its pictures are."""

    number: int
    group: Group
    places: dict[str, dict[str, Place]]
    class_ids: dict[str, int]


class _Result(NamedTuple):
    """What became of a group; a text says why a pair cannot be used."""

    number: int
    found: list[Facts | str]
    shard: Shard | None


_JOB, _RESULT = TypeAdapter(_Job), TypeAdapter(_Result)


def write(source: Path, data: params.Data, limits: params.Prepare, out: str, words: Sequence[str]) -> Manifest:
    """Turn an archive into records. The manifest is written last; if there is none, no other file is left either.

    Args:
        source: the folder that `download.fetch` wrote.
        data: the `data` section of the parameters.
        limits: the `prepare` section.
        out: a folder, or an address of a bucket (`s3://…`, `gs://…`), that all workers can reach. It gets the shards,
            their rows and `manifest.json`.
        words: Beam's own options, such as `--runner=DataflowRunner`.

    Raises:
        UserError: an option is unknown, `out` has files already or cannot be reached, or the pipeline failed; or see
            `recorder.write`.
    """
    if any(letter in out for letter in "*?[]"):
        raise UsageError(f"{out}: has one of * ? [ ], which Apache Beam takes for a pattern; name another place")
    options = _options(words)
    FileSystems.set_options(options)
    out = out.rstrip("/") if "://" in out else str(Path(out).resolve())
    with _explained():
        _claim(out)
        try:
            manifest = _write(source, data, limits, out, options)
            _remove(f"{out}/work")
        except BaseException:
            _remove(out)
            raise
    return manifest


def _claim(out: str) -> None:
    """Make a place this process' own, by a file that it alone writes there.

    If two processes begin at once, at least one sees the other's file and gives up. It removes only its own file.

    Raises:
        UsageError: the place has files already, or another process has begun at the same time.
    """
    if _files(f"{out}/"):
        raise UsageError(f"{out}: has files already; remove them, or name another place")
    claim = f"{out}/work/claim-{secrets.token_hex(8)}"
    with FileSystems.create(claim) as file:
        file.write(b"\n")  # a bucket need not take an empty file
    if len(_files(f"{out}/")) > 1:
        FileSystems.delete([claim])
        raise UsageError(f"{out}: another process writes there, too; name another place, or wait until it has ended")


def _options(words: Sequence[str]) -> PipelineOptions:
    """Return Beam's options.

    Raises:
        UsageError: Beam does not know one; it would pass over it.
    """
    options, unknown = PipelineOptions([*words]), list[str]()
    options.get_all_options(add_extra_args_fn=lambda known: unknown.extend(known.parse_known_args([*words])[1]))
    if unknown:
        raise UsageError(f"unknown to Apache Beam: {one_line(' '.join(unknown))}")
    chosen = options.view_as(StandardOptions)
    chosen.runner = chosen.runner or _RUNNER
    return options


def _write(source: Path, data: params.Data, limits: params.Prepare, out: str, options: PipelineOptions) -> Manifest:
    made = origin.read(source)
    if prepared.is_manifest(made.address):
        raise DataError(f"{made.address}: these records are made already; `dvc repro prepare` takes them")
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        file = FileSystems.create(f"{out}/work/pictures")
        with archive.Pictures(source / "archive", data, limits, scratch, made.address, file) as pictures:
            recording = Recording(made, pictures, data, limits.pairs_per_shard)
            with FileSystems.create(f"{out}/work/jobs") as jobs:
                for number, group in enumerate(recording.groups):
                    jobs.write(_JOB.dump_json(_job(number, group, pictures)) + b"\n")
        with apache_beam.Pipeline(options=options) as pipeline:
            waiting = pipeline | ReadFromText(f"{out}/work/jobs") | apache_beam.Reshuffle()
            results = waiting | apache_beam.ParDo(_Work(data, limits.max_pixels, out))
            _ = results | WriteToText(f"{out}/work/results")
        for group, written in zip(recording.groups, _results(out), strict=True):
            recording.add(group, written)
        manifest = recording.manifest()
        manifests.write(scratch, manifest)
        _send(scratch, out)
    return manifest


def _job(number: int, group: Group, pictures: archive.Pictures) -> _Job:
    places = {pair: {**pictures.places[pair]} for pair in group.pairs}
    class_ids = {pair: pictures.class_ids[pair] for pair in group.pairs if pair in pictures.class_ids}
    return _Job(number, group, places, class_ids)


class _Work(apache_beam.DoFn):
    """Takes a `_Job` as text, writes its shard, and yields its `_Result` as text."""

    def __init__(self, data: params.Data, max_pixels: int, out: str) -> None:
        self._data, self._max_pixels, self._out = data, max_pixels, out

    def setup(self) -> None:
        """Begin in a worker."""
        decoding.refuse_warnings()

    def process(self, element: str) -> Iterator[str]:
        """Do one job. Done twice, it writes the same bytes again."""
        job = _JOB.validate_json(element)
        with FileSystems.open(f"{self._out}/work/pictures") as file, tempfile.TemporaryDirectory() as folder:
            contents = Contents(file, job.places, job.class_ids)
            results = inspection.inspected(contents, self._data, self._max_pixels, job.group.pairs)
            found, shard = shard_writer.write(Path(folder), job.group, results)
            _send(Path(folder), self._out)
        told = [str(each) if isinstance(each, DataError) else each for each in found]
        yield _RESULT.dump_json(_Result(job.number, told, shard)).decode()


def _results(out: str) -> Iterator[Written]:
    """Yield what became of each group, in the order of the groups."""
    results = []
    for path in _files(f"{out}/work/results"):
        with FileSystems.open(path) as file:
            results += [_RESULT.validate_json(line) for line in file.read().splitlines()]
    for result in sorted(results, key=lambda result: result.number):
        yield Written([DataError(each) if isinstance(each, str) else each for each in result.found], result.shard)


def _send(folder: Path, out: str) -> None:
    """Copy the files of a local folder to a place."""
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file, FileSystems.create(f"{out}/{path.name}") as target:
            shutil.copyfileobj(file, target)


def _files(place: str) -> list[str]:
    """Return the paths of all files whose paths begin with that of a place."""
    (found,) = FileSystems.match([f"{place}**"])
    return [file.path for file in found.metadata_list]


def _remove(place: str) -> None:
    """Remove all files at a place."""
    if "://" in place:
        FileSystems.delete(_files(f"{place}/"))
    else:
        shutil.rmtree(place, ignore_errors=True)


@contextmanager
def _explained() -> Iterator[None]:
    """Turn what Beam raises into one line.

    Raises:
        UserError: Beam has raised something.
    """
    try:
        yield
    except BeamIOError as error:
        raise UserError(f"Apache Beam: {one_line(error)}") from None
    except (UserError, OSError, MemoryError):
        raise
    except Exception as error:  # a worker's error is text, and ends with its message
        raise UserError(f"Apache Beam: {one_line(str(error).strip().rpartition(chr(10))[2])}") from None
