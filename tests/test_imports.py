"""What the code may import beyond the layers, which import-linter holds (pyproject.toml)."""

import ast
import subprocess
import sys

from tests.conftest import ROOT

FILES = {part: sorted((ROOT / part).rglob("*.py")) for part in ("model", "train", "pages")}
FILES["app.py"] = [ROOT / "app.py"]


def imported(path):
    """Top-level names a file imports, wherever in the file."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.partition(".")[0])
    return names


def test_app_knows_pages_only_and_nothing_imports_app():
    assert not imported(ROOT / "app.py") & {"model", "train"}
    for part in ("model", "train", "pages"):
        assert FILES[part], f"no files in {part}"
        for path in FILES[part]:
            assert "app" not in imported(path), path


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
        is_cache = path.parent == ROOT / "pages" / "shared" / "cache"
        if is_cache or path.name in ("model_loading.py", "garbage_collection.py"):
            assert text.count("@st.cache_") == text.count("max_entries=")
        else:
            assert "st.cache_" not in text, path


def test_every_page_draws_inside_its_frame():
    pages = sorted(
        path for path in (ROOT / "pages").glob("*/page.py") if path.parent.name != "shared"
    )
    assert len(pages) == 6
    for path in pages:
        body = ast.parse(path.read_text("utf-8")).body
        drawing = [
            node
            for node in body
            if not isinstance(node, ast.Import | ast.ImportFrom | ast.Assign | ast.FunctionDef)
            and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        ]
        assert [type(node) for node in drawing] == [ast.With], path
        assert ast.unparse(drawing[0]).startswith("with page("), path


def test_listing_recipes_does_not_wait_for_tensorflow():
    code = (
        "import sys; from train.__main__ import main; main(['list']); "
        "assert not {'tensorflow', 'keras', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT)
