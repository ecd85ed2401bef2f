"""Where it runs: what this machine's finished runs were exported to, and which of these files can run there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.claims.catalogue import MOBILE, TORCHSERVE
from engine.claims.compared import compared, of_side
from engine.claims.evidence import Fact
from engine.claims.sheet import Consideration, Needs
from engine.config import FRAMEWORKS, NAMES, ConfigError
from engine.exports.catalogue import FORMATS
from engine.exports.results import ExportError, Result, read
from engine.quantities import count
from engine.runs import Store, StoreError
from engine.system import HOST

MOST = 100  # runs that are looked through, newest first
TITLE = "Where it runs"


@dataclass(frozen=True)
class Target:
    """A place that a network may have to run in, and the formats that run there; `by` says what runs them.

    `alike` is whether it computes as this machine does, so that a time of this machine says something about it.
    """

    title: str
    by: str
    formats: tuple[str, ...] = ()
    alike: bool = True
    facts: tuple[Fact, ...] = ()


TARGETS = {
    "server": Target(
        "A server",
        "ONNX Runtime serves ONNX files of both; TensorFlow Serving serves a SavedModel.",
        ("onnx", "onnx_int8", "saved_model"),
        facts=(TORCHSERVE,),
    ),
    "cpp": Target(
        "A C++ program",
        "ONNX Runtime and LiteRT are C++ libraries; PyTorch's own loads what AOTInductor compiled.",
        ("onnx", "onnx_int8", "aoti", "litert", "litert_int8"),
    ),
    "phone": Target(
        "A phone or a small device",
        "LiteRT, ExecuTorch and ONNX Runtime have builds for phones.",
        ("litert", "litert_int8", "executorch", "onnx", "onnx_int8"),
        alike=False,
        facts=MOBILE[:2],
    ),
    "browser": Target(
        "A browser",
        "ONNX Runtime Web runs ONNX files of both.",
        ("onnx", "onnx_int8"),
        alike=False,
        facts=MOBILE[2:],
    ),
    "here": Target("Only this machine", ""),
}


def where(store: Store, needs: Needs) -> Consideration:
    """What speaks for either side there, by the files of one run. Raises StoreError where the store cannot be read."""
    target = TARGETS[needs.target]
    if not target.formats:
        return _here(store, needs.network)
    run, files = _chosen(store, needs.network, target)
    told = [target.by]
    if not files:
        told.append(f"No run of {needs.network} was exported for that on this machine; Deploy does it.")
        params = {"run": run} if run else {}
        return Consideration(TITLE, "unknown", tuple(told), target.facts, page="deploy", params=params)
    counts = needs.budget is not None and target.alike and needs.device == "cpu"
    told += [sentence for side in FRAMEWORKS for sentence in _told(side, files)]
    leans, sentences = compared(files, needs.budget if counts else None)
    told += sentences
    if not counts:
        told.append("The times are of one thread of this machine; how fast it is there has to be measured there.")
    told.append(f"All of it is of the run {run} on {store.config(run).dataset}.")
    shown = tuple(one for one in files if one.state != "failed")
    return Consideration(TITLE, leans, tuple(told), target.facts, shown, "deploy", {"run": run})


def _here(store: Store, network: str) -> Consideration:
    """Whether both have trained it on this machine."""
    for run in _runs(store, network):
        finished = {side for side, status in store.status(run).items() if status.word == "finished"}
        hosts = {getattr(word, "host", "") for word in store.launcher_words(run).values()}
        if finished == {*FRAMEWORKS} and hosts == {HOST}:
            return Consideration(TITLE, "either", (f"Both trained it here, in the run {run}.",), page="train",
                                 params={"run": run})  # fmt: skip
    told = f"No run of {network} has finished on both sides on this machine; Train does it."
    return Consideration(TITLE, "unknown", (told,), page="train", params={"network": network})


def _chosen(store: Store, network: str, target: Target) -> tuple[str, list[Result]]:
    """The newest run of which both sides were exported for that, or else one; or the newest that could be."""
    could = ""
    found: tuple[str, list[Result]] | None = None
    for run in _runs(store, network):
        could = could or run
        files = list(_files(store, run, target.formats))
        if all(of_side(side, files) for side in FRAMEWORKS):
            return run, files
        if files and found is None:
            found = run, files
    return found or (could, [])


def _runs(store: Store, network: str) -> Iterator[str]:
    """The runs of that network of which a side has finished, newest first."""
    for run in store.runs()[:MOST]:
        try:
            fits = store.config(run).network == network
            if fits and any(status.word == "finished" for status in store.status(run).values()):
                yield run
        except (StoreError, ConfigError):  # damaged, or deleted just now
            continue


def _files(store: Store, run: str, formats: Iterable[str]) -> Iterator[Result]:
    """What came of the run's exports to these formats on this machine."""
    for side in FRAMEWORKS:
        for name in formats:
            try:
                found = read(store, run, side, name) if side in FORMATS[name].sides else None
            except ExportError:  # damaged: the Deploy page says so
                continue
            if found and found.told.get("host") == HOST:
                yield found


def _told(side: str, files: Iterable[Result]) -> Iterator[str]:
    """How many of a side's files are verified, and why others are not there."""
    mine = of_side(side, files)
    if not mine:
        yield f"{NAMES[side]}: nothing was exported for that; Deploy does it."
        return
    verified = [one for one in mine if one.state == "verified"]
    yield f"{NAMES[side]}: {len(verified)} of {count(len(mine), 'file')} verified."
    for one in mine:
        if one.state == "failed":
            yield f"{NAMES[side]}, {one.format.title}: {one.message.strip().splitlines()[0]}"
