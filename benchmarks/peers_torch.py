"""The mlp as people train it with PyTorch: python -m benchmarks.peers_torch WAY CONFIG WORD.

WAY is one of WAYS; WORD is validate, or train-only for a way that does not validate. Each way is written in its favour
where there is a choice: no progress bar, no checkpoints, no TensorFlow behind TensorBoard's writer, validation in one
batch.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from types import ModuleType

sys.modules["tensorboard.compat.notf"] = ModuleType("tensorboard.compat.notf")

import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402
from torch.utils.tensorboard import SummaryWriter  # noqa: E402

from engine.config import RunConfig  # noqa: E402
from engine.datasets.split import Split, prepare  # noqa: E402
from engine.networks.mlp_torch import build  # noqa: E402


def loaders(split: Split, config: RunConfig) -> tuple[DataLoader, DataLoader]:
    """The training batches, shuffled in every epoch, and the validation examples as one batch."""
    train = TensorDataset(torch.tensor(split.inputs, dtype=torch.float32), torch.tensor(split.targets))
    validation = TensorDataset(
        torch.tensor(split.validation_inputs, dtype=torch.float32), torch.tensor(split.validation_targets)
    )
    return DataLoader(train, config.batch_size, shuffle=True), DataLoader(validation, max(1, len(validation)))


def loop(config: RunConfig, split: Split, write: Callable[[float, int], None] | None = None) -> float:
    """Steps per second of a hand-written loop over a DataLoader; `write` takes every step's loss."""
    batches, validation = loaders(split, config)
    network = build(split.inputs.shape[1], split.form.outputs)
    optimizer = torch.optim.Adam(network.parameters(), lr=config.learning_rate)
    step, first, begun = 0, 0, 0.0
    for epoch in range(config.epochs):
        for x, y in batches:
            optimizer.zero_grad()
            loss = functional.cross_entropy(network(x), y)
            loss.backward()
            optimizer.step()
            if write:
                write(loss.item(), step)
            step += 1
        with torch.no_grad():
            for x, y in validation:
                logits = network(x)
                functional.cross_entropy(logits, y).item()
                (logits.argmax(1) == y).float().mean().item()
        if not epoch:
            first, begun = step, time.perf_counter()
    return (step - first) / (time.perf_counter() - begun)


def with_writer(config: RunConfig, split: Split) -> float:
    """The same loop with a SummaryWriter at every step."""
    with tempfile.TemporaryDirectory() as folder, SummaryWriter(folder) as writer:
        return loop(config, split, lambda loss, step: writer.add_scalar("loss/train", loss, step))


def with_lightning(config: RunConfig, split: Split) -> float:
    """Lightning with its TensorBoard logger at its default interval, 50 steps."""
    import lightning
    from lightning.pytorch.loggers import TensorBoardLogger

    class Module(lightning.LightningModule):
        def __init__(self, network: nn.Module):
            super().__init__()
            self.network = network
            self.first, self.begun = 0, 0.0

        def training_step(self, batch, index):
            x, y = batch
            loss = functional.cross_entropy(self.network(x), y)
            self.log("train_loss", loss)
            return loss

        def validation_step(self, batch, index):
            x, y = batch
            logits = self.network(x)
            self.log("validation_loss", functional.cross_entropy(logits, y))
            self.log("validation_accuracy", (logits.argmax(1) == y).float().mean())

        def on_train_epoch_end(self):
            if not self.current_epoch:
                self.first, self.begun = self.global_step, time.perf_counter()

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), lr=config.learning_rate)

    batches, validation = loaders(split, config)
    module = Module(build(split.inputs.shape[1], split.form.outputs))
    with tempfile.TemporaryDirectory() as folder:
        trainer = lightning.Trainer(
            accelerator="cpu",
            max_epochs=config.epochs,
            logger=TensorBoardLogger(folder),
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
            num_sanity_val_steps=0,
        )
        trainer.fit(module, batches, validation)
        return (trainer.global_step - module.first) / (time.perf_counter() - module.begun)


WAYS: dict[str, Callable[[RunConfig, Split], float]] = {
    "loader": loop,
    "loader_with_writer": with_writer,
    "lightning": with_lightning,
}


if __name__ == "__main__":
    way, config = sys.argv[1], RunConfig.from_json(sys.argv[2])
    if way not in WAYS:
        raise SystemExit(f"There is no way {way}: there are {', '.join(WAYS)}.")
    split = prepare(config)
    if sys.argv[3] == "train-only":
        split = replace(split, validation_inputs=split.inputs[:0], validation_targets=split.targets[:0])
    torch.set_num_threads(config.threads)
    print(json.dumps({"steps_per_second": WAYS[way](config, split)}))
