import os

import pytest

from pix2pix.base.errors import DataError, ParamsError, StoppedError, advised, giving_up, number_of, of_system


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError(2, "a paragraph\nof a library's", "a/b"), f"a/b: {os.strerror(2)}; check the name"),
        (FileExistsError(17, "", "README.md"), f"README.md: {os.strerror(17)}; a file is where a folder belongs"),
        (NotADirectoryError(20, "", "a"), f"a: {os.strerror(20)}; a file is where a folder belongs"),
        (PermissionError(13, "", "a"), f"a: {os.strerror(13)}; this user may not use it"),
        (OSError(28, "No space left on device"), f"{os.strerror(28)}; free some space"),
        (OSError(-2, "Name or service not known"), "Name or service not known"),
        (OSError("only words"), "only words"),
    ],
)
def test_the_systems_errors_say_where_and_why(error, said):
    assert str(of_system(error)).startswith(said)


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (DataError("first\nsecond"), 1, "error: first\nerror: second\n"),
        (ParamsError("seed = -1"), 2, "error: seed = -1\n"),
        (StoppedError("stopped by SIGTERM", 15), 143, "stopped by SIGTERM\n"),
        (MemoryError(), 1, "error: no memory is left for this process; free some, or see `ulimit -v`\n"),
    ],
)
def test_giving_up_is_a_line_for_each_problem_and_a_status(capsys, error, status, said):
    with pytest.raises(SystemExit) as caught, giving_up():
        raise error
    assert caught.value.code == status
    assert capsys.readouterr() == ("", said)


@pytest.mark.parametrize(("count", "words"), [(0, "0 pairs"), (1, "1 pair"), (2, "2 pairs"), (1000, "1,000 pairs")])
def test_counts_in_words(count, words):
    assert number_of(count, "pair") == words
    assert number_of(count, "class", "classes") == words.replace("pairs", "classes").replace("pair", "class")


def test_other_libraries_words_about_the_system_get_the_same_advice():
    assert advised("model: No space left on device").startswith("model: No space left on device; free some space")
    assert advised("shapes do not fit") == "shapes do not fit"
