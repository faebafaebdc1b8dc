from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pix2pix import params
from pix2pix.base.errors import ParamsError
from pix2pix.params import recipes
from pix2pix.params.migration import migrated
from pix2pix.params.model import SYSTEMS

# The file as it was before `model` was a section.
OLD = Path(__file__).with_name("old_params.yaml").read_text(encoding="utf-8")
# The old file names its experiment, which was the same for every data set.
DEFAULTS = params.Params(tracking=params.Tracking(experiment="pix2pix-facades"))


def content(text):
    return YAML(typ="safe", pure=True).load(text)


def read(text):
    return params.check(content(text))


def test_the_old_defaults_become_the_new_ones():
    text, told = migrated(OLD)
    assert read(text) == DEFAULTS
    assert "train.lambda_l1 is model.lambda_l1 now" in told and "evaluate.dropout_seed is evaluate.seed now" in told
    assert told[-1] == (
        "new keys, at their defaults: data.task, data.classes, data.attribute, data.attribute_share, data.name, "
        "data.ignore, data.inputs, data.targets, data.label_folder, data.instances, data.fit, data.input_channels, "
        "data.target_channels, data.input_bits, data.target_bits, "
        "model.system, "
        "model.noise_size, model.lambda_diversity, "
        "model.adversarial, model.gradient_penalty, model.label_smoothing, model.label_noise, "
        "model.label_noise_direction, model.label_flips, model.instance_noise, model.diff_augment, "
        "model.discriminator_dropout, model.discriminator_learning_rate, model.spectral_norm, model.ema, "
        "model.label_input, model.colour_space, model.generator_depth, model.upsampling, model.decoder_norm, "
        "train.start_from, train.replicas, train.rotation, train.zoom, train.colour, train.cutout, "
        "train.sample_epochs, segmenter.replicas, segmenter.precision, segmenter.log_every, "
        "segmenter.checkpoint_minutes, evaluate.steps, evaluate.solver, "
        "evaluate.inception_weights, evaluate.inception_sha256, tracking.model_name"
    )
    assert list(content(text)) == list(params.Params.model_fields)


def test_a_renamed_key_keeps_its_value_its_comment_and_its_place():
    new = params.file.DEFAULTS.read_text(encoding="utf-8")
    old = new.replace("  seed: 0\n", "  # mine\n  dropout_seed: 7  # lucky\n").replace(
        "  repeats: 5\n", '  "dropout_repeats" : 2\n'
    )
    text, told = migrated(old)
    assert told == ["evaluate.dropout_seed is evaluate.seed now", "evaluate.dropout_repeats is evaluate.repeats now"]
    assert (read(text).evaluate.seed, read(text).evaluate.repeats) == (7, 2)
    assert text == old.replace("dropout_seed: 7", "seed: 7").replace('"dropout_repeats" : 2', '"repeats" : 2')
    with pytest.raises(ParamsError, match=r"evaluate.dropout_seed: unknown key; it is evaluate.seed now"):
        read(old)


def test_values_of_ones_own_go_with_their_keys():
    changed = OLD.replace("lambda_l1: 100", "lambda_l1: 10").replace("  batch_size: 1\n", "  batch_size: 4\n")
    found = read(migrated(changed)[0])
    assert (found.model.lambda_l1, found.train.batch_size) == (10, 4)
    assert {path for path, value in found.flat().items() if value != DEFAULTS.flat()[path]} == {
        "model.lambda_l1", "train.batch_size",
    }  # fmt: skip


def test_comments_go_with_their_keys():
    mine = OLD.replace("  lambda_l1: 100\n", "  # why ten\n  lambda_l1: 10  # tried 100\n")
    lines = migrated(mine)[0].splitlines()
    place = lines.index("  lambda_l1: 10  # tried 100")
    assert lines[place - 2 : place] == [
        "  # λ, the weight of L1 beside the adversarial loss; of no effect without both. [>= 0]  (paper, tutorial)",
        "  # why ten",
    ]
    assert lines.index("model:") < place < lines.index("train:")
    # Nothing is lost but the keys that are replaced; only explanations of new keys come.
    new = migrated(OLD)[0].splitlines()
    gone = [line for line in OLD.splitlines() if line not in new]
    assert [line.strip() for line in gone] == [
        "# [constant; linear_decay: to 0 over the last half of the epochs]  (tutorial; paper: linear_decay)",
        "learning_rate_schedule: constant",
        "dropout_seed: 0",
        "dropout_repeats: 5",
    ]


def old_rate(base, epoch, epochs):
    """The old schedule `linear_decay`, as its code had it."""
    kept = epochs - epochs // 2
    return base if epoch < kept else base * (1 - (epoch - kept + 1) / (epochs // 2 + 1))


@pytest.mark.parametrize("epochs", [1, 2, 5, 150, 200])
def test_a_falling_learning_rate_is_the_same_in_every_epoch(epochs):
    from pix2pix.training.schedule import learning_rate

    old = OLD.replace("schedule: constant", "schedule: linear_decay").replace("  epochs: 150", f"  epochs: {epochs}")
    text, told = migrated(old)
    train = read(text).train
    assert train.all_epochs == epochs
    rates = [learning_rate(0.3, epoch, train.epochs, train.decay_epochs) for epoch in range(epochs)]
    assert rates == [old_rate(0.3, epoch, epochs) for epoch in range(epochs)]
    assert f"linear_decay and train.epochs: {epochs} are train.epochs: {train.epochs}, " in told[-2]


def test_a_file_of_shared_lines_keeps_its_values_without_comments():
    changed = content(OLD)
    changed["train"]["loss"] = "l1"
    for flow in (True, None):
        writer = YAML(typ="safe", pure=True)
        writer.default_flow_style = flow
        with Path("flow.yaml").open("w", encoding="utf-8") as file:
            writer.dump(changed, file)
        text, told = migrated(Path("flow.yaml").read_text(encoding="utf-8"))
        assert read(text).model.loss == "l1"
        assert told[-1].startswith("new keys, at their defaults: ")  # there are no comments to leave out
        for old, new in (("", "# mine\n"), ("experiment: ", "experiment: it's-")):
            commented = Path("flow.yaml").read_text(encoding="utf-8").replace(old, new, 1) + "  # mine\n"
            assert migrated(commented)[1][-1] == "comments are left out, because not every key has a line of its own"
        hash_in_a_value = Path("flow.yaml").read_text(encoding="utf-8").replace("experiment: ", "experiment: a#b-")
        assert migrated(hash_in_a_value)[1] == told


@pytest.fixture(autouse=True)
def empty_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


def test_other_indentation_is_kept():
    wide = "\n".join(f"  {line}" if line.startswith("  ") else line for line in OLD.splitlines())
    text, told = migrated(wide)
    assert read(text) == DEFAULTS
    assert "\n    system: pix2pix\n" in text and not [line for line in told if "left out" in line]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  loss: cgan+l1", '  "loss": cgan+l1'),
        ("train:\n", "'train':\n"),
        ("  epochs: 150\n", "  epochs: 0x96\n"),
        ("  epochs: 150\n", "  epochs: !!int 150  # why\n"),
    ],
)
def test_comments_stay_beside_keys_in_quotes_and_numbers_of_every_form(old, new):
    falling = OLD.replace("schedule: constant", "schedule: linear_decay")
    assert old in falling
    text, told = migrated(falling.replace(old, new))
    train = read(text).train
    assert (train.epochs, train.decay_epochs) == (75, 75)
    assert text.count("#") >= OLD.count("#") and not [line for line in told if "left out" in line]


@pytest.mark.parametrize("schedule", ["constant", "linear_decay"])
def test_two_schedules_in_one_file_are_refused(schedule):
    """Neither is taken in silence: 7 epochs of a falling rate would have become 75, or none."""
    both = f"learning_rate_schedule: {schedule}\n  decay_epochs: 7"
    with pytest.raises(ParamsError) as caught:
        migrated(OLD.replace("learning_rate_schedule: constant", both))
    (line,) = str(caught.value).splitlines()
    assert line == (
        f"params.yaml: train.decay_epochs = 7 replaces train.learning_rate_schedule = '{schedule}', and the file has "
        "both: remove one of them"
    )


@pytest.mark.parametrize(
    "text",
    [
        "seed: [",
        "3",
        OLD.replace("lambda_l1: 100", "lambda_l1: -1"),
        OLD.replace("schedule: constant", "schedule: cosine"),
    ],
)
def test_a_message_names_the_file_that_was_given(text):
    with pytest.raises(ParamsError, match=r"^old/mine\.yaml: ") as caught:
        migrated(text, "old/mine.yaml")
    assert "params.yaml" not in str(caught.value)


def test_a_new_file_is_left_as_it_is():
    new = migrated(OLD)[0]
    assert migrated(new) == (new, [])


def test_a_file_that_lacks_only_the_newest_keys_gets_them_where_they_belong():
    new = migrated(OLD)[0].replace("  dataset: facades\n", "  dataset: sample  # mine\n")
    name, model_name = "  name: null\n", "  model_name: null\n"
    for gone in ((name,), (name, model_name)):
        lacking = new
        for line in gone:
            lacking = lacking.replace(line, "")
        text, told = migrated(lacking)
        assert read(text) == read(new) and text.count(name) == 1
        assert [line.strip() for line in lacking.splitlines() if line not in text.splitlines()] == []
        assert list(content(text)["data"])[4:6] == ["attribute_share", "name"]
        assert told == [f"new keys, at their defaults: {', '.join(['data.name', 'tracking.model_name'][: len(gone)])}"]


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_recipe_of_any_system_is_up_to_date(system):
    text = recipes.text(system) if system != "pix2pix" else recipes.text("paper")
    assert migrated(text) == (text, [])


def test_another_system_gets_its_own_newer_keys_from_its_recipe():
    new = recipes.text("oasis")
    gain = next(line for line in new.splitlines(keepends=True) if line.startswith("  discriminator_gain: "))
    text, told = migrated(new.replace(gain, "").replace("  replicas: 1\n", "").replace("  ema: 0.9999\n", ""))
    assert told == [
        "new keys, at their defaults: train.replicas, segmenter.replicas, model.discriminator_gain, model.ema"
    ]
    assert read(text) == read(new)
    assert list(content(text)["model"]) == list(content(new)["model"])
    model = [line for line in text.splitlines() if line not in OLD.splitlines()]
    assert model.count("  ema: 0.9999") == 1 and not [line for line in model if "upsampling" in line]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("schedule: constant", "schedule: cosine", "train.learning_rate_schedule = 'cosine': must be constant or "),
        ("  loss: cgan+l1", "  loss: wgan", "model.loss = 'wgan': must be "),
        ("  mirror: true", "  miror: true", "train.miror: unknown key; did you mean train.mirror?"),
        ("  beta_1: 0.5\n", "", "model.beta_1: missing; the file needs every key, and `pix2pix migrate` adds new ones"),
        ("  epochs: 150", "  epochs: many", "train.epochs = 'many': must be a valid integer"),
        ("seed: 42", "seed: [", "line 1"),
    ],
)
def test_what_cannot_be_is_one_line(old, new, told):
    assert old in OLD
    with pytest.raises(ParamsError) as caught:
        migrated(OLD.replace(old, new))
    (line,) = str(caught.value).splitlines()
    assert (line.startswith("params.yaml: ") and told in line) or new == "seed: ["


@pytest.mark.parametrize("text", ["", "3", "[1, 2]", "a: b"])
def test_what_is_no_parameters_file_is_refused(text):
    with pytest.raises(ParamsError, match=r"^params\.yaml: "):
        migrated(text)


def test_an_old_file_is_told_apart_from_one_with_a_mistake(tmp_path):
    (tmp_path / "params.yaml").write_text(OLD, encoding="utf-8")
    for sections in ((), ("data", "train")):
        with pytest.raises(ParamsError) as caught:
            params.load(tmp_path / "params.yaml", *sections)
        (line,) = str(caught.value).splitlines()
        assert line.endswith("`pix2pix migrate` brings an old parameters file up to date")
