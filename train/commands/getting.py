"""`import` and `download`: networks and photos from elsewhere."""

from pathlib import Path

from train.commands.shared import Commands, refuse
from train.importing import command as import_command


def add(commands: Commands) -> None:
    """Add both to the commands of a parser."""
    importing = commands.add_parser(
        "import", help="make a run folder of a network or of predictions from elsewhere"
    )
    import_command.add_arguments(importing)
    importing.set_defaults(do=_import)
    download = commands.add_parser("download", help="fetch a data set from its publisher")
    download.add_argument(
        "name", metavar="NAME", help="ham10000, isic2018, isic2018_test or pad_ufes"
    )
    download.add_argument("--to", type=Path, required=True, metavar="DIR")
    download.set_defaults(do=_download)


def _import(chosen):
    from train.importing import ImportRefusedError
    from train.progress import console

    try:
        run = import_command.run(chosen)
    except ImportRefusedError as error:
        return refuse(str(error))
    except KeyboardInterrupt:
        return refuse("Stopped. Nothing was written.", 130)
    console.print("\n".join(import_command.summary(run)), markup=False)
    return 0


def _download(chosen):
    from train.data.download import SOURCES, DownloadError, download
    from train.progress import console

    if chosen.name not in SOURCES:
        return refuse(f"There is no data set {chosen.name!r}. Known: {', '.join(SOURCES)}.")
    console.print(SOURCES[chosen.name].licence)
    try:
        download(SOURCES[chosen.name], chosen.to)
    except DownloadError as error:
        return refuse(str(error))
    except KeyboardInterrupt:
        return refuse("Stopped. Run the same command to download the files that are missing.", 130)
    console.print(f"Pass {chosen.to} as {SOURCES[chosen.name].option}.")
    return 0
