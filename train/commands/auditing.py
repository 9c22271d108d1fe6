"""`audit`: copies, contradictory labels and leaks, in photos or in lists of them."""

from pathlib import Path

from train.commands.shared import Commands, refuse


def add(commands: Commands) -> None:
    """Add it to the commands of a parser."""
    audit = commands.add_parser(
        "audit",
        help="find copies, contradictory labels and leaks, in photos or in lists of them",
    )
    audit.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="photos; with lists and --certificate, to lay photos of one lesion over each other",
    )
    audit.add_argument(
        "--predictions",
        type=Path,
        metavar="FILE",
        help="instead of photos: image_id, split (or the test photos alone, with --train), and "
        "where they are known diagnosis and p_<diagnosis>",
    )
    audit.add_argument("--train", type=Path, metavar="FILE", help="ids of the training photos")
    audit.add_argument(
        "--metadata",
        type=Path,
        metavar="CSV",
        help="image_id and lesion_id of the data set; without it, what the models that ship with "
        "Lentigo know of HAM10000",
    )
    audit.add_argument("--fold", metavar="N", help="of a list with folds, the one to audit")
    audit.add_argument(
        "--certificate", type=Path, metavar="HTML", help="write what was found as one file"
    )
    audit.add_argument("--lesions", type=Path, metavar="CSV", help="as for run")
    audit.add_argument(
        "--labels",
        type=Path,
        metavar="CSV",
        help="table with image_id and diagnoses, to check the folders against",
    )
    audit.add_argument(
        "--same-lesion",
        action="store_true",
        help="instead: lay photos over each other, and list pairs that show one lesion under two "
        "lesion ids (about ten minutes for 10,000 photos)",
    )
    audit.add_argument(
        "--csv", type=Path, metavar="FILE", help="one row per photo; of --same-lesion, per pair"
    )
    audit.set_defaults(do=_audit)


def _audit_lists(chosen):
    from model.audit import certificate, known_lesions
    from model.audit.list_audit import audit_lists
    from model.audit.lists import read_lists, read_metadata
    from model.audit.own_table import TableError, opened
    from model.run import default_folders, read_all
    from train.data.readers import DataError
    from train.progress import console

    try:
        paths = {name: getattr(chosen, name) for name in ("predictions", "train", "metadata")}
        files = {name: opened(path) for name, path in paths.items() if path}
        hashes: dict[str, str] = {}
        listed = read_lists(files["predictions"], files.get("train"), chosen.fold or "")
        if chosen.metadata:
            known = read_metadata(files["metadata"])
        else:
            runs = known_lesions.of_runs(read_all(default_folders())[0].values())
            known, hashes = runs.table, runs.hashes
            console.print(runs.sentence)
        audit = audit_lists(listed, known)
    except TableError as error:
        return refuse(str(error))
    console.print("\n".join([certificate.verdict(audit), *certificate.sentences(audit)]))
    if chosen.certificate is not None:
        try:
            overlays = _overlays(chosen.data, audit) if chosen.data else None
        except DataError as error:
            return refuse(str(error))
        except ModuleNotFoundError as error:
            return refuse(f"{error.name} is missing: pip install -r requirements-train.txt.")
        except KeyboardInterrupt:
            return refuse("Stopped. Nothing was written.", 130)
        if overlays:
            console.print(overlays.sentence)
        # By option, too: two lists may have one name.
        hashes |= {f"--{name} {paths[name].name}": file.sha256 for name, file in files.items()}
        command = certificate.command(
            chosen.predictions.name,
            chosen.train and chosen.train.name,
            chosen.metadata and chosen.metadata.name,
            chosen.fold,
            chosen.data and chosen.data.name,
        )
        try:
            page = certificate.page(audit, hashes, command, overlays)
            chosen.certificate.write_text(page, "utf-8")
        except OSError as error:
            return refuse(f"{chosen.certificate} cannot be written: {error.strerror}.")
        console.print(f"Written: {chosen.certificate}")
    return 0


def _overlays(data, audit):
    from train.data import readers
    from train.progress import track
    from train.reports.overlays import overlays

    # All photos in one frame: HAM10000 has sharper copies of some, squashed to squares.
    table = readers.read(data, readers.layout_of(data), lowest_resolution=True)
    return overlays(audit, dict(zip(table["image_id"], table["path"], strict=True)), track)


def _same_lesion(chosen):
    from train.data import duplicates, readers
    from train.progress import console, track

    try:
        from train.data.same_lesion import same_lesion_pairs
    except ModuleNotFoundError as error:
        return refuse(f"{error.name} is missing: pip install -r requirements-train.txt.")
    try:
        # All photos in one frame: HAM10000 has sharper copies of some, squashed to squares.
        table = readers.read(chosen.data, readers.layout_of(chosen.data), lowest_resolution=True)
        if chosen.lesions is not None:
            table = readers.with_lesions(table, chosen.lesions)
        pairs = same_lesion_pairs(table, track)
    except readers.DataError as error:
        return refuse(str(error))
    except KeyboardInterrupt:
        return refuse("Stopped. Nothing was written.", 130)
    listed, found = duplicates.listed_pairs(table["image_id"]), duplicates.listed(pairs)
    console.print(f"{len(table):7d} photos")
    console.print(f"{len(pairs):7d} pairs of photos that show one lesion under two lesion ids")
    console.print(f"{int(found.sum()):7d} of the {len(listed)} pairs that training knows already")
    console.print(f"{int((~found).sum()):7d} others: candidates, to be looked at")
    if chosen.csv is not None:
        pairs.assign(is_listed=found).to_csv(chosen.csv, index=False, float_format="%.4g")
        console.print(f"Written: {chosen.csv}")
    return 0


def _audit(chosen):
    if chosen.data is None and chosen.predictions is None:
        return refuse("Give one thing to audit: photos with --data, or lists with --predictions.")
    if chosen.predictions is not None:
        if chosen.data is not None and chosen.certificate is None:
            return refuse(
                "Give one thing to audit: photos with --data, or lists with --predictions. Both go "
                "together for a --certificate, which then shows photos of one lesion laid over "
                "each other."
            )
        return _audit_lists(chosen)
    if chosen.same_lesion:
        return _same_lesion(chosen)
    from train.data import duplicates, readers
    from train.data.audit import audit
    from train.progress import console, track

    try:
        table = readers.read(chosen.data, readers.layout_of(chosen.data))
        if chosen.lesions is not None:
            table = readers.with_lesions(table, chosen.lesions)
        labels = None if chosen.labels is None else readers.read_labels(chosen.labels)
    except readers.DataError as error:
        return refuse(str(error))
    table = duplicates.fingerprint(
        table, lambda photos: track(photos, "Reading the photos", total=len(table))
    )
    report = audit(table, labels)
    for sentence, count in report.findings.items():
        console.print(f"{count:7d} {sentence}")
    if not report.contradictions.empty:
        console.print("\nCopies under different diagnoses:")
        kinds = report.kinds_of_contradictions()
        for (kind, first, second), count in zip(kinds.index.tolist(), kinds, strict=True):
            console.print(f"{count:7d} {kind}: {first} and {second}")
    if not report.mislabelled.empty:
        console.print("\nPhotos with another diagnosis in a table of labels:")
        counts = report.mislabelled.groupby(["diagnosis", "table", "says"]).size()
        for (folder, table_name, label), count in zip(counts.index.tolist(), counts, strict=True):
            console.print(f"{count:7d} in {folder}: {label} by {table_name}")
    console.print(f"\n{report.balance}")
    if chosen.csv is not None:
        # The file keeps the older names of its columns.
        older = {"duplicate_group": "picture", "high_res_path": "sharper_path"}
        report.photos.rename(columns=older).to_csv(chosen.csv, index=False)
        console.print(f"Written: {chosen.csv}")
    return 0
