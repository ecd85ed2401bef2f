"""Published files: fetched once from a server on this machine, checked, kept, and one sentence when that fails."""

import gzip
import io
import re
import struct
import tarfile
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from engine.datasets import download, pictures
from engine.datasets.catalogue import DATASETS, DatasetError
from engine.datasets.download import Publication, fetch
from engine.datasets.pictures import BATCHES, IMAGES, LABELS, colour, grey
from tests.engine.publisher import Server, published

GREY = np.random.default_rng(0).integers(0, 256, (12, 5, 4), dtype=np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 256, (10, 3, 32, 32), dtype=np.uint8)
CLASSES = np.arange(12, dtype=np.uint8) % 10


@pytest.fixture
def server(monkeypatch, tmp_path):
    monkeypatch.setenv("TANDEM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("no_proxy", "*")
    server = Server()
    yield server
    server.close()


@pytest.fixture
def kept(tmp_path):
    return tmp_path / "data" / "tiny"


def idx(array: np.ndarray) -> bytes:
    header = struct.pack(f">{1 + array.ndim}I", 0x800 + array.ndim, *array.shape)
    return gzip.compress(header + array.tobytes(), mtime=0)


def archive(batches: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in batches.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def records(first: int, last: int) -> bytes:
    return b"".join(bytes([CLASSES[place]]) + COLOUR[place].tobytes() for place in range(first, last))


def grey_files(server: Server) -> Publication:
    return published(server, {IMAGES: idx(GREY), LABELS: idx(CLASSES)})


def test_a_file_is_fetched_once(server, kept):
    publication = grey_files(server)
    assert fetch(publication) == [kept / IMAGES, kept / LABELS] == fetch(publication)
    assert server.asked == [IMAGES, LABELS]
    assert (kept / IMAGES).read_bytes() == idx(GREY)
    assert sorted(path.name for path in kept.iterdir()) == sorted([".lock", IMAGES, LABELS])


def test_without_a_variable_files_are_kept_in_the_home_folder(server, monkeypatch, tmp_path):
    monkeypatch.delenv("TANDEM_DATA")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert fetch(grey_files(server))[0] == tmp_path / ".cache" / "tandem" / "tiny" / IMAGES


def test_files_that_a_person_put_there_need_no_network(server, kept):
    publication = grey_files(server)
    kept.mkdir(parents=True)
    for name, content in server.contents.items():
        (kept / name).write_bytes(content)
    kept.chmod(0o500)  # a team's folder may be one to read only
    assert len(fetch(publication)) == 2
    assert server.asked == []
    assert sorted(path.name for path in kept.iterdir()) == sorted([IMAGES, LABELS])
    kept.chmod(0o700)


def test_only_the_damaged_file_is_fetched_again(server, kept):
    publication = grey_files(server)
    fetch(publication)
    (kept / LABELS).write_bytes(b"\0" * len(idx(CLASSES)))
    fetch(publication)
    assert server.asked == [IMAGES, LABELS, LABELS]
    assert (kept / LABELS).read_bytes() == idx(CLASSES)


def refusal(publication: Publication, kept: Path) -> str:
    """The one sentence; it names the files and the folder, and nothing half is kept."""
    with pytest.raises(DatasetError) as caught:
        fetch(publication)
    sentence = str(caught.value)
    assert sentence.startswith(f"{' and '.join(file.name for file in publication.files)} should be in {kept}, but ")
    assert sentence.endswith(f"or get them from {publication.address} and put them there.")
    assert not kept.is_dir() or {path.name for path in kept.iterdir()} <= {".lock", IMAGES, LABELS}
    return sentence


def test_another_checksum_is_refused(server, kept):
    publication = grey_files(server)
    server.contents[LABELS] = server.contents[LABELS][:-1] + b"x"
    assert "sent something else: its SHA-256 is not the published one" in refusal(publication, kept)
    assert (kept / IMAGES).exists()
    assert not (kept / LABELS).exists()


def test_a_longer_file_is_refused_before_it_is_read_to_its_end(server, kept, monkeypatch):
    publication = grey_files(server)
    server.contents[LABELS] += b"x" * 5_000_000
    monkeypatch.setattr(download, "PART", 1000)
    assert "sent something else" in refusal(publication, kept)


def test_a_truncated_file_is_refused(server, kept):
    publication = grey_files(server)
    server.sent = 20
    size = len(server.contents[IMAGES])
    assert f"{server.address}{IMAGES} sent 20 of {size:,} bytes" in refusal(publication, kept)
    assert not (kept / IMAGES).exists()


def test_a_file_that_is_not_there_is_refused(server, kept):
    publication = grey_files(server)
    server.contents = {}
    assert f"{server.address}{IMAGES} cannot be reached (Not Found)" in refusal(publication, kept)


def test_no_network_is_one_sentence(server, kept):
    publication = grey_files(server)
    server.close()
    sentence = refusal(publication, kept)
    assert f"{server.address}{IMAGES} cannot be reached (Connection refused)" in sentence
    assert sentence.count(". ") == 0
    server.__init__()  # for the fixture to close


def test_a_silent_server_is_not_waited_for(server, kept, monkeypatch):
    publication = grey_files(server)
    monkeypatch.setattr(download, "TIMEOUT_SECONDS", 0.2)
    waiting = threading.Event()
    monkeypatch.setattr(server, "asked", type("Silent", (), {"append": lambda self, name: waiting.wait(20)})())
    assert "cannot be reached (timed out)" in refusal(publication, kept)
    waiting.set()


def test_a_folder_that_cannot_be_used_is_one_sentence(server, monkeypatch, tmp_path):
    publication = grey_files(server)
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("TANDEM_DATA", str(tmp_path / "file"))
    assert "the folder cannot be used (Not a directory)" in refusal(publication, tmp_path / "file" / "tiny")


def test_two_sides_download_once(server, kept):
    publication = grey_files(server)
    with ThreadPoolExecutor(4) as pool:
        assert len({tuple(paths) for paths in pool.map(fetch, [publication] * 4)}) == 1
    assert server.asked == [IMAGES, LABELS]


def test_grey_pictures(server):
    inputs, targets = grey(0, 7, grey_files(server))
    assert inputs.shape == (7, 1, 5, 4)
    assert inputs * 255 == pytest.approx(GREY[:7, np.newaxis].astype(float))
    assert targets.tolist() == CLASSES[:7].tolist()
    assert (inputs.dtype, targets.dtype) == (np.float64, np.int64)


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (0, 4, 2, 3, 1)], ids=["in order", "as published"])
@pytest.mark.parametrize("examples", [1, 2, 3, 10])
def test_colour_pictures(server, order, examples):
    batches = {BATCHES[place]: records(2 * place, 2 * place + 2) for place in order}
    batches = {"cifar-10-batches-bin/readme.html": b"<p>", **batches}
    publication = published(server, {"tiny.tar.gz": archive(batches)})
    inputs, targets = colour(0, examples, publication)
    assert inputs.shape == (examples, 3, 32, 32)
    assert inputs * 255 == pytest.approx(COLOUR[:examples].astype(float))
    assert targets.tolist() == CLASSES[:examples].tolist()
    assert (inputs.dtype, targets.dtype) == (np.float64, np.int64)


@pytest.mark.parametrize(
    "content", [b"", b"no gzip", gzip.compress(b"short"), idx(CLASSES), idx(GREY[:3]), idx(GREY)[:60]]
)
def test_a_published_file_that_is_no_picture_is_one_sentence(server, kept, content):
    publication = published(server, {IMAGES: content, LABELS: idx(CLASSES)})
    with pytest.raises(DatasetError, match=f"{re.escape(str(kept / IMAGES))} does not hold 7 entries"):
        grey(0, 7, publication)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"no archive", "is no CIFAR-10 archive"),
        (archive({BATCHES[0]: records(0, 2)})[:-40], "is no CIFAR-10 archive"),
        (archive({BATCHES[0]: records(0, 2)[:-1]}), "is no CIFAR-10 archive"),
        (archive({BATCHES[0]: records(0, 2), BATCHES[2]: records(2, 6)}), "holds fewer than 5 pictures"),
        (archive({"../../evil": b"x"}), "holds fewer than 5 pictures"),
    ],
    ids=["no archive", "truncated", "half a record", "too few", "nothing"],
)
def test_an_archive_without_the_pictures_is_one_sentence(server, content, sentence):
    with pytest.raises(DatasetError, match=sentence):
        colour(0, 5, published(server, {"tiny.tar.gz": content}))


@pytest.mark.parametrize(
    ("name", "shape"), [("mnist", (1, 28, 28)), ("fashion_mnist", (1, 28, 28)), ("cifar10", (3, 32, 32))]
)
def test_forms_need_no_files(name, shape, monkeypatch, tmp_path):
    monkeypatch.setenv("TANDEM_DATA", str(tmp_path / "absent"))
    form = DATASETS[name].form({"examples": 123})
    assert (form.kind, form.shape, form.outputs, form.examples) == ("image", shape, 10, 123)
    assert DATASETS[name].options["examples"].default == 10_000
    assert not (tmp_path / "absent").exists()


@pytest.mark.parametrize("publication", [pictures.MNIST, pictures.FASHION_MNIST, pictures.CIFAR10])
def test_what_is_published_is_written_down_whole(publication):
    assert re.fullmatch(r"https?://\S+/", publication.address)
    for file in publication.files:
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert file.size > 1000


def test_entries_read_their_own_publication():
    made = {name: DATASETS[name].make for name in ("mnist", "fashion_mnist", "cifar10")}
    assert all(isinstance(make, partial) for make in made.values())
    assert made["mnist"].keywords == {"publication": pictures.MNIST}
    assert made["fashion_mnist"].keywords == {"publication": pictures.FASHION_MNIST}
    assert made["cifar10"].keywords == {"publication": pictures.CIFAR10}
