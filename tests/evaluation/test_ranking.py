import pandas as pd

from pix2pix.evaluation.ranking import ranked


def test_the_most_alike_is_first_and_of_equal_ones_the_first_in_the_file():
    images = pd.DataFrame({"ssim": [0.2, 0.7, 0.2, 0.9], "l1": [0, 1, 2, 3]}, index=["a", "b", "c", "d"])
    assert ranked(images) == ["d", "b", "a", "c"]
