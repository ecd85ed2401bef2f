"""A tab of a run's page without a browser, and an examination that never ends by itself."""

from streamlit.testing.v1 import AppTest

from engine.config import FRAMEWORKS
from engine.runs import Store
from tests import stories
from tests.pages.conftest import RUN_SECONDS

CONFIG = {"network": "mlp", "epochs": 2, "dataset": "iris", "network_options": {"width": 8}}


def script(view: str, run: str) -> None:
    import importlib

    from engine.store.progress import RunProgress
    from ui.server import store

    progress = RunProgress(store(), run)
    progress.poll()
    importlib.import_module(f"ui.{view}").show(progress)


def page(store: Store, view: str, **fields) -> AppTest:
    run = stories.new_run(store, **CONFIG | fields)
    for side in FRAMEWORKS:
        stories.launch(store, run, side)
    shown = AppTest.from_function(script, default_timeout=RUN_SECONDS, kwargs={"view": view, "run": run}).run()
    assert not shown.exception
    return shown


def said(shown: AppTest) -> str:
    parts = (*shown.success, *shown.warning, *shown.info, *shown.markdown, *shown.caption)
    return " ".join(part.value for part in parts)


class Never:
    """An examination that goes on until it is stopped."""

    ended, trouble = False, ""

    def __init__(self, request):
        self.request = request

    def share(self) -> float:
        return 0.25

    def stop(self) -> None:
        self.ended, self.trouble = True, "The examination was stopped."
