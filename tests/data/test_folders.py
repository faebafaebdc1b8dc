import os
import socket

import pytest
from archives import LIMITS

from pix2pix import params
from pix2pix.base.errors import DataError
from pix2pix.data import folders


def made(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


@pytest.mark.parametrize("target", [".", "..", "../train", "../val"])
def test_links_to_folders_are_refused_by_name_so_none_leads_in_a_circle(tmp_path, target):
    own = made(tmp_path / "own", "train/1.jpg", "val/1.jpg")
    (own / "train/again").symlink_to(target)
    with pytest.raises(
        DataError, match=r"own/train/again: a link to a folder, and DVC does not notice changes behind it"
    ):
        folders.pack(own, tmp_path / "tar", params.Data(), LIMITS)


def test_more_than_the_limits_are_refused(tmp_path):
    own = made(tmp_path / "own", "train/1.jpg", "train/2.jpg")
    with pytest.raises(DataError, match=r"more than 2 files"):  # the folder counts, too
        folders.pack(own, tmp_path / "tar", params.Data(), LIMITS.model_copy(update={"max_files": 2}))
    os.truncate(own / "train/2.jpg", 10**12)  # it takes no room
    with pytest.raises(DataError, match=r"more than 20 GB: prepare.max_unpacked_gb"):
        folders.pack(own, tmp_path / "tar", params.Data(), LIMITS)


def test_devices_sockets_and_pipes_are_refused_by_name(tmp_path, monkeypatch):
    own = made(tmp_path / "own", "train/1.jpg")
    (own / "train/2.jpg").symlink_to("/dev/zero")
    os.mkfifo(own / "train/3.jpg")
    monkeypatch.chdir(own / "train")  # the address of a socket is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("4.jpg")
        with pytest.raises(DataError, match=r"lead to files: train/2.jpg, train/3.jpg, train/4.jpg"):
            folders.pack(own, tmp_path / "tar", params.Data(), LIMITS)


@pytest.mark.skipif(os.getuid() == 0, reason="root reads every folder")
def test_a_folder_that_cannot_be_read_is_not_passed_over(tmp_path):
    own = made(tmp_path / "own", "train/1.jpg", "train/closed/2.jpg")
    (own / "train/closed").chmod(0)
    with pytest.raises(PermissionError):
        folders.pack(own, tmp_path / "tar", params.Data(), LIMITS)
