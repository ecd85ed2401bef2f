"""The part of a script that says how fast each step learns, where that changes."""

from engine.config import RunConfig
from engine.datasets.catalogue import training_examples
from engine.fairness.batches import steps_per_epoch
from engine.scripts.script import Part


def changes(config: RunConfig) -> bool:
    """Whether the learning rate is not the same at every step."""
    return config.schedule != "constant" or config.warmup_steps > 0


def schedule(config: RunConfig) -> Part | None:
    """What leaves `learning_rate`, a function of the step from 0; None where the rate never changes."""
    if not changes(config):
        return None
    examples = training_examples(config.form.examples, config.train_fraction)
    steps, warmup = steps_per_epoch(examples, config.batch_size), config.warmup_steps
    lines = ["def learning_rate(step):", '    """The rate of a step, counted from 0."""', "    rate = LEARNING_RATE"]
    if config.schedule == "step":
        lines.append(f"    rate *= {config.schedule_factor!r} ** (step // {config.schedule_epochs * steps})")
    if config.schedule == "cosine":
        length = max(1, config.epochs * steps - warmup)
        done = f"(step - {warmup})" if warmup else "step"
        lines.append(f"    rate *= (1 + math.cos(math.pi * min(max({done} / {length}, 0), 1))) / 2")
    if warmup:
        lines.append(f"    rate *= min(1, (step + 1) / {warmup})")
    imports = {"import math"} if config.schedule == "cosine" else set()
    return Part("Learning rate", [*lines, "    return rate"], imports)
