"""What `pix2pix --help` and `pix2pix COMMAND --help` explain."""

# Every command with its purpose, grouped as `pix2pix --help` lists them.
GROUPS = {
    "use a model": {
        "app": "draw or choose a picture in the browser, and see what a model makes of it",
        "predict": "put pictures and videos through a model",
        "sample": "make pictures with a model that starts from noise",
        "info": "say what a model was made for",
        "export": "write a model for programs that do not have this code",
    },
    "train and compare": {
        "look": "show what a folder or an archive of pictures would be taken for, before anything is trained",
        "run": "run the whole pipeline in a copy of the code, with other parameters",
        "compare": "show several runs on one page, side by side",
        "ablation": "train the paper's variants on your data, and compare them in one table",
        "search": "find better parameters, by many trainings",
        "study": "let people judge which pictures are real",
        "promote": "make the newest scored model the one in use",
        "sync": "send to MLflow what it missed while it could not be reached",
        "kubeflow": "write the pipeline for a cluster with Kubeflow Pipelines",
        "prepare": "write the records with Apache Beam, on several processes or machines",
        "clean": "remove the checkpoints of trainings, or caches, or end the dead runs in MLflow",
    },
    "parameters": {
        "recipe": "show a ready parameters file, or write it",
        "migrate": "bring the parameters file of an earlier version up to date",
    },
}
PURPOSES = {name: purpose for commands in GROUPS.values() for name, purpose in commands.items()}
WIDTH = max(map(len, PURPOSES))
_LISTING = "\n\n".join(
    "\n".join([f"{group}:", *(f"  {name:<{WIDTH}}  {purpose}" for name, purpose in commands.items())])
    for group, commands in GROUPS.items()
)
WHOLE = f"""\
Train networks that turn one picture into another, and use them.

{_LISTING}

`pix2pix COMMAND --help` explains a command and shows examples. `dvc repro` trains the model that params.yaml describes.

A command works on the checkout of this project that the current folder lies in, and runs the code of that checkout.
In any other folder it works on the checkout that is installed.
"""

MODEL = """\
models: --model takes one of
  models/generator             a folder; without --model the checkout's own folder of this name is used
  models/back                  the model of the way back, for systems with two directions
  @champion                    the version with this alias, of the registered model that params.yaml names
  models:/facades@champion     the same, of the registered model `facades`
  models:/facades/3            a version of it, by its number
  runs:/RUN/generator, or RUN  the model that this training run has logged; `mlflow ui` shows the ids of runs
A registered model has the name of its data set, unless `tracking.model_name` in params.yaml gives another one.
The command prints on stderr which model it uses.
"""

APP = f"""\
The command prints the page's address, for a browser on this machine. From another machine, forward the port first:
`ssh -L 7860:127.0.0.1:7860 MACHINE`. The drawings leave neither machine, and nothing is kept. Ctrl-C ends the command.

The page offers the named model, the checkout's own, those in models/beside/, the versions of the registered model that
params.yaml names, and the newest models that runs have logged.

examples:
  pix2pix app
  pix2pix app --model @champion --port 8000

{MODEL}"""

PREDICT = f"""\
INPUT is a picture, a video, a folder, or a pattern in quotes, where ** stands for any folders. From a folder the
command takes every picture and video at any depth, but no hidden files and no links to folders. Each picture becomes a
PNG of the same name in OUT, in the same subfolder, and each video an MP4 of the same rate, size and sound. If a file
cannot be used, the command translates the others, and names it with the reason at the end.

examples:
  pix2pix predict drawing.png -o out
  pix2pix predict data/own/test -o out --half model --side-by-side
  pix2pix predict 'photos/**/*.jpg' -o out --fit resize --model @champion
  pix2pix predict walk.mp4 -o out --fit tile
  pix2pix predict drawing.png -o out --steps 4
  pix2pix predict labels -o out --instances instances

{MODEL}
sizes: a model was trained on pictures of one size; --fit says how other pictures are brought to it
  exact    not at all: a picture of another size is refused
  resize   scaled to the model's size, and the answer scaled back; label maps keep their exact colours
  pad      a larger picture is scaled down until all of it fits, the edges are continued outwards, and the answer is
           cut and scaled back; proportions stay
  tile     for larger pictures: the model takes them tile by tile, and the answers are blended; smaller sides are padded

pairs: the files of a data set hold both halves of a pair, side by side; --half says which half is the input
  left, right   this half
  model         the half that the model was trained to read
  none          the file is one picture, though it has the proportions of a pair for this model

instances: some models read an instance map with each label map, a grey PNG of 8 or 16 bits whose values are ids; PLACE
has a PNG of the same name for each picture, in the same subfolder, or is itself the file for a single picture
"""

SAMPLE = f"""\
The model has to be one that makes pictures from noise, such as one of `pix2pix recipe dcgan`. A picture follows from
the seed and its number alone: more pictures of a seed change none of the others. A model that knows classes, such as
one of `pix2pix recipe cgan`, makes pictures of the class NAME, or of all classes, each from the same noise.

OUT is a folder for one PNG a picture, SEED-NUMBER.png, or with classes SEED-NUMBER-ID-CLASS.png; or a file *.png, which
gets all pictures in rows, one row for each of several classes. With --to the pictures go from the first one of --seed
to the first one of --to in equal steps: in one row (*.png), or as a film that goes there and back (*.gif; *.mp4, which
needs FFmpeg). A film shows one class.

examples:
  pix2pix sample -o samples --count 100
  pix2pix sample -o sheet.png --count 32 --seed 7
  pix2pix sample -o shops.png --class shop
  pix2pix sample -o way.png --seed 7 --to 8 --count 9
  pix2pix sample -o way.mp4 --seed 7 --to 8 --count 40

{MODEL}"""

INFO = f"""\
The command loads the model and checks its files.

examples:
  pix2pix info
  pix2pix info @champion --json

{MODEL.replace("--model takes", "MODEL is").replace("without --model", "without MODEL")}"""

EXPORT = f"""\
OUT becomes a folder with the model, in a form that needs none of this code, and about.json. The exported model takes
`pictures`, uint8 (n, height, width, 3), and gives `translated`, of the same type and shape; other channels than RGB and
16 bits (uint16) are those of the model. Each picture is normalised by its own statistics, and --seed fixes dropout and
noise. Before OUT appears, the command loads the exported model and compares its answers with the original's.

examples:
  pix2pix export -o exported --format onnx
  pix2pix export -o served --model @champion

formats:
  savedmodel   TensorFlow's format, for TensorFlow Serving and other programs
  onnx         model.onnx, for ONNX Runtime and other programs
  litert       model.tflite, for phones; takes one picture at a time

{MODEL}"""

LOOK = """\
PATH is a folder or an archive of pictures. The command does what the stages `download` and `prepare` would do with it
as your own data set (`data.dataset: custom`), by the values in params.yaml, and writes no records. Each CHANGE sets
another value of the section `data` or `prepare`; a name without its section is enough.

task=NAME says what an example is:
  pairs      pictures with two halves side by side, in train/, val/ and test/ or all in one folder; or with
             inputs=PLACE targets=PLACE, input and target have files of their own
  unpaired   the same, but inputs and targets need no partners
  colourise  photos, in any folders; the input is their grey
  pictures   any pictures, in any folders
  labelled   the same, with the class of each picture in a folder's name or a list; classes='[NAME, NAME]' names them

Your own pairs need values for some keys that are `auto` in params.yaml. The command takes those of the façades for
them: palette cmp, label maps on the right, right to left.

It prints the number of pictures of each split and size, what each part would be, how far its colours are from the
palette, the classes, and warnings. OUT becomes a picture of some examples. If `prepare` would refuse the pictures, the
command ends with its reasons and exit status 1.

examples:
  pix2pix look data/own
  pix2pix look /home/me/photos task=colourise
  pix2pix look /home/me/pets task=labelled 'classes=[cat, dog]'
  pix2pix look /home/me/horses.zip task=unpaired inputs=A targets=B
  pix2pix look --out pairs.png /home/me/pairs.zip palette=none
"""

RUN = """\
FOLDER becomes a copy of the code, with parameters of its own. The whole pipeline runs there, so params.yaml and the
outputs of the checkout stay as they are. MLflow's runs, checkpoints and logs go to the checkout. If FOLDER is a copy
from an earlier run, the command keeps its outputs, and makes again only what the new parameters change.

PARAMETERS are pairs of a name and a value, --NAME VALUE. NAME is the path of a value in params.yaml, such as
data.image_size; a name without its section is sought in the sections `model` and `train` first. Options stand before
FOLDER, and PARAMETERS after it.

examples:
  pix2pix run --defaults .demo --data.dataset sample --train.epochs 2
  pix2pix run --recipe colourise .demo --data.dataset sample --data.image_size 128 --train.epochs 8
  pix2pix run /tmp/short --epochs 5 --lambda_l1 10
"""

COMPARE = """\
The page, reports/compare.html, shows parameters, scores, curves and pictures of the runs side by side. The runs must
be scored on the same pictures. The first run is the one that the others are compared with.

a RUN is one of
  workspace, or .   the outputs in this checkout
  a folder          another checkout or copy, with its outputs
  a revision        a DVC experiment, a branch or a commit, whose outputs are in DVC's cache

examples:
  pix2pix compare workspace my-experiment
  pix2pix compare . .demo
"""

ABLATION = """\
An ablation trains variants of one model, each with one part changed, to find out how much that part contributes. This
command trains the variants of the pix2pix paper: other losses, another generator, other receptive fields, other weights
of the L1 loss. So it needs `model.system: pix2pix`. The data and all other parameters are those of params.yaml. Each
training is a DVC experiment named ablation-VARIANT. The table goes to reports/ablation.csv, .md and .html, and to
MLflow. After a stop, the same command resumes the ablation.

CHANGE sets a parameter in every variant: NAME=VALUE, where NAME is the path of a value in params.yaml; a name without
its section is sought in the sections `model` and `train` first.

examples:
  pix2pix ablation
  pix2pix ablation data.image_size=128 train.epochs=10
"""

SEARCH = """\
A search trains with one set of values after the other, and chooses the next values by the figures so far (Optuna's TPE
sampler). The data and all other parameters are those of params.yaml. A trial whose validation is behind the median of
the others is stopped early. Each trial that finishes is a DVC experiment named SEARCH-NUMBER. The trials, how much each
parameter matters, and the best values go to reports/search.csv, .md, .html and .yaml, and to MLflow.

VALUES are the values that a parameter may have. NAME is the path of a value in params.yaml; a name without its section
is sought in the sections `model` and `train` first.
  NAME=LOW..HIGH       a number from LOW to HIGH, both included; a whole number if the parameter takes no others
  NAME=LOW..HIGH:log   the same, but 10 to 20 is as likely as 100 to 200
  NAME=A,B             one of these values
  NAME=VALUE           the same value in every trial

FIGURE is a column of reports/training/validation.csv, such as validation_ssim, or a name in metrics/evaluate.json, such
as generated_class_iou. The default is the leading measure of the validation, or kernel_distance without pairs.

After a stop, the same command resumes the search. If you start it a second time while it runs, in this or another
checkout, you have two workers of one search, provided that parameters, code and store are the same. The store is
search.db, beside MLflow's store; it must not lie on a network file system. --storage names another one, such as
postgresql+psycopg://USER:PASSWORD@HOST/NAME.

examples:
  pix2pix search lambda_l1=10..300:log learning_rate=1e-5..1e-3:log resize=nearest,bicubic epochs=5
  pix2pix search --trials 50 --objective generated_class_iou model.loss=cgan+l1,gan+l1 model.lambda_l1=10..300:log
"""

STUDY = """\
The page shows a real and a generated picture, each for one second, and asks which one was generated. As in the pix2pix
paper, 10 trials with feedback for practice come before 40 trials that count. The pictures are those that `dvc repro`
has left in reports/. Every answer goes to study.db in the checkout at once, and any number of people can take part at
the same time.

Only this machine can reach the page. With --host 0.0.0.0 everyone who can reach the machine can reach the page; do this
only in a network you trust, since nothing is encrypted.

examples:
  pix2pix study
  pix2pix study --host 0.0.0.0 --port 9000
  pix2pix study --result
"""

PROMOTE = """\
A registered model in MLflow has a version for every model that `dvc repro` has trained, scored and logged under its
name. The name is `tracking.model_name` in params.yaml; if that is null, it is the name of the data set, such as
facades. The newest version has the alias `challenger`; the version in use has the alias `champion`, and its address is
models:/NAME@champion. This command prints the scores of both, and makes the challenger the champion.

It refuses if the challenger is worse by the metric: if the 95% interval of the difference on the same pictures lies
wholly on the worse side of 0, or if there are too few pictures for an interval. Without a champion the challenger
becomes it, whatever its scores are. It also refuses if a file of the challenger's model is absent or damaged, and if
the two have different tasks (fields, sizes, classes, data set) or were scored on different pictures.
For models of another task, set another name in `tracking.model_name`.

examples:
  pix2pix promote
  pix2pix promote --metric ssim
  pix2pix promote edges2shoes --metric l1
"""

KUBEFLOW = """\
OUT becomes the pipeline of dvc.yaml as Kubeflow Pipelines 2 reads it: a component for each stage, with the values of
params.yaml; CHANGE sets other values. docs/kubeflow.md says how to build the image and to start the pipeline.

IMAGE is the name of the container image that holds this checkout. Without a tag it gets one: a digest of the code, the
locks, your own pictures and the models of `evaluate.beside`. So other code gets another image, and Kubeflow's cache
never takes its results for those of the old code. The tag `latest` is refused.

what: --as says what OUT becomes
  pipeline   all stages, for Kubeflow Pipelines 2
  trainjob   the stage `train` on --nodes machines, with its runtime, for Kubeflow Trainer 2; needs --home-claim
  tfjob      the same for the older Training Operator

kfp, which writes the pipeline, has an environment of its own: `make kubeflow IMAGE=…` makes it and writes
pipeline.yaml.

examples:
  pix2pix kubeflow --image me/pix2pix -o pipeline.yaml
  pix2pix kubeflow --image me/pix2pix -o pipeline.yaml --gpus 1 --home-claim pix2pix --config-map mlflow
  pix2pix kubeflow --image me/pix2pix -o job.yaml --as trainjob --nodes 2 --home-claim home train.replicas=2
  pix2pix kubeflow --image me/pix2pix:v3 -o quick.yaml data.dataset=sample train.epochs=2
"""

SYNC = """\
A training or an evaluation continues when MLflow cannot be reached. What MLflow has missed (figures, pictures and
models) is kept in missed/ when the run ends. The next training or evaluation sends it. This command sends it at once.

examples:
  pix2pix sync
  MLFLOW_TRACKING_URI=http://mlflow.example.org:5000 pix2pix sync
"""

PREPARE = """\
The command does what the stage `prepare` does, with the values of params.yaml, on the workers of an Apache Beam runner.
It reads data/raw, which `dvc repro download` makes. OUT gets the shards, their rows and manifest.json: the same bytes
as data/records has after `dvc repro prepare`. OUT has to be empty, and every worker has to reach it. If some pictures
cannot be used, they are named, and OUT stays empty.

OPTIONS are Beam's: --runner, --direct_num_workers, --temp_location and the like. Without --runner the pipeline runs on
this machine, in this process.

Beam has an environment of its own: `make beam` makes it. docs/large.md says more.

examples:
  pix2pix prepare --beam records
  pix2pix prepare --beam records --direct_num_workers 8 --direct_running_mode multi_processing
  pix2pix prepare --beam gs://bucket/records --runner DataflowRunner --project me --region europe-west4 \\
      --temp_location gs://bucket/tmp --sdk_container_image REGISTRY/NAME
"""

CLEAN = """\
A checkpoint is the saved state of a training, from which a stopped training resumes. Checkpoints lie in checkpoints/,
in a folder for each training, named by its fingerprint. Without its checkpoint a training starts from the beginning
when its result is asked for again. The rows that a stopped evaluation of the training has kept in evaluations/ go, too.
Logs, MLflow's store and what it has missed stay. A line says what was removed, and its size.

--caches removes two folders that no training depends on: shards/, the records that were fetched from a bucket, and
checked/, which files were found to be whole. What is needed again is fetched or checked again. While a program that
reads fetched records is running, shards/ stays, and the command says so.

A run in MLflow whose process was killed stays RUNNING until the next training or evaluation starts on the same machine.
If that machine is gone, --dead-runs ends the run as KILLED. It concerns the runs of this project, in all experiments of
the store. The command checks whether a process of this machine still runs. A process of another machine counts as
dead if the run's tag `heartbeat` is older than HOURS. A run that is written to gets a new heartbeat each minute, but an
evaluation writes only at its end. If the process is alive after all, it continues, and sets the right status when it
ends.

examples:
  pix2pix clean 0123456789abcdef
  pix2pix clean --all
  pix2pix clean --caches
  pix2pix clean --dead-runs
  MLFLOW_TRACKING_URI=http://mlflow.example.org:5000 pix2pix clean --dead-runs 72
"""

RECIPE = """\
A recipe is a whole params.yaml with comments, for one kind of training. Without NAME the command lists all recipes.
With NAME it prints the recipe, or writes it to the file that --out names.

examples:
  pix2pix recipe
  pix2pix recipe paper
  pix2pix recipe tutorial --out params.yaml --force
"""

MIGRATE = """\
The command rewrites the file in place, prints what has moved, and keeps the old text in a file beside it, whose name
ends in .old. PATH is the file; without PATH it is the checkout's params.yaml.

examples:
  pix2pix migrate
  pix2pix migrate old/params.yaml
"""
