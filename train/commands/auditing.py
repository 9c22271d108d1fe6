"""`audit`: copies, contradictory labels and leaks, in photos or in lists of them."""

from pathlib import Path

from train.commands.shared import Commands, refuse


def add(commands: Commands) -> None:
    """Add it to the commands of a parser."""
    audit = commands.add_parser(
        "audit",
        help="find copies, contradictory labels and leaks, in photos or in lists of them",
    )
    audit.add_argument("--data", type=Path, metavar="DIR", help="photos")
    audit.add_argument(
        "--predictions",
        type=Path,
        metavar="FILE",
        help="instead of photos: image_id, split (or the test photos alone, with --train), and "
        "where they are known diagnosis and p_<diagnosis>",
    )
    audit.add_argument("--train", type=Path, metavar="FILE", help="ids of the training photos")
    audit.add_argument(
        "--metadata", type=Path, metavar="CSV", help="image_id and lesion_id of the data set"
    )
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
    from train.data import list_audit
    from train.data.readers import DataError
    from train.progress import console
    from train.reports import leak_certificate

    try:
        audit = list_audit.audit_lists(
            list_audit.read_lists(chosen.predictions, chosen.train),
            list_audit.read_metadata(chosen.metadata),
        )
    except DataError as error:
        return refuse(str(error))
    console.print("\n".join([leak_certificate.verdict(audit), *leak_certificate.sentences(audit)]))
    if chosen.certificate is not None:
        files = [path for path in (chosen.predictions, chosen.train, chosen.metadata) if path]
        train = f" --train {chosen.train.name}" if chosen.train else ""
        command = (
            f"python -m train audit --predictions {chosen.predictions.name}{train} --metadata "
            f"{chosen.metadata.name} --certificate {chosen.certificate.name}"
        )
        try:
            leak_certificate.write(audit, chosen.certificate, files, command)
        except OSError as error:
            return refuse(f"{chosen.certificate} cannot be written: {error.strerror}.")
        console.print(f"Written: {chosen.certificate}")
    return 0


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
    if (chosen.data is None) == (chosen.predictions is None):
        return refuse("Give one thing to audit: photos with --data, or lists with --predictions.")
    if chosen.predictions is not None:
        if chosen.metadata is None:
            return refuse(
                "Give the metadata of the data set with --metadata, such as HAM10000_metadata.csv: "
                "it says which lesion each photo shows."
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
