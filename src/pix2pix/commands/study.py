"""`pix2pix study`: let people judge the model's pictures, and say what came out."""

import os
import signal
import socket
from argparse import Namespace
from contextlib import closing
from typing import TYPE_CHECKING

import psutil

from pix2pix import params
from pix2pix.base import framework
from pix2pix.base.errors import UserError
from pix2pix.base.files import CHECKOUT, home, write_json
from pix2pix.pipeline import stopping

if TYPE_CHECKING:
    from pix2pix.study.result import Result
    from pix2pix.study.trials import Protocol

RESULT = CHECKOUT / "reports/study.json"
LOCAL = "127.0.0.1"
# Any address of this machine.
EVERYWHERE = "0.0.0.0"
# How long requests that are under way may take when the server is to end.
PATIENCE_S = 2


def run(options: Namespace) -> None:
    """Serve the study until Ctrl-C, or tell its result.

    Raises:
        UserError: there are no pictures to judge, the port is taken, the database is damaged …
    """
    if options.result:
        tell()
    else:
        serve(options.host, options.port)


def serve(host: str, port: int) -> None:
    """Serve the study of this project's model; port 0 is a free one."""
    import uvicorn

    from pix2pix.study.server import app
    from pix2pix.study.sessions import Sessions
    from pix2pix.study.stimuli import Stimuli
    from pix2pix.study.store import Store
    from pix2pix.study.trials import PAPERS, protocol

    pictures = Stimuli(CHECKOUT)
    wanted = protocol(len(pictures.ids))
    with _listen(host, port) as listening, closing(Store(home() / "study.db")) as store:
        hosts = _hosts(host, listening.getsockname()[0])
        sessions = Sessions(store, pictures, wanted)
        print(f"{len(pictures.ids)} pairs of the model {pictures.fingerprint}: {_trials(wanted)}")
        if wanted != PAPERS:
            print(f"fewer pairs than {PAPERS.trials}, so not the paper's {_trials(PAPERS)}")
        for name in hosts:
            print(f"http://{name}:{listening.getsockname()[1]}")
        print("Ctrl-C ends it", flush=True)
        settings = uvicorn.Config(
            app(sessions, hosts),
            lifespan="off",
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=PATIENCE_S,
        )
        try:
            uvicorn.Server(settings).run(sockets=[listening])
        except stopping.Stopped as stopped:
            if stopped.signal != signal.SIGINT:
                raise
            print(f"\nended; the answers are in {home() / 'study.db'}, and `make study-result` adds them up")


def tell() -> None:
    """Print the results of all studies, write them to `reports/study.json`, and send them to the models' runs.

    Raises:
        UserError: nobody has taken part, or MLflow does not take the results.
    """
    from pix2pix.study import result
    from pix2pix.study.store import Store

    path = home() / "study.db"
    if not path.exists():
        raise UserError(f"{path}: nobody has taken part yet; `make study` lets people")
    with closing(Store(path)) as store:
        results = [result.result(study, store.all_rows(study)) for study in store.studies()]
    write_json(RESULT, result.as_json(results))
    print(result.shown(results))
    # A model whose pictures were made anew has a study of each; its run is told of the newest that has a result.
    for each in {each.fingerprint: each for each in results if each.participants}.values():
        print(_send(each))


def _send(each: "Result") -> str:
    """Send a result to the run of its model; returns what to say of it."""
    framework.import_tensorflow()  # MLflow's own imports would have it chatter
    from pix2pix.tracking.runs import judged

    experiment = params.load(CHECKOUT / "params.yaml").tracking.experiment
    run = judged(each.scores(), each.table(), each.participants, each.fingerprint, experiment)
    if run is None:
        return f"model {each.fingerprint}: MLflow knows no run of it in {experiment}, nothing is sent"
    return f"model {each.fingerprint}: sent to MLflow's run {run}"


def _trials(protocol: "Protocol") -> str:
    return f"{protocol.practice} trials of practice and {protocol.scored} that count"


def _listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        UserError: the port is taken, or no such address is ours.
    """
    if not host:
        raise UserError("the host is an empty word, which would let in everyone; HOST=0.0.0.0 says that")
    try:
        return socket.create_server((host, port))
    except socket.gaierror as error:
        reason = error.strerror
    except OSError as error:
        reason = os.strerror(error.errno or 0)  # Python's own words say the address again
    except OverflowError as error:
        reason = str(error)
    raise UserError(f"{host}:{port}: cannot listen there ({reason}); HOST=… and PORT=… say where else")


def _hosts(host: str, address: str) -> list[str]:
    """The names by which people call a server that was told to listen at `host`, which is `address`; numbers first."""
    if address != EVERYWHERE:
        # Browsers write names small.
        return list(dict.fromkeys([address, host.lower(), *(["localhost"] if address == LOCAL else [])]))
    numbers = [
        address.address
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family == socket.AF_INET
    ]
    name = socket.gethostname().lower()
    return list(dict.fromkeys([*numbers, name, f"{name}.local", socket.getfqdn().lower(), "localhost"]))
