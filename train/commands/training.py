"""`list`, `run`, `inject`, `fit-mix` and `fit-kinds`: what trains, or fits what is trained."""

from contextlib import closing
from pathlib import Path

from model.run.schema import PROTOCOLS
from train.commands.shared import SHIPPED, Commands, add_external_photos, refuse

INJECTIONS = SHIPPED.parent / "injections"
QUICK = SHIPPED.parent.parent / "build" / "quick"


def add(commands: Commands) -> None:
    """Add them to the commands of a parser."""
    listing = commands.add_parser(
        "list", help="list the recipes with their training time and result"
    )
    listing.set_defaults(do=_list)
    run = commands.add_parser("run", help="train a recipe and write its run folder")
    run.add_argument("recipe", metavar="RECIPE", nargs="?")
    run.add_argument(
        "--all",
        action="store_true",
        help="instead of one recipe: each that the photos can train; of the others it says why not",
    )
    run.add_argument("--data", type=Path, metavar="DIR", help="the unpacked data set")
    run.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of runs (default: assets/runs)"
    )
    run.add_argument("--quick", action="store_true", help="a short trial, about two minutes")
    run.add_argument(
        "--protocol",
        choices=PROTOCOLS,
        default=PROTOCOLS[0],
        help="honest (default) keeps a lesion on one side of the split; as-published splits by "
        "image, as the usual notebooks do, and leaks",
    )
    run.add_argument(
        "--folds",
        type=int,
        metavar="K",
        help="number of folds; 1 for a single split (default: the recipe's)",
    )
    run.add_argument(
        "--results-only", action="store_true", help="keep the results but not the network"
    )
    run.add_argument(
        "--lesions",
        type=Path,
        metavar="CSV",
        help="table with image_id and lesion_id, for data without lesion ids",
    )
    run.add_argument(
        "--fit-only",
        action="store_true",
        help="stop when the networks are trained; the same command without it goes on from there, "
        "on another machine, too",
    )
    run.add_argument(
        "--ray",
        nargs="?",
        const="",
        metavar="ADDRESS",
        help="train folds and recipes side by side: on this machine, or on the Ray cluster at "
        "ADDRESS (docs/scale.md)",
    )
    run.add_argument(
        "--workers",
        type=int,
        metavar="N",
        help="with --ray on this machine: trainings at a time (default: one for each processor)",
    )
    run.add_argument(
        "--threads",
        type=int,
        default=1,
        metavar="N",
        help="with --ray: processors of each training (default: 1)",
    )
    add_external_photos(run, "; lentigo_second and lentigo_third also train on some of them")
    run.set_defaults(do=_run)
    inject = commands.add_parser(
        "inject",
        help="train a recipe again and again while its test photos leak into the training, and "
        "measure what that is worth",
    )
    inject.add_argument("recipe", metavar="RECIPE")
    inject.add_argument("--data", type=Path, metavar="DIR", required=True)
    inject.add_argument("--lesions", type=Path, metavar="CSV", help="as for run")
    inject.add_argument(
        "--out",
        type=Path,
        default=INJECTIONS,
        metavar="DIR",
        help="folder of injections (default: assets/injections)",
    )
    inject.add_argument(
        "--seeds", type=int, default=3, metavar="N", help="trainings of each dose (default: 3)"
    )
    inject.set_defaults(do=_inject)
    mix = commands.add_parser(
        "fit-mix",
        help="fit how the probabilities of a trained run change with the mix of the diagnoses",
    )
    mix.add_argument("name", metavar="RUN")
    mix.add_argument("--runs", type=Path, default=SHIPPED, metavar="DIR", help="folder of runs")
    mix.set_defaults(do=_fit_mix)
    kinds = commands.add_parser(
        "fit-kinds", help="fit anew what tells the kinds of photo of a trained run apart"
    )
    kinds.add_argument("name", metavar="RUN")
    kinds.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="data set that it was trained on"
    )
    add_external_photos(kinds, "; give all that the run was asked about")
    kinds.add_argument("--runs", type=Path, default=SHIPPED, metavar="DIR", help="folder of runs")
    kinds.set_defaults(do=_fit_kinds)


def _fit_kinds(chosen):
    from model.network.tensorflow_startup import load_tensorflow
    from model.run import RunError, find
    from model.run.ledger import LedgerError
    from train.data import external_photos
    from train.data.readers import DataError
    from train.progress import console

    load_tensorflow()
    from train.kinds import KindsError, fit_again

    try:
        run = find(chosen.name, [chosen.runs])
        external = external_photos.read(
            chosen.phone_photos, chosen.not_lesions, chosen.isic2018_test
        )
        run = fit_again(run, chosen.data, external)
    except (DataError, KindsError, LedgerError, RunError) as error:
        return refuse(str(error))
    except KeyboardInterrupt:
        return refuse("Stopped. Run the same command to begin anew.", 130)
    console.print(f"Written: {run.path}")
    return 0


def _list(_):
    from train.progress import console
    from train.recipes import RECIPES

    for recipe in RECIPES.values():
        console.print(f"{recipe.name}: {recipe.title}", style="bold")
        console.print(f"  {recipe.command}\n  {recipe.minutes}; {recipe.expected}")
    return 0


def _run(chosen):
    from model.scoring.ray_start import RayError
    from train.build import BuildOptions
    from train.data import external_photos, readers
    from train.data.readers import DataError
    from train.progress import console
    from train.recipes import RECIPES
    from train.scale.trials import GO_ON, Failure, Job, status, trainable

    if (chosen.recipe is None) != chosen.all:
        return refuse("Name one recipe, or give --all.")
    recipe = RECIPES.get(chosen.recipe)
    if recipe is None and not chosen.all:
        return refuse(f"There is no recipe {chosen.recipe!r}. Recipes: {', '.join(RECIPES)}.")
    if recipe and chosen.data is None and recipe.layout != "rendered":
        return refuse(f"{recipe.name} needs photos: give their folder with --data DIR.")
    for option in ("folds", "workers", "threads"):
        number = getattr(chosen, option)
        if number is not None and number < 1:
            return refuse(f"--{option} must be 1 or more, not {number}.")
    out = chosen.out or (QUICK if chosen.quick else SHIPPED)
    try:
        external = external_photos.read(
            *(
                folder and folder.absolute()
                for folder in (chosen.phone_photos, chosen.not_lesions, chosen.isic2018_test)
            )
        )
    except DataError as error:
        return refuse(str(error))
    if chosen.all:
        layout = chosen.data and readers.layout_of(chosen.data)
        recipes, not_trained = trainable(RECIPES.values(), layout, chosen.phone_photos is not None)
    else:
        recipes, not_trained = [RECIPES[chosen.recipe]], {}
    jobs = [
        Job(
            recipe.quickly() if chosen.quick else recipe,
            chosen.data and chosen.data.absolute(),
            out.absolute(),
            BuildOptions(
                protocol=chosen.protocol,
                num_folds=chosen.folds or recipe.folds,
                lesions=chosen.lesions and chosen.lesions.absolute(),
                with_network=not chosen.results_only,
                external_photos=external,
                fit_only=chosen.fit_only,
            ),
        )
        for recipe in recipes
    ]
    failures = {}
    try:
        with closing(_results(jobs, chosen)) as results:  # ends what it began, Ctrl-C or not
            for job, result in results:
                if isinstance(result, Failure):
                    failures[job.name] = result
                else:
                    console.print(
                        "Trained. The same command without --fit-only writes the run folder."
                        if result is None
                        else f"Written: {result}"
                    )
    except RayError as error:
        return refuse(str(error))
    except KeyboardInterrupt:
        return refuse(f"Stopped. {GO_ON}", 130)
    for name, reason in not_trained.items():
        console.print(f"Not trained: {name}. {reason}")
    for name, failure in failures.items():
        refuse(f"{name}: {failure.sentence}" if chosen.all else failure.sentence)
    return status(len(jobs), list(failures.values()), chosen.all)


def _results(jobs, chosen):
    """Each job with what came of it, see `train.scale.on_ray.train`."""
    from train import progress
    from train.scale import on_ray
    from train.scale.trials import one_by_one

    if chosen.ray is None:
        yield from one_by_one(jobs)
        return
    with progress.lines() as show:
        say = progress.console.print
        yield from on_ray.train(jobs, chosen.ray, chosen.threads, chosen.workers, show, say)


def _inject(chosen):
    from model.evaluation.injection import InjectionError
    from train.data.readers import DataError
    from train.injection import Plan, inject
    from train.progress import console
    from train.recipes import RECIPES
    from train.recipes.frozen_trunk import FROZEN_TRUNK

    recipes = {**RECIPES, FROZEN_TRUNK.name: FROZEN_TRUNK}
    recipe = recipes.get(chosen.recipe)
    if recipe is None:
        return refuse(f"There is no recipe {chosen.recipe!r}. Recipes: {', '.join(recipes)}.")
    if chosen.seeds < 1:
        return refuse(f"--seeds must be 1 or more, not {chosen.seeds}.")
    try:
        inject(recipe, chosen.data, chosen.out, chosen.lesions, Plan(chosen.seeds))
    except (DataError, InjectionError) as error:
        return refuse(str(error))
    except KeyboardInterrupt:
        return refuse("Stopped. Run the same command to go on after the last finished epoch.", 130)
    console.print(f"Written: {chosen.out / recipe.name}")
    return 0


def _fit_mix(chosen):
    from model.run import RunError, find
    from model.run.ledger import LedgerError, part
    from train.fitting.later_mix import fit_mix
    from train.progress import console
    from train.reports import ledger_entries, model_card

    try:
        run = find(chosen.name, [chosen.runs])
        ledger_entries.refuse_broken(run.path)
        run, photos = fit_mix(run)
    except (RunError, LedgerError) as error:
        return refuse(str(error))
    choice = ledger_entries.mix_choice(
        run.calibration["mix"], part("validation"), photos["image_id"]
    )
    ledger_entries.record(run, choice)
    console.print(f"On {choice.num_photos:,} validation photos: {choice.result}")
    if run.has_network:
        console.print(f"Written: {model_card.write(run)}")
    return 0
