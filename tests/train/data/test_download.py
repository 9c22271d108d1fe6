"""The downloader against a server on this machine: unpacked, resumed, and honest when it fails."""

import http.server
import io
import json
import threading
import zipfile

import pandas as pd
import pytest

from model.run import find
from train.data.download import SAMPLES, SOURCES, DownloadError, Source, download


@pytest.fixture
def server(tmp_path):
    """Serves tmp_path/served; yields its address and the list of paths asked for."""
    served = tmp_path / "served"
    served.mkdir()
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=str(served))

        def log_message(self, *_):
            asked.append(self.path)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", served, asked
        running.shutdown()
        thread.join()


@pytest.fixture
def source(server):
    address, served, _ = server
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("ISIC_1.jpg", b"pixels")
    (served / "images.zip").write_bytes(buffer.getvalue())
    (served / "table.csv").write_text("image_id\nISIC_1\n")
    names = ("table.csv", "images.zip")
    return Source({name: f"{address}/{name}" for name in names}, "free")


def test_files_are_fetched_and_archives_unpacked(source, tmp_path):
    download(source, tmp_path / "data")
    assert (tmp_path / "data" / "table.csv").read_text() == "image_id\nISIC_1\n"
    assert (tmp_path / "data" / "images" / "ISIC_1.jpg").read_bytes() == b"pixels"
    assert not (tmp_path / "data" / "images.zip").exists()


def test_what_is_there_is_not_fetched_again(source, server, tmp_path):
    download(source, tmp_path / "data")
    _, _, asked = server
    before = len(asked)
    download(source, tmp_path / "data")
    assert len(asked) == before


def test_an_archive_that_was_put_there_by_hand_is_unpacked(source, server, tmp_path):
    _, served, _ = server
    (tmp_path / "data").mkdir()
    (served / "images.zip").rename(tmp_path / "data" / "images.zip")
    download(source, tmp_path / "data")
    assert (tmp_path / "data" / "images" / "ISIC_1.jpg").read_bytes() == b"pixels"


def test_archives_inside_an_archive_are_unpacked(server, tmp_path):
    """As PAD-UFES-20 comes: one archive that holds the archives of its photos."""
    address, served, _ = server
    inner, outer = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("imgs_part_1/PAT_1.png", b"pixels")
    with zipfile.ZipFile(outer, "w") as archive:
        archive.writestr("images/imgs_part_1.zip", inner.getvalue())
        archive.writestr("metadata.csv", "img_id\nPAT_1.png\n")
    (served / "all.zip").write_bytes(outer.getvalue())
    download(Source({"PAD.zip": f"{address}/all.zip"}, "free"), tmp_path / "data")
    files = sorted(path.name for path in (tmp_path / "data").rglob("*.*") if path.is_file())
    assert files == [".PAD.zip.unpacked", "LICENCE.txt", "PAT_1.png", "metadata.csv"]


def test_a_missing_file_is_named_with_its_address_and_leaves_no_half_file(source, server, tmp_path):
    _, served, _ = server
    (served / "images.zip").unlink()
    with pytest.raises(DownloadError, match=r"images\.zip could not be fetched from http://127"):
        download(source, tmp_path / "data")
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == [
        "LICENCE.txt",
        "table.csv",
    ]


def test_a_damaged_archive_is_removed_so_that_another_try_can_work(source, server, tmp_path):
    _, served, _ = server
    (served / "images.zip").write_bytes(b"half")
    with pytest.raises(DownloadError, match="damaged and was removed"):
        download(source, tmp_path / "data")
    assert not (tmp_path / "data" / "images.zip").exists()


def test_every_source_names_its_licence_and_speaks_https():
    for source in SOURCES.values():
        assert "CC BY" in source.licence
        assert source.option.startswith("--") or source.option == "LENTIGO_DATA"
        assert all(address.startswith("https://") for address in source.files.values())


def test_a_photo_that_is_described_is_fetched_from_where_its_description_says(server, tmp_path):
    """As the ISIC Archive answers: a description in JSON, which holds the photo's address."""
    address, served, _ = server
    (served / "photo.bin").write_bytes(b"pixels")
    (served / "ISIC_1").mkdir()
    description = {"isic_id": "ISIC_1", "files": {"full": {"url": f"{address}/photo.bin"}}}
    (served / "ISIC_1" / "index.html").write_text(json.dumps(description))
    source = Source({"ISIC_1.jpg": f"{address}/ISIC_1/"}, "free, by A. Author", are_described=True)
    download(source, tmp_path / "data")
    assert (tmp_path / "data" / "ISIC_1.jpg").read_bytes() == b"pixels"
    assert (tmp_path / "data" / "LICENCE.txt").read_text() == "free, by A. Author\n"
    (served / "ISIC_1" / "index.html").write_text("{}")
    (tmp_path / "data" / "ISIC_1.jpg").unlink()
    with pytest.raises(DownloadError, match=r"ISIC_1\.jpg could not be fetched: .* does not say"):
        download(source, tmp_path / "data")


def test_the_samples_are_test_photos_of_both_editions_and_each_has_an_address():
    photos = pd.read_csv(SAMPLES)
    asked = set(SOURCES["samples"].files)
    from_ham = photos[photos["source"] == "HAM10000"]
    assert asked == {f"{image_id}.jpg" for image_id in from_ham["image_id"]}
    assert len(asked) == 12
    for name in ("lentigo", "lentigo_second"):
        tested = find(name).test_photos.set_index("image_id")["diagnosis"]
        assert list(tested[from_ham["image_id"]]) == list(from_ham["diagnosis"])
    phone = photos[photos["source"] == "PAD-UFES-20"].set_index("image_id")
    known = find("lentigo_second").external.set_index("image_id").loc[phone.index]
    assert set(known["split"]) == {"test"}
    assert list(known["diagnosis"]) == list(phone["diagnosis"])
