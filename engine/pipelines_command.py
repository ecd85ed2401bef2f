"""`python -m engine pipelines`: measure DataLoader against tf.data, and print what was found."""

import argparse
import json
import time

from rich.console import Console
from rich.table import Table

from engine import assignments
from engine.charts import pipelines, pipelines_parts, pipelines_report
from engine.pipelines.results import ROUNDS, TRANSFORMS, Found, Request, read, up_to
from engine.runs import Store

POLL_SECONDS = 0.2
WHOLE = ("workers", "batch_size", "prefetch", "rounds")
out, err = Console(), Console(stderr=True)


def add_to(commands: argparse._SubParsersAction, store: argparse.ArgumentParser) -> None:
    """Add the command."""
    command = commands.add_parser("pipelines", parents=[store], help="DataLoader against tf.data, measured here")
    command.set_defaults(command=measure)
    command.add_argument("--transform", choices=TRANSFORMS, default="python")
    command.add_argument("--workers", default="2", help="measured from 0 to so many (default: 2)")
    command.add_argument("--batch-size", default="32")
    command.add_argument("--prefetch", default="2", help="batches ahead of the consumer (default: 2)")
    command.add_argument("--busy", default="0", help="ms that the consumer has to do with each batch")
    command.add_argument("--rounds", default=str(ROUNDS))


def measure(chosen: argparse.Namespace) -> int:
    """Measure, and print. Raises ConfigError and StoreError."""
    whole = {name: assignments.whole(name, getattr(chosen, name)) for name in WHOLE}
    workers, busy = up_to(whole.pop("workers")), assignments.number("busy", chosen.busy)
    request = Request.build(transform=chosen.transform, workers=workers, busy=busy, **whole)
    store = Store(chosen.store)
    task = request.begin(store)
    try:
        with err.status("Measuring…") as status:
            while not task.ended:
                status.update(f"Both sides take turns… {task.share():.0%}")
                time.sleep(POLL_SECONDS)
        task.wait()
    finally:
        task.stop()
    found = read(request, store)
    assert found  # it has just been written
    if chosen.json:
        print(json.dumps(pipelines_report.as_json(found)))
    else:
        _tell(found)
    return 0


def _tell(found: Found) -> None:
    for frame in (pipelines.table(found), pipelines_parts.table(found)):
        drawn = Table(*frame.columns)
        for row in frame.itertuples(index=False):
            drawn.add_row(*row)
        out.print(drawn, markup=False)
    pairs = [pipelines.verdict(found, pair) for pair in pipelines.across(found)]
    told = (*pairs, pipelines.same_words(found), *pipelines.why(found), *pipelines.doubts(found))
    for sentence in (*told, pipelines_parts.words(found)):
        out.print(sentence, highlight=False, markup=False, soft_wrap=True)
