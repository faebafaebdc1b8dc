"""Write the page of the run: reports/index.html."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))  # this checkout's code, whatever is installed

from pix2pix.params import Params
from pix2pix.pipeline import stage

PARAMS = stage.begin(*Params.model_fields)

from pix2pix.base import files
from pix2pix.reports import report

PAGE = Path("reports/index.html")


def main(params: Params) -> None:
    """Gather the results of the other stages into one page."""
    files.write_text(PAGE, report.page(params))
    print(f"{PAGE}: {PAGE.stat().st_size / 1e6:.1f} MB; open it in a browser")


if __name__ == "__main__":
    stage.run(main, PARAMS)
