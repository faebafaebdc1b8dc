"""Files of tensors as PyTorch wrote them, made with stand-ins for its modules; and files that want to run something."""

import io
import os
import pickle
from collections import OrderedDict

import numpy as np
import pytest
from torch_files import MARK, VERSION, Tensor, Values, tensor, written

from pix2pix.base.errors import DataError
from pix2pix.networks import torch_file

SIX = np.arange(6, dtype=np.float32)


def test_tensors_are_arrays_of_their_values(tmp_path):
    floats, whole = Values("7", "FloatStorage", SIX), Values("3", "LongStorage", np.array([42], np.int64))
    tensors = OrderedDict(
        plain=Tensor(floats, 0, (2, 3), (3, 1)),
        turned=Tensor(floats, 0, (3, 2), (1, 3)),
        part=Tensor(floats, 4, (2,), (1,)),
        number=Tensor(whole, 0, (), ()),
    )
    read = torch_file.read(written(tmp_path / "a.pth", tensors))
    assert list(read) == list(tensors)
    np.testing.assert_array_equal(read["plain"], SIX.reshape(2, 3))
    np.testing.assert_array_equal(read["turned"], SIX.reshape(2, 3).T)
    np.testing.assert_array_equal(read["part"], [4, 5])
    assert read["number"].shape == () and read["number"] == 42 and read["number"].dtype == np.int64


def test_a_state_dict_of_a_network_and_one_of_an_older_version_are_read(tmp_path):
    """`state_dict` gives its dictionary an attribute. Before 0.4, tensors were made by another function."""
    state = OrderedDict(new=tensor("1", SIX), old=Tensor(Values("2", "FloatStorage", -SIX), 0, (6,), (1,), new=False))
    state._metadata = OrderedDict({"": {"version": 1}})
    read = torch_file.read(written(tmp_path / "a.pth", state))
    np.testing.assert_array_equal([read["new"], read["old"]], [SIX, -SIX])


@pytest.mark.parametrize(
    ("first", "shape", "steps"),
    [(0, (7,), (1,)), (3, (4,), (1,)), (0, (2,), (6,)), (-1, (2,), (1,)), (5, (2,), (-1,)), (0, (-1,), (1,))],
)
def test_a_tensor_stays_within_its_values(tmp_path, first, shape, steps):
    """Beyond them lies whatever else the process has in its memory."""
    path = written(tmp_path / "a.pth", {"a": Tensor(Values("1", "FloatStorage", SIX), first, shape, steps)})
    with pytest.raises(DataError, match="reaches beyond its values"):
        torch_file.read(path)


class Hostile:
    """It writes a file when it is unpickled."""

    def __init__(self, function, *words):
        self.function, self.words = function, words

    def __reduce__(self):
        return self.function, self.words


@pytest.mark.parametrize("place", range(4))
@pytest.mark.parametrize(("function", "name"), [(os.system, "posix.system"), (exec, "__builtin__.exec")])
def test_nothing_that_a_file_names_is_run(tmp_path, place, function, name):
    """Wherever in the file it stands."""
    sign = tmp_path / "was run"
    words = f"touch '{sign}'" if function is os.system else f"open({str(sign)!r}, 'w')"
    pickles = [MARK, VERSION, {}, {"a": 1}]
    pickles[place] = Hostile(function, words)
    path = tmp_path / "a.pth"
    path.write_bytes(b"".join(pickle.dumps(each, protocol=2) for each in pickles))
    with pytest.raises(DataError, match=f"a.pth: cannot be read as tensors .it names {name}"):
        torch_file.read(path)
    assert not sign.exists()
    pickle.loads(pickle.dumps(Hostile(function, words)))
    assert sign.exists(), "the test would see it"


def test_a_known_name_is_no_way_to_another_one(tmp_path):
    """Nor is a part of a known module; protocol 4 can name `a.b` in one word."""
    path = tmp_path / "a.pth"
    for name in (b"ctorch._utils\nos.system\n", b"ccollections\n_sys\n"):
        path.write_bytes(b"\x80\x02" + name + b".")
        with pytest.raises(DataError, match="it names"):
            torch_file.read(path)


def test_a_damaged_file_is_named(tmp_path):
    whole = written(tmp_path / "a.pth", {"a": Tensor(Values("1", "FloatStorage", SIX), 0, (6,), (1,))})
    content = whole.read_bytes()
    assert len(torch_file.read(whole)["a"]) == 6
    for damaged in (content[:-1], content[:40], b"", b"hello", content.replace(b"\xe9\x03", b"\xe9\x04", 1)):
        whole.write_bytes(damaged)
        with pytest.raises(DataError, match=r"a\.pth: cannot be read as tensors") as error:
            torch_file.read(whole)
        assert "\n" not in str(error.value)
    with pytest.raises(FileNotFoundError):
        torch_file.read(tmp_path / "none.pth")


def test_other_pickles_are_no_tensors(tmp_path):
    stream = io.BytesIO()
    for each in (MARK, VERSION, {}, {"a": 1}, []):
        pickle.dump(each, stream, protocol=2)
    path = tmp_path / "a.pth"
    path.write_bytes(stream.getvalue())
    with pytest.raises(DataError, match="cannot be read as tensors"):
        torch_file.read(path)
