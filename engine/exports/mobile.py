"""The environment of converters that do not live beside the product: where it is, and what makes it."""

from pathlib import Path

FOLDER = Path(__file__).parents[2] / ".venv-mobile"
PYTHON = FOLDER / "bin/python"
INSTALL = "python3.11 -m venv .venv-mobile && .venv-mobile/bin/pip install -r requirements-mobile.txt"


def has(module: str) -> bool:
    """Whether that environment is there and holds the module; nothing of it is imported."""
    return PYTHON.exists() and any(FOLDER.glob(f"lib/python3.*/site-packages/{module}"))
