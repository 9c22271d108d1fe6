"""`pages -> model <- train`: what each part may import, read from the import statements."""

import ast
import subprocess
import sys

import pytest

from tests.conftest import ROOT

MAY_NOT = {
    "model": {"streamlit", "train", "pages", "plotly", "app"},
    "train": {"streamlit", "pages", "plotly", "app"},
    "pages": {"train"},
    "app.py": {"train", "model"},
}
FILES = {
    part: [ROOT / part] if part.endswith(".py") else sorted((ROOT / part).rglob("*.py"))
    for part in MAY_NOT
}


def imported(path):
    """Top-level names a file imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize("part", MAY_NOT)
def test_no_part_imports_what_it_may_not(part):
    assert FILES[part], f"no files in {part}"
    for path in FILES[part]:
        assert not imported(path) & MAY_NOT[part], path


def test_only_one_module_knows_tf_keras_vis():
    users = [path for part in FILES.values() for path in part if "tf_keras_vis" in imported(path)]
    assert [path.name for path in users] == ["tf_keras_vis.py"]


def test_only_the_downloader_can_open_a_connection():
    network = {"urllib", "requests", "http", "socket", "httpx", "aiohttp", "ftplib"}
    users = [path for part in FILES.values() for path in part if imported(path) & network]
    assert [path.name for path in users] == ["download.py"]


def test_every_cache_of_the_app_is_bounded():
    for path in FILES["pages"]:
        text = path.read_text("utf-8")
        if path.name in ("cache.py", "model_loading.py", "garbage_collection.py"):
            assert text.count("@st.cache_") == text.count("max_entries=")
        else:
            assert "st.cache_" not in text, path


def test_every_page_opens_with_the_frame():
    pages = sorted(
        path for path in (ROOT / "pages").glob("*/page.py") if path.parent.name != "shared"
    )
    assert len(pages) == 5
    for path in pages:
        body = ast.parse(path.read_text("utf-8")).body
        first = next(
            node
            for node in body
            if not isinstance(node, ast.Import | ast.ImportFrom | ast.Assign)
            and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        )
        assert ast.unparse(first).startswith("page_frame("), path


def test_listing_recipes_does_not_wait_for_tensorflow():
    code = (
        "import sys; from train.__main__ import main; main(['list']); "
        "assert not {'tensorflow', 'keras', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT)
