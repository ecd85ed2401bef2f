"""The small classic datasets that scikit-learn brings along, raw as measured: no network needed."""

from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from engine.datasets.dataset import Dataset, Form, Rows, Scaling, always

CELLS = (
    *("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave points"),
    *("symmetry", "fractal dimension"),
)
FEATURES = {
    "breast_cancer": (
        *(f"mean {name}" for name in CELLS),
        *(f"{name} error" for name in CELLS),
        *(f"worst {name}" for name in CELLS),
    ),
    "wine": (
        *("alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids"),
        *("nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280/od315_of_diluted_wines"),
        "proline",
    ),
    "iris": ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"),
    "diabetes": ("age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"),
}
FILES = {"breast_cancer": "breast_cancer.csv", "wine": "wine_data.csv", "iris": "iris.csv"}


def digits(seed: int) -> Rows:
    """1,797 handwritten digits (examples, 1, 8, 8), scaled from 0…16 to 0…1."""
    values = _read("digits.csv.gz", delimiter=",")
    inputs, targets = values[:, :-1], values[:, -1]
    return inputs.reshape(-1, 1, 8, 8) / 16.0, targets.astype(np.int64)


def measured(seed: int, name: str) -> Rows:
    """Features (examples, features) in the units they were measured in, and classes."""
    values = _read(FILES[name], delimiter=",", skiprows=1)
    return values[:, :-1], values[:, -1].astype(np.int64)


def diabetes(seed: int) -> Rows:
    """Features (examples, 10) in the units they were measured in, and the targets in points of disease progression."""
    return _read("diabetes_data_raw.csv.gz"), _read("diabetes_target.csv.gz")[:, np.newaxis]


def _read(file: str, **how: Any) -> np.ndarray:
    """The numbers in a file of scikit-learn's, which importing it would cost a second and 180 MB to get."""
    package = find_spec("sklearn")
    assert package is not None
    return np.loadtxt(Path(str(package.origin)).parent / "datasets" / "data" / file, **how)


def _classes(name: str, title: str, source: str, examples: int, labels: tuple[str, ...]) -> Dataset:
    features = FEATURES[name]
    form = Form("vector", (len(features),), "classification", len(labels), examples)
    return Dataset(
        name,
        title,
        source,
        always(form),
        partial(measured, name=name),
        labels=always(labels),
        features=always(features),
        scaling=always(Scaling(tuple(range(len(features))))),
    )


DATASETS = (
    Dataset(
        "digits",
        "Handwritten digits, 8×8",
        "1,797 digits written by 13 people, the test part of UCI's Optical Recognition of Handwritten Digits "
        "(Alpaydin and Kaynak, 1998), as scikit-learn brings it.",
        always(Form("image", (1, 8, 8), "classification", 10, 1797)),
        digits,
        labels=always(tuple("0123456789")),
    ),
    _classes(
        "breast_cancer",
        "Breast cancer",
        "30 measures of cell nuclei in 569 images of breast tumours from Wisconsin (Wolberg, Street and Mangasarian, "
        "1995; UCI), as scikit-learn brings it.",
        569,
        ("malignant", "benign"),
    ),
    _classes(
        "wine",
        "Wine cultivars",
        "13 chemical measures of 178 Italian wines from three cultivars (Forina and others; UCI, 1991), as "
        "scikit-learn brings it.",
        178,
        ("class_0", "class_1", "class_2"),
    ),
    _classes(
        "iris",
        "Iris flowers",
        "Petals and sepals of 150 irises of three species (Anderson, 1935; Fisher, 1936; UCI), as scikit-learn "
        "brings it.",
        150,
        ("setosa", "versicolor", "virginica"),
    ),
    Dataset(
        "diabetes",
        "Diabetes progression",
        "Ten measures of 442 patients and how far their diabetes went in one year (Efron, Hastie, Johnstone and "
        "Tibshirani, Least angle regression, 2004), as scikit-learn brings it.",
        always(Form("vector", (10,), "regression", 1, 442)),
        diabetes,
        features=always(FEATURES["diabetes"]),
        scaling=always(Scaling(tuple(range(10)), targets=True)),
    ),
)
