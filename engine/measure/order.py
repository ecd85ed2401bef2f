"""The order of measurement within a round: there and back, so that a drift weighs on every case alike."""

from collections.abc import Sequence


def there_and_back(cases: Sequence[int], number: int) -> list[int]:
    """Cases of one round: A B … B A, and B A … A B in every other round."""
    forth = list(cases) if number % 2 == 0 else list(reversed(cases))
    return [*forth, *reversed(forth)]
