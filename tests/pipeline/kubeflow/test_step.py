from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pix2pix.base.errors import UserError
from pix2pix.pipeline.kubeflow import image, step


@dataclass
class Given:
    path: str


@dataclass
class Scores(Given):
    logged: dict[str, float] = field(default_factory=dict)

    def log_metric(self, key: str, value: float) -> None:
        self.logged[key] = value


def test_an_input_is_seen_at_its_place(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    (tmp_path / "given/one.txt").write_text("one")
    step._lay(tmp_path / "given", tmp_path / "folder/data/records")
    assert (tmp_path / "folder/data/records/one.txt").read_text() == "one"


def test_an_output_takes_the_place_of_an_earlier_attempts(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made/new.txt").write_text("new")
    target = tmp_path / "deep/target"
    target.mkdir(parents=True)
    (target / "old.txt").write_text("old")
    step._take(tmp_path / "made", Given(str(target)))
    assert [path.name for path in target.iterdir()] == ["new.txt"]


def test_an_empty_folder_survives_a_store_of_files(tmp_path: Path) -> None:
    """What an object store gives back of a folder are its files."""
    (tmp_path / "made").mkdir()
    step._take(tmp_path / "made", Given(str(tmp_path / "target")))
    (kept,) = (tmp_path / "target").iterdir()
    step._lay(tmp_path / "target", tmp_path / "again")
    assert kept.is_file() is False and not list((tmp_path / "again").iterdir())


def test_an_output_that_is_absent_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^losses\.csv: the stage has not made it"):
        step._take(tmp_path / "losses.csv", Given(str(tmp_path / "target")))


def test_numbers_of_a_metrics_file_are_logged(tmp_path: Path) -> None:
    (tmp_path / "made.json").write_text('{"ssim": 0.5, "pairs": 5}')
    scores = Scores(str(tmp_path / "target"))
    step._take(tmp_path / "made.json", scores)
    assert scores.logged == {"ssim": 0.5, "pairs": 5}
    assert Path(scores.path).read_text() == '{"ssim": 0.5, "pairs": 5}'


def test_another_code_than_that_of_the_pipeline_is_refused(monkeypatch, capsys) -> None:
    monkeypatch.setattr(image, "code_digest", lambda: "new")
    monkeypatch.setattr(step.program, "end_at_once", lambda: None)
    with pytest.raises(SystemExit) as ended:
        step.run("check", "{}", {}, {}, code="old")
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith("error: the image holds other code than the pipeline was compiled from")
