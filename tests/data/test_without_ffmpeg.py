import sys

import pytest

from pix2pix.base.errors import DataError
from pix2pix.data import video


def test_without_the_package_the_cure_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    video.ffmpeg.cache_clear()
    with pytest.raises(DataError, match="`make setup` installs it, or `pip install imageio-ffmpeg`"):
        video.probed(tmp_path / "a.mp4")
