"""Which datasets there are; each family has a file of its own beside this one."""

from engine.datasets import bundled, characters, pictures, points, sequences, synthetic, table
from engine.datasets.dataset import Dataset, DatasetError, Form, Option, Rows, Scaling, training_examples

__all__ = ["DATASETS", "Dataset", "DatasetError", "Form", "Option", "Rows", "Scaling", "training_examples"]

FAMILIES = (bundled, points, synthetic, sequences, characters, pictures, table)
DATASETS: dict[str, Dataset] = {dataset.name: dataset for family in FAMILIES for dataset in family.DATASETS}
