import os
from pathlib import Path

import pytest

from pix2pix.base.errors import UsageError
from pix2pix.commands.inputs import Job, plan

OUT = Path("out")


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty folder to be in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*names):
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()


def jobs(*inputs, out=OUT, force=False):
    return [(str(source), str(target)) for source, target in plan(inputs, out, force)]


def refusal(*inputs, out=OUT, force=False):
    with pytest.raises(UsageError) as caught:
        plan(inputs, out, force)
    assert caught.value.exit_status == 2
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "made"),
    [("1.jpg", "1.png"), ("a/b/c.d.PNG", "c.d.png"), ("scan", "scan.png"), ("v1.5", "v1.5.png"), (".x.gif", ".x.png")],
)
def test_a_file_goes_into_the_output_folder_by_its_own_name(name, made):
    touch(name)
    assert plan([name], OUT, False) == [Job(Path(name), OUT / made)]


def test_a_folders_pictures_keep_their_place_and_come_in_natural_order():
    touch("in/10.jpg", "in/2.jpg", "in/deep/er/1.webp", "in/notes.txt", "in/.hidden.jpg", "in/.cache/1.jpg")
    assert jobs("in") == [
        ("in/2.jpg", "out/2.png"),
        ("in/10.jpg", "out/10.png"),
        ("in/deep/er/1.webp", "out/deep/er/1.png"),
    ]


def test_links_to_folders_are_not_followed_and_links_to_pictures_are(here):
    touch("in/1.jpg", "elsewhere/2.jpg")
    Path("in/circle").symlink_to(here / "in")
    Path("in/2.jpg").symlink_to(here / "elsewhere/2.jpg")
    assert jobs("in") == [("in/1.jpg", "out/1.png"), ("in/2.jpg", "out/2.png")]


def test_a_pattern_means_what_it_meets_and_a_name_that_looks_like_one_means_itself(here):
    touch("in/10.jpg", "in/2.jpg", "in/deep/3.jpg", "in/deep/4.txt", "a[1].png", "a1.png")
    flat = [("in/2.jpg", "out/2.png"), ("in/10.jpg", "out/10.png")]
    assert jobs("in/*.jpg") == flat
    assert jobs("in/**/*.jpg") == [*flat, ("in/deep/3.jpg", "out/3.png")]
    assert jobs(f"{here}/in/*0.jpg") == [(f"{here}/in/10.jpg", "out/10.png")]
    assert jobs("in/d*") == [("in/deep/3.jpg", "out/3.png")]  # a folder
    assert jobs("a[1].png") == [("a[1].png", "out/a[1].png")]
    assert jobs("a[1]*") == [("a1.png", "out/a1.png")]


def test_what_is_named_twice_is_done_once():
    touch("in/1.jpg")
    assert jobs("in/1.jpg", "./in/1.jpg", "in", "in/*") == [("in/1.jpg", "out/1.png")]


@pytest.mark.parametrize("name", ["absent.png", "absent/*.png", "bad\x1b[2J\n"])
def test_an_input_that_is_not_there_is_refused(name):
    said = refusal(name)
    assert said.endswith(": no such file or folder") and said.isprintable()


def test_a_folder_that_may_not_be_read_is_not_passed_over(monkeypatch):
    touch("in/1.jpg", "in/private/2.jpg")
    scandir = os.scandir

    def refused(path):
        if str(path).endswith("private"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(PermissionError, match="in/private"):
        plan(["in"], OUT, False)


@pytest.mark.parametrize("name", ["photo.png", "Photo.JPG", "walk.mp4"])
def test_the_name_of_a_file_is_no_folder_for_answers(name):
    touch("in/1.jpg")
    assert refusal("in/1.jpg", out=Path(name)).startswith(f"--out {name}: the answers go into a folder")
    Path(name).mkdir()
    assert jobs("in/1.jpg", out=Path(name)) == [("in/1.jpg", f"{name}/1.png")]


def test_a_folder_without_pictures_is_refused():
    touch("in/notes.txt", "in/deep/archive.zip")
    assert refusal("in").startswith("in: holds no pictures or videos (.avi, .avif, .bmp, ")


@pytest.mark.parametrize(
    ("one", "other", "made"),
    [("in/1.jpg", "in/1.png", "out/1.png"), ("a/1.jpg", "b/1.jpg", "out/1.png"), ("a/x.png", "b/X.png", "out/X.png")],
)
def test_two_inputs_of_one_output_are_refused(one, other, made):
    touch(one, other)
    assert refusal(one, other) == f"{one} and {other} would both become {made}"
    assert not OUT.exists()


def test_what_is_there_is_refused_unless_it_may_be_written_over():
    touch("in/1.jpg", "in/2.jpg", "in/3.jpg", "out/2.png", "out/3.png")
    assert refusal("in") == ("out/2.png exists already, and 1 more; --force writes over it, --skip-existing keeps it")
    assert [str(target) for _, target in plan(["in"], OUT, force=False, skip=True)] == ["out/1.png"]
    assert len(jobs("in", force=True)) == 3


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(("name", "out"), [("1.png", "."), ("in/1.png", "in"), ("in/1.png", "in/../in")])
def test_an_input_is_never_written_over(name, out, force):
    touch(name)
    assert "is an input: name another folder" in refusal(name, out=Path(out), force=force)


@pytest.mark.parametrize(("folder", "out"), [("in", "in"), ("in", "in/out"), (".", "out"), ("in", "link/out")])
def test_what_is_written_never_lies_among_the_inputs(here, folder, out):
    touch("in/1.jpg")
    Path("link").symlink_to(here / "in")
    assert "the next run would take the answers for inputs" in refusal(folder, out=Path(out))


@pytest.mark.parametrize("name", ["../x/1.png", "x/../1.png", "../../x/1.png"])
def test_no_name_leads_out_of_the_output_folder(here, monkeypatch, name):
    touch("x/1.png", "work/er/x/1.png", "work/er/1.png", "work/x/1.png")
    monkeypatch.chdir(here / "work/er")
    assert jobs(name) == [(name, "out/1.png")]
    assert jobs("../x") == [("../x/1.png", "out/1.png")]
