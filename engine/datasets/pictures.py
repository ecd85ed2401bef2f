"""Pictures that are downloaded once: MNIST, Fashion-MNIST and CIFAR-10, the first so many of each training part."""

import gzip
import math
import tarfile
import zlib
from functools import partial
from pathlib import Path

import numpy as np

from engine.datasets.dataset import Dataset, DatasetError, Form, Options, Rows, always, examples_option
from engine.datasets.download import File, Publication, absent, fetch

IMAGES, LABELS = "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"
# Sizes and SHA-256 are those that TensorFlow Datasets publishes (tensorflow_datasets/url_checksums/mnist.txt,
# fashion_mnist.txt and cifar10.txt in its repository).
MNIST = Publication(
    "mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    (
        File(IMAGES, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", 9_912_422),
        File(LABELS, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", 28_881),
    ),
)
FASHION_MNIST = Publication(
    "fashion_mnist",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    (
        File(IMAGES, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", 26_421_880),
        File(LABELS, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", 29_515),
    ),
)
ARCHIVE = File(
    "cifar-10-binary.tar.gz", "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd", 170_052_171
)
CIFAR10 = Publication("cifar10", "https://www.cs.toronto.edu/~kriz/", (ARCHIVE,))
BATCHES = tuple(f"cifar-10-batches-bin/data_batch_{number}.bin" for number in range(1, 6))
COLOURS = (3, 32, 32)


def grey(seed: int, examples: int, publication: Publication) -> Rows:
    """The first `examples` pictures (examples, 1, 28, 28), scaled to 0…1, and their classes, from two IDX files.

    The format is described on LeCun, Cortes and Burges' page of MNIST. Raises DatasetError.
    """
    images, labels = fetch(publication)
    pictures = _idx(images, 3, examples)
    return pictures[:, np.newaxis] / 255.0, _idx(labels, 1, examples).astype(np.int64)


def colour(seed: int, examples: int, publication: Publication) -> Rows:
    """The first `examples` pictures (examples, 3, 32, 32), scaled to 0…1, and their classes, from CIFAR-10's archive.

    A record is one byte of class and 3,072 of red, green and blue, row by row. Raises DatasetError.
    """
    (path,) = fetch(publication)
    record = 1 + math.prod(COLOURS)
    found: dict[str, np.ndarray] = {}
    try:
        with tarfile.open(path, "r|gz") as archive:
            for member in archive:
                if member.name in BATCHES and (opened := archive.extractfile(member)):
                    found[member.name] = np.frombuffer(opened.read(), np.uint8).reshape(-1, record)
                rows = _in_order(found)
                if sum(map(len, rows)) >= examples:
                    records = np.concatenate(rows)[:examples]
                    return records[:, 1:].reshape(-1, *COLOURS) / 255.0, records[:, 0].astype(np.int64)
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise DatasetError(f"{path} is no CIFAR-10 archive ({error}): remove it, and it is downloaded again.") from None
    raise DatasetError(f"{path} holds fewer than {examples:,} pictures: remove it, and it is downloaded again.")


def _in_order(found: dict[str, np.ndarray]) -> list[np.ndarray]:
    """The batches that follow each other from the first on: the archive does not keep them in order."""
    missing = next((place for place, name in enumerate(BATCHES) if name not in found), len(BATCHES))
    return [found[name] for name in BATCHES[:missing]]


def _idx(path: Path, dimensions: int, examples: int) -> np.ndarray:
    """The first `examples` entries of a gzipped IDX file of bytes."""
    try:
        with gzip.open(path) as file:
            header = np.frombuffer(file.read(4 + 4 * dimensions), ">u4")
            if header[0] != 0x800 + dimensions or header[1] < examples:
                raise ValueError(f"its header is {header.tolist()}")
            shape = (examples, *header[2:].tolist())
            return np.frombuffer(file.read(math.prod(shape)), np.uint8).reshape(shape)
    except (EOFError, OSError, ValueError, IndexError, zlib.error) as error:
        told = f"{path} does not hold {examples:,} entries in the IDX format ({error})"
        raise DatasetError(f"{told}: remove it, and it is downloaded again.") from None


def _form(options: Options, shape: tuple[int, ...]) -> Form:
    return Form("image", shape, "classification", 10, options["examples"])


def _grey(name: str, title: str, source: str, publication: Publication, labels: tuple[str, ...]) -> Dataset:
    return Dataset(
        name,
        title,
        source,
        partial(_form, shape=(1, 28, 28)),
        partial(grey, publication=publication),
        {"examples": examples_option(10_000, 10, 60_000)},
        labels=always(labels),
        absent=lambda options: absent(publication),
        download=partial(fetch, publication),
    )


DATASETS = (
    _grey(
        "mnist",
        "MNIST digits, 28×28",
        "The first of 60,000 handwritten digits (LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to "
        "document recognition, 1998), downloaded once.",
        MNIST,
        tuple("0123456789"),
    ),
    _grey(
        "fashion_mnist",
        "Fashion-MNIST, 28×28",
        "The first of 60,000 pictures of clothes from Zalando (Xiao, Rasul and Vollgraf, Fashion-MNIST, 2017), "
        "downloaded once.",
        FASHION_MNIST,
        ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"),
    ),
    Dataset(
        "cifar10",
        "CIFAR-10, 32×32 in colour",
        "The first of 50,000 small photographs in ten classes (Krizhevsky, Learning multiple layers of features from "
        "tiny images, 2009), downloaded once.",
        partial(_form, shape=COLOURS),
        partial(colour, publication=CIFAR10),
        {"examples": examples_option(10_000, 10, 50_000)},
        labels=always(
            ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
        ),
        absent=lambda options: absent(CIFAR10),
        download=partial(fetch, CIFAR10),
    ),
)
