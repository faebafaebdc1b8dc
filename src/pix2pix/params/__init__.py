"""The checks of `params.yaml`: a file for each section, all sections together, and reading. TensorFlow stays out."""

from pix2pix.params.data import DRAWN, SINGLE, Data, Dataset, Direction, Fit, Half, Split, TaskName, refused_place
from pix2pix.params.download import Download
from pix2pix.params.evaluate import Evaluate
from pix2pix.params.file import read
from pix2pix.params.model import Model
from pix2pix.params.prepare import Prepare
from pix2pix.params.report import Report
from pix2pix.params.sections import Params, Sections, check, load
from pix2pix.params.segmenter import Segmenter
from pix2pix.params.systems.pix2pix import Pix2pix
from pix2pix.params.tracking import Tracking
from pix2pix.params.train import Select, Train

__all__ = [
    "DRAWN",
    "SINGLE",
    "Data",
    "Dataset",
    "Direction",
    "Download",
    "Evaluate",
    "Fit",
    "Half",
    "Model",
    "Params",
    "Pix2pix",
    "Prepare",
    "Report",
    "Sections",
    "Segmenter",
    "Select",
    "Split",
    "TaskName",
    "Tracking",
    "Train",
    "check",
    "load",
    "read",
    "refused_place",
]
