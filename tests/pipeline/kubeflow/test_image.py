import pytest

from pix2pix.base.errors import UsageError
from pix2pix.pipeline.kubeflow import graph, image

DIGEST = "@sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize("name", ["registry.example.org/me/pix2pix", "localhost:5000/pix2pix", "pix2pix"])
def test_a_name_without_a_tag_gets_one(name: str) -> None:
    assert image.named(name, "0123") == f"{name}:0123"


@pytest.mark.parametrize(
    "name", ["registry.example.org/me/pix2pix:v3", "host:5000/pix2pix:v3", f"me/pix2pix{DIGEST}", f"p:latest{DIGEST}"]
)
def test_a_name_that_means_one_image_stays(name: str) -> None:
    assert image.named(name, "0123") == name


@pytest.mark.parametrize(
    "name", ["pix2pix:latest", "host:5000/a:latest", "", "A/b", "a b", "a/b:", "a@sha256:12", "-a\n"]
)
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(UsageError, match=r"^--image [^\n]*$"):
        image.named(name, "0123")


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout of a few files, as `code` and `image` see it."""
    for name in ("dvc.yaml", "requirements.lock", "requirements-gpu.lock", "stages/train.py", "src/pix2pix/one.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a = 1\n")
    (tmp_path / "data/own").mkdir(parents=True)
    monkeypatch.setattr(image, "CHECKOUT", tmp_path)
    return tmp_path


def stage(*sources: str) -> dict[str, graph.Stage]:
    return {"one": graph.Stage("one", "", "", (), False, (), frozenset(), {}, frozenset(), sources)}


def test_comments_and_what_python_leaves_do_not_change_the_digest(checkout) -> None:
    before = image.code_digest()
    (checkout / "src/pix2pix/one.py").write_text('"""New."""\n# And this.\na = 1\n')
    for left in ("src/pix2pix/__pycache__/one.pyc", "src/pix2pix_facades.egg-info/PKG-INFO"):
        (checkout / left).parent.mkdir()
        (checkout / left).write_text("left")
    assert image.code_digest() == before


@pytest.mark.parametrize(
    "name", ["dvc.yaml", "requirements.lock", "stages/train.py", "src/pix2pix/one.py", "src/new.py"]
)
def test_code_and_locks_change_the_digest(checkout, name: str) -> None:
    before = image.code_digest()
    (checkout / name).write_text("a = 2\n")
    assert image.code_digest() != before


def test_own_pictures_change_the_digest_of_the_image_alone(checkout) -> None:
    known = stage("stages", "src", "data/own")
    code, all_of_it = image.code_digest(), image.digest(known)
    (checkout / "data/own/1.png").write_bytes(b"\xff\x00")
    assert image.code_digest() == code
    assert image.digest(known) != all_of_it
