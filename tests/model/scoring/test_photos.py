"""Which files a command means, and in which order."""

import pytest

from model.photo.decode import SUFFIXES
from model.scoring.photos import PhotosError, find


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b/2.JPG", "b-c/1.png", "b/10.jpg", "a.webp", "b/deep/er/x.heic", "notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path)
    return tmp_path


def test_the_order_is_that_of_sorted_paths(folder):
    photos = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in SUFFIXES]
    expected = [str(path) for path in photos if path.is_file() and "loop" not in path.parts]
    assert find([folder]) == expected
    assert [path.removeprefix(f"{folder}/") for path in expected] == [
        "a.webp",
        "b/10.jpg",
        "b/2.JPG",
        "b/deep/er/x.heic",
        "b-c/1.png",
    ]


def test_each_comes_once_and_as_it_was_named(folder):
    here = type(folder)()
    assert find([folder.relative_to(folder)])[0] == "a.webp"
    assert find([here / "b", here / "b" / "2.JPG", here / "notes.txt"]) == [
        "b/10.jpg",
        "b/2.JPG",
        "b/deep/er/x.heic",
        "notes.txt",
    ]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nothing", "There is no photo or folder"),
        ("folder.jpg", "holds no JPEG, PNG, WebP or HEIC"),
    ],
)
def test_what_is_not_there_is_named(folder, name, sentence):
    with pytest.raises(PhotosError, match=f"{name}|{sentence}"):
        find([folder / name])
