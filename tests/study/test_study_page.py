import base64
import hashlib
import re

import pytest

from pix2pix.study.page import render
from pix2pix.study.trials import Protocol

PAPERS = Protocol(10, 40, 1000)


def test_the_policy_allows_this_style_and_this_script_and_no_others():
    html, policy = render(PAPERS, (256, 256))
    for kind, tag in (("style", "style"), ("script", "script")):
        (content,) = re.findall(f"<{tag}>(.*?)</{tag}>", html, flags=re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"\s(style|on[a-z]+)=", html)


def test_it_names_no_other_machine():
    html, _ = render(PAPERS, (256, 256))
    assert not re.search(r"https?:|//[a-z]", re.sub(r"^\s*// .*$", "", html, flags=re.MULTILINE))
    assert set(re.findall(r'(?:src|href)="(.*?)"', html)) == {"data:,"}


def test_pictures_have_their_own_proportions():
    for size, ratio in (((256, 256), "1"), ((512, 256), "2"), ((96, 128), "0.75")):
        assert f"--ratio: {ratio};" in render(PAPERS, size)[0]


@pytest.mark.parametrize(
    ("protocol", "words"),
    [
        (PAPERS, ["first 10 are for practice", "Then come 40 that count", "for one second each", "about 4 minutes"]),
        (
            Protocol(2, 8, 1000),
            ["first 2 are for practice", "Then come 8 that count", "about 1 minute<", "shorter than usual"],
        ),
        (Protocol(2, 8, 500), ["for 0.5 seconds each"]),
    ],
)
def test_people_are_told_what_comes(protocol, words):
    html, _ = render(protocol, (512, 256))
    text = " ".join(html.split())
    for each in words:
        assert each in text
    assert ("shorter than usual" in text) == (protocol != PAPERS)
