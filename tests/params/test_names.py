"""Names of data sets, registered models and experiments, written out."""

import pytest
from conftest import settings

from pix2pix import params
from pix2pix.base.errors import ParamsError
from pix2pix.params import Params, names


def of(**changes):
    """The names of the data set, the registered model and the experiment."""
    chosen = settings({path.replace("__", "."): value for path, value in changes.items()})
    return names.data_set(chosen.data), names.model(chosen), names.experiment(chosen)


def test_a_run_on_facades_has_the_names_that_it_always_had():
    chosen = Params()
    assert (names.model(chosen), names.experiment(chosen)) == ("facades", "pix2pix-facades")


@pytest.mark.parametrize("dataset", ["facades", "maps", "edges2shoes", "sample"])
def test_a_known_data_set_gives_its_own_name(dataset):
    known = {} if dataset in ("facades", "sample") else {"data__palette": "none"}
    assert of(data__dataset=dataset, **known) == (dataset, dataset, f"pix2pix-{dataset}")


def test_own_pictures_have_the_name_of_their_place_or_a_given_one(tmp_path):
    place = tmp_path / "My Shoes (v2)"
    place.mkdir()
    own = {"data__dataset": "custom", "data__path": str(place)}
    assert of(**own) == ("My-Shoes-v2", "My-Shoes-v2", "pix2pix-My-Shoes-v2")
    assert of(**own, data__name="shoes") == ("shoes", "shoes", "pix2pix-shoes")
    assert of(**own, data__url="https://example.org/a%20b/boots.tar.gz?key=1")[0] == "boots"


def test_given_names_come_first():
    given_names = {"data__name": "walls", "tracking__model_name": "walls-hd", "tracking__experiment": "all of it"}
    assert of(**given_names) == ("walls", "walls-hd", "all of it")


@pytest.mark.parametrize("path", ["data.name", "tracking.model_name"])
@pytest.mark.parametrize(
    ("name", "like"), [("my shoes", ", such as my-shoes"), ("a/b", ", such as a-b"), ("", ""), ("@", "")]
)
def test_what_is_no_word_is_refused_with_one_that_is(path, name, like):
    content = Params().model_dump()
    section, key = path.split(".")
    content[section][key] = name
    with pytest.raises(ParamsError) as caught:
        params.check(content)
    words = "must be null, or a word of letters, digits, `.`, `_` and `-`"
    assert str(caught.value) == f"params.yaml: {path} = {name!r}: {words}{like}"


def test_a_place_that_gives_no_name_needs_a_given_one(tmp_path):
    place = tmp_path / "___"
    place.mkdir()
    content = Params().model_dump()
    content["data"] |= {"dataset": "custom", "path": str(place)}
    with pytest.raises(
        ParamsError, match=r"^params\.yaml: data\.name = None: must be a word, as the place of the pairs"
    ):
        params.check(content)
    content["data"]["name"] = "lines"
    assert names.data_set(params.check(content).data) == "lines"


def test_another_task_has_a_model_and_an_experiment_of_its_own():
    photos = params.Data(task="colourise", palette="none", input_channels=1)
    whole = Params(data=photos)
    assert (names.data_set(photos), names.model(whole)) == ("facades", "facades-colourise")
    assert names.experiment(whole) == "pix2pix-facades-colourise"
    assert names.experiment(Params()) == "pix2pix-facades"
