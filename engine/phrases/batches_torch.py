"""Phrases about data in batches, in PyTorch."""

import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, TensorDataset


def batches_of_arrays():
    inputs, labels = torch.arange(5.0), torch.arange(5)
    batches = DataLoader(TensorDataset(inputs, labels), batch_size=2)
    return [batch.tolist() for batch, _ in batches]


def examples_made_in_python():
    class Squares(IterableDataset):
        def __iter__(self):
            for number in range(4):
                yield number**2

    return [batch.tolist() for batch in DataLoader(Squares(), batch_size=2)]


def shuffle():
    order = torch.Generator().manual_seed(3)
    examples = torch.arange(8)
    batches = DataLoader(examples, batch_size=4, shuffle=True, generator=order)
    return [batch.tolist() for batch in batches]


def change_each_example():
    class Doubled(Dataset):
        def __init__(self, examples):
            self.examples = examples

        def __len__(self):
            return len(self.examples)

        def __getitem__(self, number):
            return self.examples[number] * 2

    batches = DataLoader(Doubled(torch.arange(4.0)), batch_size=2)
    return [batch.tolist() for batch in batches]


def drop_the_last_batch():
    batches = DataLoader(torch.arange(5), batch_size=2, drop_last=True)
    return len(batches)
