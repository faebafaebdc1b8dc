"""Damage of every kind, many times over: a clear refusal or the truth, and nothing written anywhere else.

Hypothesis draws the damage; how often is its profile's affair (`--full` for the long form). Counted at the end.
"""

import base64
import contextlib
import copy
import hashlib
import io
import json
import math
import shutil
import tarfile
import tempfile
import warnings
import zipfile
from collections import Counter
from pathlib import Path

import h5py
import hypothesis
import keras
import numpy as np
import pytest
from conftest import CHECKOUT, settings
from hypothesis import strategies as st
from PIL import ExifTags, PngImagePlugin
from PIL import Image as PillowImage
from ruamel.yaml import YAML
from written_records import change_rows, read_rows, seal

from pix2pix import params
from pix2pix.base import files
from pix2pix.base.errors import DataError, ParamsError, UserError
from pix2pix.data import download, manifests, origin, reading, recorder, records, tasks
from pix2pix.data.labels import CMP
from pix2pix.data.layouts import BOTH
from pix2pix.models import about
from pix2pix.models.translator import Translator
from pix2pix.networks import folder as model_folder
from pix2pix.networks.generators.unet import generator

SIZE = 32
MAX_PIXELS = 10**5
PARAMS = settings({"data.image_size": SIZE, "data.evaluation_split": "val", "data.selection_split": "train:2"})
LIMITS = PARAMS.prepare.model_copy(
    update={"max_files": 50, "max_unpacked_gb": 0.001, "max_pixels": MAX_PIXELS, "pairs_per_shard": 2}
)
IDS = ["train/1", "train/2", "train/3", "train/4", "train/5", "val/1", "val/2"]
# A network takes a tenth of a second to load.
MODELS = hypothesis.settings(max_examples=15 + hypothesis.settings().max_examples // 4)
TRIED: Counter[str] = Counter()
REFUSED: Counter[str] = Counter()


@pytest.fixture(scope="module", autouse=True)
def _tally(request):
    """One line at the end, behind pytest's back unless it shows what is printed anyway."""
    yield
    told = ", ".join(f"{kind} {count} ({REFUSED[kind]} refused)" for kind, count in sorted(TRIED.items()))
    full = request.config.getoption("--full")
    manager = request.config.pluginmanager.getplugin("capturemanager")
    with manager.global_and_fixture_disabled() if full else contextlib.nullcontext():
        print(f"\ndamaged inputs tried: {sum(TRIED.values())}: {told}")


@pytest.fixture(autouse=True)
def _nothing_is_only_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def data(**changes):
    return PARAMS.data.model_copy(update={"dataset": "custom", "palette": "none", **changes})


def outcome(kind, work, *names, lines=1):
    """What `work` gives, or its refusal: in words that name the thing and that a terminal may show."""
    TRIED[kind] += 1
    try:
        return work()
    except UserError as error:
        REFUSED[kind] += 1
        told = str(error)
        assert told and told.count("\n") < lines, told
        assert all(line.strip() and line.isprintable() for line in told.split("\n")), repr(told)
        assert all(name in told for name in names), told
        assert len(told) < 2000 * lines
        return error


def listing(root):
    return {path.relative_to(root).as_posix(): path.is_file() and path.read_bytes() for path in root.rglob("*")}


# --- damage -----------------------------------------------------------------------------------------------

PLACE = st.integers(0, 2**32)
# Mostly small: headers are where damage tells.
OFFSET = st.one_of(st.integers(0, 600), PLACE)
LENGTH = st.one_of(st.integers(1, 64), st.integers(1, 2000))
HOW = ("flip", "flip", "flip", "cut", "delete", "insert", "repeat", "overwrite", "zero", "swap", "append", "number")
DAMAGE = st.lists(
    st.tuples(
        st.sampled_from(HOW), OFFSET, PLACE, LENGTH, st.binary(min_size=1, max_size=64), st.sampled_from((1, 512))
    ),
    min_size=1,
    max_size=3,
)


def damaged(content, damage):
    """The bytes after every piece of damage in turn."""
    content = bytearray(content)
    for how, at, other, length, noise, unit in damage:
        size = max(len(content), 1)
        # From the front or from the end: both have headers.
        at = at % size // unit * unit if other % 2 else (size - 1 - at % size) // unit * unit
        other, length = other % size // unit * unit, -(-length // unit) * unit
        if how == "flip" and content:
            content[at] ^= 1 << other % 8
        elif how == "cut":
            del content[at:]
        elif how == "delete":
            del content[at : at + length]
        elif how == "insert":
            content[at:at] = noise
        elif how == "repeat":
            content[other:other] = content[at : at + length]
        elif how == "overwrite":
            content[at : at + len(noise)] = noise
        elif how == "zero":
            content[at : at + length] = bytes(len(content[at : at + length]))
        elif how == "swap":
            here, there = sorted((at, other))
            length = min(length, there - here, len(content) - there)
            content[here : here + length], content[there : there + length] = (
                content[there : there + length], content[here : here + length],
            )  # fmt: skip
        elif how == "append":
            content += noise
        elif how == "number" and len(content) >= at + 4:
            content[at : at + 4] = (0, 0xFF, 0x7F, 0x80)[other % 4].to_bytes(1, "little") * 4
    return bytes(content)


CONTROL = "\x1b[2J\n\r\u2028\u202e\0"
DEEP = "@deep@"
ODD = st.one_of(
    st.sampled_from(
        [
            None, True, False, 0, 1, -1, 2**31, 2**63, -(2**64), 10**300, 0.5, -0.0, 1e308, math.nan, math.inf,
            -math.inf, "", "0", "train", CONTROL, "../../etc/passwd", "/dev/zero", "a" * 5000, "\ud800", "é" * 99,
            DEEP, [], {}, [[]], [None], {"class_name": "x"}, {CONTROL: CONTROL}, {"": {}}, list(range(300)), "~",
            "file:///", "0" * 64,
        ]
    ),
    st.integers(), st.floats(), st.text(max_size=20), st.lists(st.integers(-9, 9), max_size=4),
)  # fmt: skip
EDITS = st.lists(
    st.tuples(st.sampled_from(("replace", "replace", "drop", "repeat", "add", "swap", "nudge")), PLACE, PLACE, ODD),
    min_size=1,
    max_size=3,
)


def places(tree):
    """Every container of a tree with each of its keys."""
    keys = list(tree) if isinstance(tree, dict) else list(range(len(tree))) if isinstance(tree, list) else []
    return [place for key in keys for place in ((tree, key), *places(tree[key]))]


def edited(tree, edits):
    """A copy of a JSON tree after every edit in turn."""
    tree = json.loads(json.dumps(tree))
    for how, at, other, value in edits:
        found = places(tree)
        if not found:
            break
        holder, key = found[at % len(found)]
        value = copy.deepcopy(value)  # a later edit may change it
        if how == "replace":
            holder[key] = value
        elif how == "drop":
            del holder[key]
        elif how == "repeat" and isinstance(holder, list):
            holder.insert(other % (len(holder) + 1), holder[key])
        elif how == "add" and isinstance(holder, dict):
            holder[value if isinstance(value, str) else "more"] = value
        elif how == "swap":
            there, again = found[other % len(found)]
            if not within(there, holder[key]) and not within(holder, there[again]):
                holder[key], there[again] = there[again], holder[key]
        elif how == "nudge" and type(holder[key]) in (int, float):
            holder[key] += (-1, 1, 4, 0.5)[other % 4]
        elif how == "nudge" and isinstance(holder[key], str) and holder[key]:
            cut = other % len(holder[key])
            holder[key] = holder[key][:cut] + "0" + holder[key][cut + 1 :]
    return tree


def within(inner, tree):
    return inner is tree or any(inner is holder[key] for holder, key in places(tree))


def text_of(tree):
    """JSON of an edited tree; not always valid, as the tree may be deep or hold half a letter."""
    return json.dumps(tree, indent=1).replace(json.dumps(DEEP), "[" * 20_000 + "]" * 20_000)


# --- pictures ---------------------------------------------------------------------------------------------


def pixels(seed, width=2 * SIZE, height=SIZE):
    """Noise that compresses well: photo and labels."""
    random = np.random.default_rng(seed)
    return CMP.colours[random.integers(0, 12, (height // 4, width // 4))].repeat(4, 0).repeat(4, 1)


def encoded(kind, mode="RGB", seed=0, **options):
    picture = PillowImage.fromarray(pixels(seed)).convert(mode)
    if mode == "I;16":
        picture = PillowImage.fromarray(pixels(seed)[..., 0].astype(np.uint16) << 8)
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def upright():
    exif = PillowImage.Exif()
    exif[ExifTags.Base.Orientation] = 1
    exif[ExifTags.Base.Software] = "a camera"
    return exif


def told_png():
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "words " * 50, zip=True)
    info.add_itxt("Title", "more words")
    return info


PICTURES = {
    "jpeg": encoded("JPEG"),
    "jpeg progressive": encoded("JPEG", progressive=True, exif=upright(), icc_profile=b"profile" * 9),
    "jpeg cmyk": encoded("JPEG", "CMYK"),
    "png": encoded("PNG", pnginfo=told_png(), exif=upright(), icc_profile=b"profile" * 9),
    "png palette": encoded("PNG", "P"),
    "png 16": encoded("PNG", "I;16"),
    "png alpha": encoded("PNG", "RGBA"),
    "tiff": encoded("TIFF", exif=upright()),
    "tiff lzw": encoded("TIFF", compression="tiff_lzw"),
    "tiff deflate": encoded("TIFF", compression="tiff_adobe_deflate"),
    "tiff jpeg": encoded("TIFF", compression="jpeg"),
    "gif": encoded("GIF", "P"),
    "webp": encoded("WEBP", exif=upright()),
    "webp lossless": encoded("WEBP", lossless=True),
    "bmp": encoded("BMP"),
    "bmp palette": encoded("BMP", "P"),
    "ppm": encoded("PPM"),
    "pgm": encoded("PPM", "L"),
}


# Label map and photo, as `read` takes them.
OF_PAIRS = params.Data(image_size=SIZE)
TASK, HALVES = tasks.task(OF_PAIRS), tasks.halves(OF_PAIRS)


@pytest.mark.parametrize("kind", ["jpeg", "png", "tiff", "gif", "webp", "bmp", "ppm"])
@hypothesis.given(st.data())
def test_a_damaged_picture_is_refused_or_is_two_halves(kind, drawn):
    names = {name: PICTURES[name] for name in PICTURES if name.startswith((kind, "pgm" if kind == "ppm" else kind))}
    name = drawn.draw(st.sampled_from(sorted(names)))
    contents = damaged(names[name], drawn.draw(DAMAGE))
    pair = outcome("pictures", lambda: reading.read({BOTH: contents}, TASK, HALVES, MAX_PIXELS))
    if not isinstance(pair, DataError):
        assert math.prod(pair.size) <= MAX_PIXELS
        assert {name: (half.shape, half.dtype) for name, half in pair.example.items()} == dict.fromkeys(
            HALVES, ((SIZE, SIZE, 3), np.uint8)
        )
        if kind == "png":  # every chunk has a checksum
            whole = reading.read({BOTH: names[name]}, TASK, HALVES, MAX_PIXELS)
            assert all(np.array_equal(pair.example[half], whole.example[half]) for half in HALVES)


@pytest.mark.parametrize("name", PICTURES)
def test_the_whole_pictures_are_good(name):
    assert reading.read({BOTH: PICTURES[name]}, TASK, HALVES, MAX_PIXELS).size[0] == 2 * SIZE


# --- archives ---------------------------------------------------------------------------------------------


def member(name, size):
    info = tarfile.TarInfo(name)
    info.size = size
    return info


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    """A folder with a tar, a tar.gz and a zip of the same pictures."""
    entries = {f"top/{pair}.png": encoded("PNG", seed=number) for number, pair in enumerate(IDS)}
    entries["top/README"] = b"not a picture"
    folder = tmp_path_factory.mktemp("archives")
    for kind, mode in (("tar", "w"), ("tar.gz", "w:gz")):
        with tarfile.open(folder / kind, mode) as tar:
            for name, contents in entries.items():
                tar.addfile(member(name, len(contents)), io.BytesIO(contents))
    with zipfile.ZipFile(folder / "zip", "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, contents in entries.items():
            zipped.writestr(name, contents)
    return folder


def through(root, contents):
    """Download and prepare, as the stages do; gives the manifest and the rows."""
    (root / "in").mkdir()
    (root / "in/archive.any").write_bytes(contents)
    download.fetch(data(url=(root / "in/archive.any").as_uri()), LIMITS, 1, root / "data/raw")
    manifest = recorder.write(root / "data/raw", data(), LIMITS, root / "data/records")
    rows = read_rows(root / "data/records")
    return manifest, {(row["role"], row["id"], *row["sha256"].items()) for row in rows}


def in_tar(contents):
    """The pictures that a tar's headers name, wherever a header stands."""
    found = []
    for at in range(0, len(contents) - 511, 512):
        with contextlib.suppress(tarfile.HeaderError):
            info = tarfile.TarInfo.frombuf(contents[at : at + 512], "utf-8", "surrogateescape")
            found += [info.name.removeprefix("top/").removesuffix(".png")] if info.name.endswith(".png") else []
    return found


@pytest.fixture(scope="module")
def honest(archives):
    """What the undamaged archives give: the same, whatever their kind."""
    told = []
    for path in archives.iterdir():
        with tempfile.TemporaryDirectory() as root:
            told.append(through(Path(root), path.read_bytes())[1])
    assert told[0] == told[1] == told[2] and len(told[0]) == len(IDS)
    return told[0]


@pytest.mark.parametrize("kind", ["tar", "tar.gz", "zip"])
@hypothesis.given(damage=DAMAGE)
def test_a_damaged_archive_is_refused_or_gives_the_same_pairs(archives, honest, kind, damage):
    contents = damaged((archives / kind).read_bytes(), damage)
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        got = outcome("archives", lambda: through(root, contents), lines=1 + len(IDS))
        there = listing(root)
        assert there.pop("in/archive.any") == contents
        made = {path for path, content in there.items() if content is not False}
        if isinstance(got, DataError):
            assert made in (set(), {"data/raw/archive", "data/raw/source.json"}), "whole or not at all"
            return
        manifest, rows = got
        shards = {shard.file for role in manifest.roles.values() for shard in role.shards}
        beside = {name.replace(".tfrecord", ".jsonl") for name in shards}
        records_ = {f"data/records/{name}" for name in shards | beside | {"manifest.json"}}
        assert made == {"data/raw/archive", "data/raw/source.json"} | records_
    if kind == "tar":  # it has checksums of names, none of contents; a member taken out as a whole leaves no trace
        assert {row[2] for row in rows} <= {row[2] for row in honest}
        assert sum(manifest.splits.values()) == len(in_tar(contents))
    else:
        assert rows == honest


# --- records ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def written(archives, tmp_path_factory):
    root = tmp_path_factory.mktemp("written")
    through(root, (archives / "tar").read_bytes())
    return root / "data"


def loaded(folder):
    """All that training and evaluation read: the manifest, and every pair of every role."""
    content = manifests.expected(folder, data())
    manifests.digest(content)
    read = {}
    for role in content.roles:
        found = records.load(folder, role)
        read[role] = [(id_, b"".join(map(bytes, each.values()))) for id_, each in zip(found.ids, found, strict=True)]
    return content, read


@contextlib.contextmanager
def copied(folder):
    with tempfile.TemporaryDirectory() as root:
        yield Path(shutil.copytree(folder, Path(root) / folder.name))


@hypothesis.given(st.data())
def test_damaged_records_are_found_before_training(written, drawn):
    whole = loaded(written / "records")
    with copied(written / "records") as folder:
        path = drawn.draw(st.sampled_from(sorted(folder.iterdir())))
        path.write_bytes(damaged(path.read_bytes(), drawn.draw(DAMAGE)))
        before = listing(folder.parent)
        got = outcome("records", lambda: loaded(folder), str(folder))
        assert isinstance(got, DataError) or got == whole
        assert listing(folder.parent) == before


@hypothesis.given(edits=EDITS, resealed=st.booleans())
def test_a_manifest_that_says_something_else_is_found_before_training(written, edits, resealed):
    whole = loaded(written / "records")
    with copied(written / "records") as folder:
        told = edited(json.loads((folder / "manifest.json").read_text()), edits)
        if resealed and isinstance(told, dict):
            told.pop("sha256", None)
            told = manifests.sealed(told)
        (folder / "manifest.json").write_text(text_of(told))
        got = outcome("manifests", lambda: loaded(folder), str(folder))
        if isinstance(got, DataError):
            return
        # Who writes a new seal may say other things of a pair; its pixels and its place are what they were.
        assert got[1] == whole[1] if resealed else got == whole


@hypothesis.given(edits=EDITS)
def test_rows_that_say_something_else_are_found_before_training(written, edits):
    whole = loaded(written / "records")
    with copied(written / "records") as folder:
        shard = whole[0].roles["train"].shards[0].file

        def edit(told):
            changed = edited(told, edits)
            told[:] = changed if isinstance(changed, list) else [changed]

        change_rows(folder, shard, edit)
        got = outcome("rows", lambda: loaded(folder), str(folder))
        # Who writes new hashes may say other things of a pair; its pixels and its place are what they were.
        assert isinstance(got, DataError) or got[1] == whole[1]


@hypothesis.given(damage=DAMAGE, cut=st.booleans())
def test_records_with_hashes_to_match_their_damage_can_still_be_read(written, damage, cut):
    """Whoever writes new hashes can say what they like; but not so that training fails later."""
    with copied(written / "records") as folder:
        shard = loaded(folder)[0].roles["train"].shards[0].file
        contents = damaged((folder / shard).read_bytes(), damage[:1])
        (folder / shard).write_bytes(contents[: -len(contents) // 3] if cut else contents)
        seal(folder, shard)
        got = outcome("records", lambda: loaded(folder), str(folder))
        if not isinstance(got, DataError):
            assert [pair for pair, _ in got[1]["train"]] == [row["id"] for row in read_rows(folder, "train")]
            assert {len(halves) for role in got[1].values() for _, halves in role} == {2 * 3 * SIZE**2}


@hypothesis.given(st.data())
def test_a_damaged_source_file_is_one_line(written, drawn):
    with tempfile.TemporaryDirectory() as root:
        folder = Path(shutil.copytree(written / "raw", Path(root) / "raw"))
        said = json.loads((folder / "source.json").read_text())
        text = drawn.draw(
            st.one_of(
                st.builds(lambda edits: text_of(edited(said, edits)).encode(), EDITS),
                st.builds(lambda damage: damaged(json.dumps(said).encode(), damage), DAMAGE),
            )
        )
        (folder / "source.json").write_bytes(text)
        outcome("manifests", lambda: origin.read(folder), str(folder))


# --- parameters -------------------------------------------------------------------------------------------

# Put where a value stands.
YAML_TRICKS = [
    "!!int ''", "!!int x", "!!int 0x", "!!float ''", "!!float x", "!!bool x", "!!null x", "!!timestamp x",
    "!!binary '@'", "!!binary é", "!!set {a, b}", "!!omap [a: 1]", "!!omap x", "!!pairs [a: 1]", "!!set x", "!!map x",
    "!!seq x", "!!str {}", "!!python/object/apply:os.system [touch owned]", "!!python/name:os.system", "!x y",
    "!<tag:x> y", "!", "! 1", "*missing", "&a [*a]", "&a {b: *a}", "&a &b 1", "{<<: *x}", "{<<: 1}", "{<<: [1]}",
    "&a {<<: *a}", "{[1]: 2}", "{{a: 1}: 2}", "? [1]\n  : 2", "'unclosed", '"\\x"', '"\\ud800"', '"\\0"',
    '"\\e[2J\\n"', "|\n\t x", ">-\n x", "\tx", "a: b: c", "- a", "[a", "{a", "]", "@x", "`x", "%x", "%YAML 9.9\n---",
    "---\n...", "...", "0x" + "F" * 10_000, "0o" + "7" * 20_000, "9" * 5000, "0b" + "1" * 40_000, "-0x1",
    "1e999999999", ".inf", "-.inf", ".nan", "1_000", "0777", "1:30", "2024-01-01", "2024-13-45",
    "2024-01-01T99:00:00Z", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "\ufeff", "\u2028", "\x85", "~",
    "null", "", "[" * 500 + "]" * 500, "{a: " * 500 + "}" * 500, "[" * 50_000, "yes", "off", "# x", "é" * 5000,
    "'" + "a" * 10_000 + "'",
]  # fmt: skip
LAUGHS = "x0: &x0 [lol]\n" + "".join(f"x{n + 1}: &x{n + 1} [{', '.join([f'*x{n}'] * 9)}]\n" for n in range(30))
MERGES = "x0: &x0 {a: 1}\n" + "".join(f"x{n + 1}: &x{n + 1} {{<<: [{', '.join([f'*x{n}'] * 9)}]}}\n" for n in range(30))
TEXT = (CHECKOUT / "params.yaml").read_text(encoding="utf-8")
DEFAULTS = params.Params().model_dump()


@st.composite
def parameter_files(draw):
    how = draw(st.sampled_from(("bytes", "json", "trick", "trick", "bomb")))
    if how == "bytes":
        return damaged(TEXT.encode(), draw(DAMAGE))
    if how == "json":
        return text_of(edited(DEFAULTS, draw(EDITS))).encode()
    lines = [line for line in TEXT.splitlines() if not line.lstrip().startswith("#")]
    at = draw(st.integers(0, len(lines) - 1))
    key = lines[at].partition(":")[0]
    if how == "trick":
        trick = draw(st.sampled_from(YAML_TRICKS))
        lines[at] = draw(st.sampled_from([f"{key}: {trick}", f"{trick}: 1", trick, f"  {trick}: {trick}"]))
        return "\n".join(lines).encode(errors="surrogatepass")
    lines[at] = f"{key}: *x{draw(st.integers(0, 30))}"
    return (draw(st.sampled_from((LAUGHS, MERGES))) + "\n".join(lines)).encode()


@hypothesis.given(contents=parameter_files())
def test_a_damaged_parameters_file_is_refused_or_is_what_it_says(tmp_path, contents):
    path = tmp_path / "params.yaml"
    path.write_bytes(contents)
    got = outcome("params", lambda: params.load(path), str(path), lines=100)
    assert listing(tmp_path) == {"params.yaml": contents}
    if not isinstance(got, ParamsError):
        said = YAML(typ="safe", pure=True).load(contents.decode())
        made = got.model_dump()
        known = {"direction": "right_to_left", "palette": "cmp", "label_half": "right", "label_folder": "inputs"}
        said["data"] |= {key: value for key, value in known.items() if said["data"][key] == "auto"}
        assert made == said, "nothing is guessed"


@pytest.mark.parametrize("trick", YAML_TRICKS)
@pytest.mark.parametrize("place", ["seed: {}", "{}: 1", "{}"])
def test_every_trick_of_yaml_is_refused_or_read(tmp_path, trick, place):
    text = TEXT.replace("seed: 42", place.replace("{}", trick))
    (tmp_path / "params.yaml").write_text(text, encoding="utf-8")
    got = outcome("params", lambda: params.load(tmp_path / "params.yaml"), "params.yaml", lines=100)
    assert isinstance(got, ParamsError) or got.seed == YAML(typ="safe", pure=True).load(text)["seed"]
    assert not (CHECKOUT / "owned").exists()


# --- model folders ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The smallest generator's folder."""
    folder = tmp_path_factory.mktemp("model") / "generator"
    model_folder.save(generator((SIZE, SIZE), filters=1), folder, about.of(PARAMS, "0" * 16, 1, "last").told())
    return folder


def rehash(folder):
    """Hashes that match what is there: an attacker can write those too."""
    told = json.loads((folder / "about.json").read_text())
    told |= {key: files.sha256(folder / name) for name, key in model_folder.HASHED.items()}
    (folder / "about.json").write_text(json.dumps(told))


def weights_of(translator):
    return [weight.numpy().tobytes() for weight in translator._generator._model.weights]


@MODELS
@hypothesis.given(st.data())
def test_a_damaged_model_folder_is_refused_or_is_the_same_network(model, drawn):
    with copied(model) as folder:
        path = drawn.draw(st.sampled_from(sorted(folder.iterdir())))
        path.write_bytes(damaged(path.read_bytes(), drawn.draw(DAMAGE)))
        before = listing(folder.parent)
        got = outcome("models", lambda: Translator.load(folder), str(folder))
        assert listing(folder.parent) == before
        assert isinstance(got, DataError) or weights_of(got) == weights_of(Translator.load(model))


@MODELS
@hypothesis.given(edits=EDITS, name=st.sampled_from(("about.json", "architecture.json", "architecture.json")))
def test_a_hostile_architecture_is_refused_or_is_a_generator(model, edits, name):
    with copied(model) as folder:
        told = edited(json.loads((folder / name).read_text()), edits)
        (folder / name).write_text(text_of(told))
        if name == "architecture.json":
            rehash(folder)
        got = outcome("models", lambda: Translator.load(folder), str(folder))
        if not isinstance(got, DataError):
            assert got.task.input.shape == (SIZE, SIZE, 3)


def payload(mark):
    """Code that leaves a mark where it is run."""
    return f"__import__('pathlib').Path({str(mark)!r}).touch()"


def lambda_layer(mark):
    call = eval(f"lambda x: ({payload(mark)}, x)[1]")
    return keras.saving.serialize_keras_object(keras.layers.Lambda(call, output_shape=(4,)))  # not called yet


def part(module, name, config, registered=None):
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}


def hostile_parts(mark):
    touch = f"touch {mark}"
    pickled = base64.b64encode(b"cos\nsystem\n(S'" + touch.encode() + b"'\ntR.").decode()
    return {
        "lambda": lambda_layer(mark),
        "lambda function": part("builtins", "function", payload(mark), "function"),
        "__lambda__": {
            "class_name": "__lambda__",
            "config": {"value": lambda_layer(mark)["config"]["function"]["config"]},
        },
        "os.system": part("os", "system", {"command": touch}),
        "os.system as a function": part("os", "function", "system", "system"),
        "subprocess": part("subprocess", "Popen", {"args": touch, "shell": True}),
        "eval": part("builtins", "eval", payload(mark)),
        "eval as a function": part("builtins", "function", "eval", "eval"),
        "keras.utils.get_file": part("keras.utils", "get_file", {"fname": str(mark), "origin": "file:///etc/hostname"}),
        "unsafe": part("keras.config", "enable_unsafe_deserialization", {}),
        "saved model": part("keras.layers", "TFSMLayer", {"filepath": str(mark.parent)}),
        "torch": part("keras.layers", "TorchModuleWrapper", {"module": pickled}),
        "vocabulary": part("keras.layers", "StringLookup", {"vocabulary": "/etc/passwd"}),
        "typespec": {**part("tensorflow", "__typespec__", []), "spec_name": "TensorSpec"},
        "registered": part("keras.layers", "ReLU", {"name": "x"}, "hostile>Marks"),
        "registered by name": part(None, "Marks", {"mark": str(mark)}, "hostile>Marks"),
        "a source module": part("keras.src.legacy.saving.legacy_h5_format", "load_model_from_hdf5", {"filepath": "x"}),
        "legacy": {"class_name": "Lambda", "config": lambda_layer(mark)["config"]},
    }


@keras.saving.register_keras_serializable(package="hostile")
class Marks(keras.layers.Layer):
    """A layer of somebody else's that is known to Keras in this process."""

    def __init__(self, mark="", **options):
        super().__init__(**options)
        if mark:
            Path(mark).touch()

    @classmethod
    def from_config(cls, config):
        return cls(config.get("mark", "registered"))


def put_as_layer(told, hostile):
    place = next(layer for layer in told["config"]["layers"] if layer["class_name"] == "ReLU")
    place.update({key: value for key, value in hostile.items() if key != "name"})


def put_as_activation(told, hostile):
    told["config"]["layers"][1]["config"]["activation"] = hostile


def put_as_initializer(told, hostile):
    told["config"]["layers"][1]["config"]["kernel_initializer"] = hostile


def put_as_argument(told, hostile):
    told["config"]["layers"][1]["inbound_nodes"][0]["kwargs"]["mask"] = hostile


def put_as_compile_config(told, hostile):
    told["compile_config"] = {"optimizer": hostile, "loss": hostile}


def put_as_model(told, hostile):
    told.clear()
    told.update(hostile)


PUT = [put_as_layer, put_as_activation, put_as_initializer, put_as_argument, put_as_compile_config, put_as_model]


@pytest.mark.parametrize("put", PUT)
@pytest.mark.parametrize("name", hostile_parts(Path("mark")))
def test_a_part_that_is_not_ours_is_refused_and_nothing_runs(model, tmp_path, monkeypatch, name, put):
    monkeypatch.chdir(tmp_path)
    folder = Path(shutil.copytree(model, tmp_path / "generator"))
    told = json.loads((folder / "architecture.json").read_text())
    put(told, hostile_parts(tmp_path / "mark")[name])
    assert not (tmp_path / "mark").exists()
    (folder / "architecture.json").write_text(json.dumps(told))
    rehash(folder)
    before = listing(tmp_path)
    got = outcome("models", lambda: model_folder.load(folder), str(folder))
    assert isinstance(got, DataError) and "is no part of our networks" in str(got)
    assert listing(tmp_path) == before


def test_the_payload_of_these_tests_would_leave_its_mark(tmp_path):
    """Without our checks and without safe mode: else the tests above would prove nothing."""
    layer = keras.saving.deserialize_keras_object(lambda_layer(tmp_path / "mark"), safe_mode=False)
    assert not (tmp_path / "mark").exists()
    layer(np.zeros((1, 4)))
    assert (tmp_path / "mark").exists()
    keras.saving.deserialize_keras_object(hostile_parts(tmp_path / "other")["registered by name"])
    assert (tmp_path / "other").exists()


def test_a_model_with_a_part_that_would_be_refused_is_not_saved(tmp_path):
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    with pytest.raises(ValueError, match="no part of our networks"):
        model_folder.save(other, tmp_path / "model", {})
    assert listing(tmp_path) == {}


def test_an_architecture_of_more_weights_than_its_file_takes_no_memory(model, tmp_path):
    folder = Path(shutil.copytree(model, tmp_path / "generator"))
    told = json.loads((folder / "architecture.json").read_text())
    last = told["config"]["layers"][-1]
    last["config"].update(filters=2**40, kernel_size=[2**8, 2**8])
    (folder / "architecture.json").write_text(json.dumps(told))
    rehash(folder)
    got = outcome("models", lambda: model_folder.load(folder), str(folder))
    assert isinstance(got, DataError) and "its weights need" in str(got)


def external_link(file, path, secret):
    del file[path]
    file[path] = h5py.ExternalLink(str(secret), "/secret")


def external_group(file, path, secret):
    group = path.rsplit("/", 1)[0]
    del file[group]
    file[group] = h5py.ExternalLink(str(secret), "/")


def soft_link(file, path, _):
    del file[path]
    file[path] = h5py.SoftLink("/" + next(other for other in datasets(file) if other != path))


def external_storage(file, path, secret):
    shape, kind = file[path].shape, file[path].dtype
    del file[path]
    file.create_dataset(path, shape, kind, external=[(str(secret), 0, int(np.prod(shape)) * 4)])


def virtual(file, path, secret):
    layout = h5py.VirtualLayout(file[path].shape, file[path].dtype)
    layout[...] = h5py.VirtualSource(str(secret), "secret", file[path].shape)
    del file[path]
    file.create_virtual_dataset(path, layout)


def datasets(file):
    found = []
    file.visititems(lambda name, item: found.append(name) if isinstance(item, h5py.Dataset) else None)
    return found


@pytest.mark.parametrize("trick", [external_link, external_group, soft_link, external_storage, virtual])
def test_weights_that_lie_in_another_file_are_refused(model, tmp_path, trick):
    folder = Path(shutil.copytree(model, tmp_path / "generator"))
    with h5py.File(folder / "model.weights.h5", "r+") as file:
        path = next(name for name in datasets(file) if "seed" not in name)
        with h5py.File(tmp_path / "secret", "w") as secret:
            secret["secret"] = file[path][...]
            secret["0"] = file[path][...]
        trick(file, path, tmp_path / "secret")
    rehash(folder)
    got = outcome("models", lambda: model_folder.load(folder), str(folder))
    assert isinstance(got, DataError)


def test_hashes_are_of_the_files(model):
    told = json.loads((model / "about.json").read_text())
    for name, key in model_folder.HASHED.items():
        assert told[key] == hashlib.sha256((model / name).read_bytes()).hexdigest()
