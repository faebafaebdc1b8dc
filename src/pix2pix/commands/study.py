"""`pix2pix study`: let people judge the model's pictures, and print the result."""

import signal
import socket
from argparse import Namespace
from contextlib import closing
from typing import TYPE_CHECKING

import psutil

from pix2pix import params
from pix2pix.base import framework
from pix2pix.base.errors import UserError, number_of
from pix2pix.base.files import CHECKOUT, home, write_json
from pix2pix.params import names
from pix2pix.pipeline import stopping
from pix2pix.web import serving

if TYPE_CHECKING:
    from pix2pix.study.result import Result
    from pix2pix.study.trials import Protocol

RESULT = CHECKOUT / "reports/study.json"
_LOCAL = "127.0.0.1"
# This address stands for all addresses of the machine.
_EVERYWHERE = "0.0.0.0"


def run(options: Namespace) -> None:
    """Serve the study until a signal comes, or print the results.

    Raises:
        UserError: there are no pictures to judge, the port is taken, or the database is damaged.
    """
    if options.result:
        tell()
    else:
        serve(options.host, options.port)


def serve(host: str, port: int) -> None:
    """Serve the study of this project's model at an address; see `serving.listen`."""
    with serving.listen(host, port) as listening:
        from pix2pix.study.server import app
        from pix2pix.study.sessions import Sessions
        from pix2pix.study.stimuli import Stimuli
        from pix2pix.study.store import Store
        from pix2pix.study.trials import protocol

        pictures = Stimuli(CHECKOUT)
        wanted = protocol(len(pictures.ids))
        with closing(Store(home() / "study.db")) as store:
            sessions = Sessions(store, pictures, wanted)
            address, port = listening.getsockname()
            hosts = _hosts(host, address)
            told = f"{number_of(len(pictures.ids), 'pair')} of the model {pictures.fingerprint} in {CHECKOUT}"
            print(f"{told}: {_trials(wanted)}")
            print("\n".join(f"http://{name}:{port}" for name in hosts))
            print("Ctrl-C ends it", flush=True)
            try:
                serving.serve(app(sessions, hosts), listening)
            except stopping.Stopped as stopped:
                if stopped.signal != signal.SIGINT:
                    raise
                print(f"\nthe answers are in {home() / 'study.db'}; `pix2pix study --result` counts them")


def tell() -> None:
    """Print the results of all studies, write them to `reports/study.json`, and send them to MLflow.

    Raises:
        UserError: nobody has taken part, or MLflow refuses the results.
    """
    from pix2pix.study import result
    from pix2pix.study.store import Store

    path, results = home() / "study.db", []
    if path.exists():
        with closing(Store(path)) as store:
            results = [result.result(study, store.all_showings(study)) for study in store.studies()]
    if not results:
        raise UserError(f"{path}: nobody has taken part yet; `pix2pix study` lets people")
    write_json(RESULT, result.as_json(results))
    print(result.shown(results))
    # A model has a study for each evaluation of it; its run gets the newest one that has a result.
    for each in {each.fingerprint: each for each in results if each.participants}.values():
        print(_send(each))


def _send(each: "Result") -> str:
    """Send a result to the run of its model, and return a line for people."""
    framework.import_tensorflow()  # else MLflow imports it, and it prints much
    from pix2pix.tracking.results import judged

    experiment = names.experiment(params.load(CHECKOUT / "params.yaml"))
    run = judged(each.scores(), each.table(), each.participants, each.fingerprint, experiment)
    if run is None:
        return f"model {each.fingerprint}: the experiment {experiment} in MLflow has no run of it, so nothing is sent"
    return f"model {each.fingerprint}: the result is sent to the run {run} in MLflow"


def _trials(protocol: "Protocol") -> str:
    """Describe the trials of a protocol and, if there are too few pairs for the paper's, the paper's."""
    from pix2pix.study.trials import PAPERS

    words = f"{number_of(protocol.practice, 'trial')} of practice and {protocol.scored} that count"
    if protocol == PAPERS:
        return words
    return f"{words}; the paper's {PAPERS.practice} and {PAPERS.scored} need {PAPERS.trials} pairs"


def _hosts(host: str, address: str) -> list[str]:
    """Return the names by which people reach a server, IPv4 addresses first.

    Args:
        host: the host at which it listens.
        address: the IPv4 address of that host.
    """
    if address != _EVERYWHERE:
        # Browsers send names in small letters.
        return list(dict.fromkeys([address, host.lower(), *(["localhost"] if address == _LOCAL else [])]))
    numbers = [
        address.address
        for addresses in psutil.net_if_addrs().values()
        for address in addresses
        if address.family == socket.AF_INET
    ]
    name = socket.gethostname().lower()
    return list(dict.fromkeys([*numbers, name, f"{name}.local", socket.getfqdn().lower(), "localhost"]))
