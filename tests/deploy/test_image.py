"""The container: its Dockerfile, what goes into it, and how it runs."""

import json
import re
import subprocess
import sys
from pathlib import Path

import compose_spec
import pytest

from deploy import proxy
from tests.conftest import ROOT
from tests.deploy import replay

HADOLINT = Path(sys.executable).with_name("hadolint")


def compose():
    """compose.yaml with the defaults of its variables, checked against the specification."""
    text = re.sub(r"\$\{\w+:-(.*?)\}", r"\1", (ROOT / "compose.yaml").read_text("utf-8"))
    project = compose_spec.PyCompose.from_yaml(text)
    project.validate()
    return project.to_dict()


@pytest.fixture(scope="module")
def replayed():
    reason = replay.why_not()
    if reason:
        pytest.skip(reason)
    return replay.replay()


def test_the_dockerfile_passes_its_linter():
    done = subprocess.run([HADOLINT, "Dockerfile"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_docker_is_sent_what_the_app_needs_and_nothing_else():
    sent = set(replay.context_files())
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode == 0:
        assert sent <= {*tracked.stdout.splitlines(), "Dockerfile", ".dockerignore"}
    parts = {Path(path).parts[0] for path in sent}
    assert parts - {"Dockerfile", ".dockerignore"} == {
        ".streamlit",
        "LICENSE",
        "app.py",
        "assets",
        "model",
        "pages",
        "requirements.txt",
    }
    assert {"app.py", ".streamlit/config.toml", "assets/runs/lentigo/model.keras"} <= sent


def test_a_server_answers_as_nobody_without_network_from_files_it_cannot_change(replayed):
    assert replayed["answer"].startswith("Rendered ragged blot")
    assert replayed["owner"] == {"Uid": "1000", "CapEff": 16 * "0", "CapBnd": 16 * "0"}


def test_a_server_writes_only_what_its_libraries_keep(replayed):
    # matplotlib comes with packages for development and is not in the image.
    kept = r"tmp/(\.keras/keras\.json|\.cache/matplotlib/\S+|__autograph_generated_file\w+\.py)"
    assert not [path for path in replayed["written"] if not re.fullmatch(kept, path)]
    assert "Error" not in replayed["log"]


def test_an_instruction_that_is_not_known_is_not_passed_over():
    with pytest.raises(ValueError, match="ADD is not known"):
        replay.read("FROM scratch\nADD app.py /\n")
    with pytest.raises(ValueError, match="flags of COPY"):
        replay.read("FROM scratch\nCOPY --from=build a b\n")


def test_compose_shuts_the_servers_in():
    services, networks = (compose()[key] for key in ("services", "networks"))
    for service in services.values():
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    app = services["app"]
    assert "ports" not in app
    assert [networks[name] for name in app["networks"]] == [{"internal": True}]
    assert app["tmpfs"][0].startswith("/tmp:")
    # Nothing is open to the network unless somebody says so.
    assert services["proxy"]["ports"] == ["127.0.0.1:8501:8501"]


@pytest.mark.parametrize("cause", [None, "LENTIGO_SERVERS"])
def test_haproxy_understands_its_configuration(tmp_path, cause):
    try:
        haproxy = proxy.executable()
    except proxy.ProxyMissingError as missing:
        pytest.skip(str(missing))
    given = {
        key: str(value)
        for key, value in compose()["services"]["proxy"]["environment"].items()
        if cause or key != "LENTIGO_SERVERS"
    }
    file = tmp_path / "haproxy.cfg"
    file.write_text(proxy.configuration([] if cause else [8601, 8602]))
    done = subprocess.run(
        [haproxy, "-c", "-f", file], env=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr


def test_compose_s_proxy_finds_the_servers_and_keeps_visitors_on_theirs():
    reason = replay.why_not()
    if reason:
        pytest.skip(reason)
    try:
        haproxy = proxy.executable()
    except proxy.ProxyMissingError as missing:
        pytest.skip(str(missing))
    command = ["unshare", "--net", sys.executable, "-m", "tests.deploy.docker_network", haproxy]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_devcontainer_runs_a_target_of_the_makefile():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    command, _, target = container["postCreateCommand"].partition(" ")
    assert command == "make"
    assert f"\n{target.replace('.venv', '$(VENV)')}:" in (ROOT / "Makefile").read_text("utf-8")


def test_the_space_asks_for_the_port_that_the_container_opens():
    front = (ROOT / "deploy" / "space" / "README.md").read_text("utf-8").split("---\n")[1]
    said = dict(line.split(": ", 1) for line in front.splitlines())
    assert said["sdk"] == "docker"
    command = replay.read((ROOT / "Dockerfile").read_text("utf-8")).command
    assert said["app_port"] == command[command.index("--server.port") + 1]
    assert len(said["short_description"]) <= 60  # longer ones are refused
