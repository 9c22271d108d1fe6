"""How trials are handed to Ray and what becomes of them; Ray itself is asked by `make scale`."""

import subprocess
import sys
import types
from dataclasses import replace
from pathlib import Path

import pytest

from model.scoring.ray_start import RayError
from tests.conftest import ROOT
from tests.test_imports import FILES, imported
from train import __main__ as command
from train.build import BuildOptions
from train.recipes.demo import DEMO
from train.scale import on_ray, trials
from train.scale.trials import Failure, Job

# What the command may set for Ray: put back after each test.
SETTINGS = (
    "RAY_USAGE_STATS_ENABLED",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER",
    "RAY_task_oom_retries",
    "RAY_gcs_server_port_wait_time_s",
    "RAY_py_gcs_connect_timeout_s",
)


class FakeRay(types.ModuleType):
    """Does a task when it is first waited for; a task that needs a failed one fails with it."""

    def __init__(self, cpus=2, nodes=()):
        super().__init__("ray")
        self.cpus, self.known = cpus, list(nodes)
        self.begun, self.options, self.started = [], [], None
        self.exceptions = types.SimpleNamespace(RayError=self.Error, RayTaskError=self.TaskError)

    class Error(Exception):
        pass

    class TaskError(Error):
        def __init__(self, cause):
            super().__init__(str(cause))
            self.cause = cause

    def init(self, *address, **settings):
        self.started = (address, settings)
        if address == ("nowhere:1",):
            raise ConnectionError("nobody answers")

    def shutdown(self):
        self.started = None

    def cluster_resources(self):
        return {"CPU": float(self.cpus)}

    def nodes(self):
        return self.known or [node("here", cpus=self.cpus)]

    def remote(self, **options):
        return lambda function: Task(self, function, options)

    def wait(self, references, num_returns, timeout):
        for reference in references[:1]:  # one at a time, as on one processor
            reference.outcome()
        return references[:1], references[1:]

    def get(self, reference):
        result, error = reference.outcome()
        if error is not None:
            raise error
        return result


class Task:
    def __init__(self, ray, function, options):
        self.ray, self.function, self.given = ray, function, options

    def options(self, **more):
        return Task(self.ray, self.function, self.given | more)

    def remote(self, *arguments):
        self.ray.begun.append(self.given.get("name", self.function.__name__))
        self.ray.options.append(self.given)
        whole = Reference(self, arguments)
        if self.given.get("num_returns") == 2:
            return Reference(whole, (), 0), Reference(whole, (), 1)
        return whole


class Reference:
    def __init__(self, of, arguments, part=None):
        self.of, self.arguments, self.part, self.known = of, arguments, part, None

    def outcome(self):
        if self.known is None:
            self.known = self._found()
        return self.known

    def _found(self):
        if self.part is not None:
            result, error = self.of.outcome()
            return (None, error) if error else (result[self.part], None)
        values = []
        for argument in self.arguments:
            if isinstance(argument, Reference):
                argument, error = argument.outcome()
                if error:
                    return None, error
            values.append(argument)
        try:
            return self.of.function(*values), None
        except FakeRay.Error as error:
            return None, error
        except Exception as error:  # noqa: BLE001
            return None, FakeRay.TaskError(error)


@pytest.fixture
def ray(monkeypatch):
    fake = FakeRay()
    monkeypatch.setitem(sys.modules, "ray", fake)
    strategies = types.ModuleType("ray.util.scheduling_strategies")
    strategies.NodeAffinitySchedulingStrategy = lambda node, soft: (node, soft)
    monkeypatch.setitem(sys.modules, "ray.util", types.ModuleType("ray.util"))
    monkeypatch.setitem(sys.modules, strategies.__name__, strategies)
    for name in SETTINGS:
        monkeypatch.setenv(name, "unset")
    return fake


@pytest.fixture
def done(monkeypatch):
    """The trials that were done, without training anything; `fails` names what raises."""
    seen, fails = [], {}

    def step(name, result):
        seen.append(name)
        if name in fails:
            raise fails[name]
        return result

    def read(job):
        return step(f"{job.name} photos", (job, f"about {job.name}"))

    def train(job, number, threads):
        return step(f"{job.name} {number} with {threads}", number)

    def write(job, threads, *folds):
        return step(f"{job.name} written from {folds}", job.out / job.name)

    monkeypatch.setattr(trials, "read_photos", read)
    monkeypatch.setattr(trials, "train_fold", train)
    monkeypatch.setattr(trials, "write_folder", write)
    return types.SimpleNamespace(seen=seen, fails=fails)


def jobs(out, *names, **options):
    given = BuildOptions(num_folds=2, **options)
    return [Job(replace(DEMO, name=name), None, out, given) for name in names]


def train(todo, address="", threads=1, workers=None):
    shown, said = [], []
    results = list(on_ray.train(todo, address, threads, workers, shown.append, said.append))
    return results, shown, said


def test_each_fold_is_a_task_that_ray_begins_again_when_its_process_is_killed(ray, done, tmp_path):
    ray.cpus = 6
    todo = jobs(tmp_path, "one")
    results, shown, said = train(todo, threads=3)
    assert results == [(todo[0], tmp_path / "one")]
    assert ray.begun == ["one, photos", "one, fold 0", "one, fold 1", "one, run folder"]
    assert done.seen == ["one photos", "one 0 with 3", "one 1 with 3", "one written from (0, 1)"]
    for options in ray.options:
        assert options["num_cpus"] == 3
        assert options["max_retries"] == on_ray.RETRIES > 0
        assert options["max_calls"] == 1
    assert said == ["one:\nabout one"]
    assert {"one, fold 0": "waiting, trained", "one, fold 1": "waiting"} in shown
    assert shown[-2:] == [{"one": "writing the run folder"}, {}]


def test_a_job_waits_until_those_before_it_leave_a_processor_idle(ray, done, tmp_path):
    """Or the photos of all recipes would be in memory at once."""
    train(jobs(tmp_path, "one", "two", "three"))
    before = {name: done.seen.index(f"{name} photos") for name in ("one", "two", "three")}
    assert before["one"] == 0
    assert before["two"] > done.seen.index("one 1 with 1")
    assert before["three"] > done.seen.index("two 1 with 1")
    ray.cpus = 40
    done.seen.clear()
    ray.begun.clear()
    train(jobs(tmp_path, "one", "two"))
    assert ray.begun.index("two, photos") == 4  # at once, after the four trials of the first


def test_the_failure_of_one_trial_takes_no_other_with_it(ray, done, tmp_path):
    done.fails["one 0 with 1"] = OSError("disk full")
    done.fails["three photos"] = trials.DataError("It holds nothing.")
    todo = jobs(tmp_path, "one", "two", "three")
    results, _, said = train(todo)
    assert {job.name: result for job, result in results} == {
        "one": Failure(f"Fold 0: OSError: disk full. {trials.GO_ON}", 1),
        "two": tmp_path / "two",
        "three": Failure("It holds nothing.", 2),
    }
    assert "one 1 with 1" in done.seen  # it can be gone on with
    assert not [name for name in done.seen if name.startswith("one written")]
    assert said == ["one:\nabout one", "two:\nabout two"]


def test_a_process_that_is_killed_again_and_again_is_told(ray, done, tmp_path):
    done.fails["one 1 with 1"] = FakeRay.Error("The worker died.\nLong story.")
    [(_, failure)], _, _ = train(jobs(tmp_path, "one"))
    assert failure == Failure(f"Fold 1: Error: The worker died. {trials.GO_ON}", 1)


def test_folds_alone_write_no_run_folder(ray, done, tmp_path):
    todo = jobs(tmp_path, "one", fit_only=True)
    results, _, _ = train(todo)
    assert results == [(todo[0], None)]
    assert done.seen == ["one photos", "one 0 with 1", "one 1 with 1"]


def test_a_local_ray_reports_to_nobody_keeps_to_the_loopback_and_leaves_no_folder(
    ray, done, tmp_path
):
    results = on_ray.train(jobs(tmp_path, "one"), "", 2, 3, lambda _: None, lambda _: None)
    next(results)
    address, settings = ray.started
    assert address == ("local",)
    assert settings["num_cpus"] == 6
    assert settings["include_dashboard"] is False
    assert settings["log_to_driver"] is False
    assert settings["object_store_memory"] == 2 * 2**30
    assert Path(settings["_temp_dir"]).is_dir()
    assert on_ray.os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
    assert on_ray.os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] == "0"
    results.close()
    assert ray.started is None
    assert not Path(settings["_temp_dir"]).exists()


def node(name, alive=True, cpus=2):
    return {
        "Alive": alive,
        "NodeID": name,
        "NodeManagerHostname": name,
        "Resources": {"CPU": float(cpus)} if alive else {},
    }


def test_a_cluster_is_joined_and_its_nodes_are_asked_first(ray, done, tmp_path):
    ray.known = [node("near"), node("gone", alive=False)]
    results = on_ray.train(
        jobs(tmp_path, "one"), "head:6379", 1, None, lambda _: None, lambda _: None
    )
    next(results)
    address, settings = ray.started
    assert address == ("head:6379",)
    assert not {"num_cpus", "_temp_dir", "object_store_memory"} & set(settings)
    assert ray.options[0]["scheduling_strategy"] == ("near", False)
    assert ray.begun.count("missing") == 1
    assert on_ray.os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] == "unset"
    results.close()
    assert [path.name for path in tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda folders, marks: (folders, {}), "Node far does not find {data}. Photos and --out"),
        (lambda folders, marks: (marks, {}), "Node far does not find {out}. Photos and --out"),
        (
            lambda folders, marks: ([], {"keras": "3.1"}),
            "Node far has keras 3.1, this machine tensorflow ",
        ),
    ],
)
def test_a_node_that_cannot_take_part_is_named_before_anything_begins(
    ray, done, tmp_path, monkeypatch, answer, sentence
):
    ray.known = [node("far")]
    asked = []

    def told(folders, marks):
        asked.append((folders, marks))
        return answer(folders, marks) if len(asked) > 1 else real(folders, marks)

    real = on_ray.missing
    monkeypatch.setattr(on_ray, "missing", told)
    data, out = tmp_path / "data", tmp_path / "out"
    todo = [replace(job, data=data, out=out) for job in jobs(tmp_path, "one")]
    with pytest.raises(RayError) as caught:
        train(todo, "head:6379")
    assert str(caught.value).startswith(sentence.format(data=data, out=out))
    assert done.seen == []
    assert list(out.iterdir()) == []
    assert ray.started is None


def test_a_training_that_no_machine_is_large_enough_for_is_refused(ray, done, tmp_path):
    ray.known = [node("small"), node("large", cpus=4), node("gone", alive=False)]
    with pytest.raises(RayError, match=r"has 5 processors for one training; the largest has 4"):
        train(jobs(tmp_path, "one"), threads=5)
    assert done.seen == []
    assert ray.started is None
    train(jobs(tmp_path, "one"), threads=4)


def test_a_node_without_this_project_is_named(ray, done, tmp_path, monkeypatch):
    ray.known = [node("far")]
    asked = []

    def unknown(folders, marks):
        asked.append(folders)
        if len(asked) > 1:
            raise ModuleNotFoundError("train")
        return [], {}

    monkeypatch.setattr(on_ray, "missing", unknown)
    with pytest.raises(RayError, match="Node far cannot run this training"):
        train(jobs(tmp_path, "one"), "head:6379")


def test_a_machine_misses_what_is_not_there(tmp_path):
    here, there = tmp_path, tmp_path / "no"
    lacks, versions = on_ray.missing([here, there], [])
    assert lacks == [there]
    assert set(versions) == {"tensorflow", "keras", "numpy"}


def test_no_answer_from_a_cluster_is_one_sentence(ray, tmp_path):
    with pytest.raises(RayError, match=r"does not answer at nowhere:1 \(nobody answers\)"):
        train(jobs(tmp_path, "one"), "nowhere:1")


def test_without_ray_the_command_says_what_to_install(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    assert command.main(["run", "demo", "--ray", "--out", str(tmp_path / "runs")]) == 2
    printed = capsys.readouterr().err
    assert printed == (
        "Ray is not installed. Install it with: pip install -r requirements-scale.txt\n"
    )
    assert not (tmp_path / "runs").exists()


def test_the_command_tells_failures_at_its_end_and_in_its_status(
    ray, done, tmp_path, capsys, monkeypatch
):
    done.fails["demo 1 with 1"] = OSError("disk full")
    arguments = ["--all", "--quick", "--folds", "2", "--ray", "--out", str(tmp_path)]
    assert command.main(["run", *arguments]) == 1
    printed = capsys.readouterr()
    assert printed.err == f"demo: Fold 1: OSError: disk full. {trials.GO_ON}\n"
    assert "Not trained: ham7_cnn. It needs photos: give their folder" in printed.out
    assert "Written" not in printed.out
    done.fails.clear()
    assert command.main(["run", *arguments]) == 0
    assert f"Written: {tmp_path / 'demo'}" in capsys.readouterr().out


def test_ctrl_c_stops_ray_and_says_how_to_go_on(ray, done, tmp_path, capsys):
    done.fails["demo 0 with 1"] = KeyboardInterrupt()
    assert command.main(["run", "demo", "--ray", "--out", str(tmp_path)]) == 130
    assert "Stopped. Run the same command to go on after" in capsys.readouterr().err
    assert ray.started is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run"], "Name one recipe, or give --all."),
        (["run", "demo", "--all"], "Name one recipe, or give --all."),
        (["run", "--ray", "demo"], "Name one recipe, or give --all."),
        (["run", "demo", "--ray", "--workers", "0"], "--workers must be 1 or more, not 0."),
        (["run", "demo", "--ray", "--threads", "0"], "--threads must be 1 or more, not 0."),
    ],
)
def test_what_the_user_must_change_is_said_in_one_line(capsys, arguments, sentence):
    assert command.main(arguments) == 2
    assert capsys.readouterr().err == f"{sentence}\n"


def test_one_module_of_the_training_knows_ray_and_imports_it_only_when_asked():
    users = [path.name for path in FILES["train"] if "ray" in imported(path)]
    assert users == ["on_ray.py"]
    code = "import sys, train.scale.on_ray; sys.exit('ray' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
