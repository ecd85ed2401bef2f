"""A request for which no config is chosen: the usual one, on the CPU, of which only the threads count."""

from typing import Any, ClassVar

from engine.config import RunConfig
from engine.runs import Store
from engine.tasks.task import Kind, Request, Task


class UsualRequest(Request):
    """What such requests have in common; each says itself `how` it is done, in how many steps, and its folder."""

    how: ClassVar[Kind]

    @property
    def config(self) -> RunConfig:
        """One thread, on the CPU."""
        return RunConfig.build({})

    def asked(self) -> dict[str, Any]:
        """What the processes read."""
        return {}

    def begin(self, store: Store) -> Task:
        """Have both sides do it. Raises TaskError where that cannot be now."""
        return Task(store, self.how, self, self.asked(), self.steps)
