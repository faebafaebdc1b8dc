"""Evaluate a workspace: read its records and models, and write all results but those for MLflow."""

from dataclasses import dataclass
from pathlib import Path

from pix2pix.base import files
from pix2pix.data import labels, records
from pix2pix.data.labels import Palette
from pix2pix.data.records import Manifest
from pix2pix.evaluation import compared_models, outputs
from pix2pix.evaluation.evaluation import Evaluation, evaluate
from pix2pix.evaluation.integrity import unchanged
from pix2pix.evaluation.segmentation import Reader, Segmentation
from pix2pix.models.about import About
from pix2pix.models.translator import Translator
from pix2pix.networks import folder
from pix2pix.params import Params

RECORDS, MODEL, SEGMENTER = Path("data/records"), Path("models/generator"), Path("models/segmenter")


@dataclass(frozen=True)
class Evaluated:
    """An evaluation, and the model and records that it judged.

    Attributes:
        result: the evaluation.
        about: what the generator was made for, from its folder.
        manifest: the manifest of the records.
        digest: the digest of the records.
        palette: the classes; None for a data set without classes.
    """

    result: Evaluation
    about: About
    manifest: Manifest
    digest: str
    palette: Palette | None


def evaluate_workspace(params: Params) -> Evaluated:
    """Score the generator, and other models beside it, on the evaluation split, and write the results.

    Args:
        params: the sections data and evaluate.

    Raises:
        DataError: records or a model are missing, damaged, or made for other parameters; or a model changed meanwhile.
    """
    data, beside = params.data, Path(params.evaluate.beside)
    manifest = records.expected(RECORDS, data)
    ways = Translator.load_each_way(MODEL)
    about = ways["generated"].about
    about.expect(data)
    others = compared_models.load(beside, data)
    palette = labels.classes_of(data)
    reader = Reader(palette, Segmentation(folder.load(SEGMENTER)[0])) if palette else None
    split, training = (records.load(RECORDS, role).by_id() for role in ("evaluation", "train"))
    with files.whole(outputs.PICTURES) as pictures, unchanged([MODEL, beside], {**ways, **others}):
        result = evaluate(split, training, reader, ways, others, params.evaluate, pictures)
    outputs.write(result)
    return Evaluated(result, about, manifest, records.digest(RECORDS), palette)
