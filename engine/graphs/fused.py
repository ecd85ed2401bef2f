"""What one framework does by one operation and the other by several, as the graphs of our networks have it."""

from collections import Counter

Words = Counter[str]


def _words(**counts: int) -> Words:
    return Counter({name.replace("_", " "): of for name, of in counts.items()})


_NORMAL = {"mean": 2, "squareddifference": 1, "rsqrt": 1}
# One operation, and one way to spell it; of several spellings the longest comes first.
FUSED = (
    (_words(attention=1, transpose=4),
     _words(einsum=2, slice=4, mul=1, fill=2, pack=1, matrixbandpart=1, logicaland=1, selectv2=1, softmax=1)),
    (Counter({"layer_norm": 1}), _words(**_NORMAL, add=3, mul=3, neg=1)),
    (Counter({"batch_norm": 1}), _words(**_NORMAL, floordiv=1, realdiv=1, mul=8, sub=2, add=3)),  # matched
    (Counter({"batch_norm": 1}), _words(**_NORMAL, mul=7, sub=1, add=3)),
    (Counter({"batch_norm": 1}), _words(rsqrt=1, mul=3, sub=1, add=2)),  # at inference
    (_words(gelu=1), _words(erf=1, mul=3, add=1)),  # matched
    (_words(gelu=1), _words(erfc=1, mul=3, neg=1)),
    (_words(dropout=1),
     _words(statelessrandomgetkeycounter=1, statelessrandomuniformv2=1, floormod=1, mul=3, add=2, sub=1,
            greater_or_equal=1, selectv2=1)),
    (Counter({"look-up": 1}), Counter({"look-up": 1, "less": 1, "slice": 1, "add": 1, "selectv2": 1})),
)  # fmt: skip
ADDED = _words(bias=1), _words(add=1)  # as Keras has it after a transposed convolution


def apart(first: Words, second: Words) -> tuple[Words, Words]:
    """What each of two sides does more often than the other, once all that is the same job is taken out."""
    for one, several in FUSED:
        first, second = _without(first, second, one, several)
        second, first = _without(second, first, one, several)
    first, second = first - second, second - first
    first, second = _without(first, second, *ADDED)
    second, first = _without(second, first, *ADDED)
    return first, second


def _without(fused: Words, spelled: Words, one: Words, several: Words) -> tuple[Words, Words]:
    while one <= fused and several <= spelled:
        fused, spelled = fused - one, spelled - several
    return fused, spelled
