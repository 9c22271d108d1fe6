"""Progress bars with time left; in a log file, one line now and then."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from contextlib import AbstractContextManager, contextmanager
from typing import BinaryIO, cast

from rich.console import Console
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
    wrap_file,
)

console = Console(highlight=False, soft_wrap=True)


@contextmanager
def bar(description: str, total: int) -> Iterator[Callable[[], None]]:
    """A bar of `total` steps; yields a function that advances it by one.

    Where the output is no terminal the bar stays away and the first line names the work.
    """
    if not console.is_terminal:
        console.print(f"{description} ...")
        yield lambda: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(description, total=total)

        yield lambda: progress.update(task, advance=1)


def track(items: Iterable, description: str, total: int | None = None) -> Iterator:
    """Iterate with a bar."""
    if total is None:
        total = len(cast("Sized", items))  # whoever gives no total gives a collection
    with bar(description, total) as advance:
        for item in items:
            yield item
            advance()


def reading(file: BinaryIO, num_bytes: int, description: str) -> AbstractContextManager[BinaryIO]:
    """Wrap a file so that reading it moves a bar.

    Args:
        file: such as an HTTP answer.
        num_bytes: its length, 0 where it is not known.
        description: what is being read.
    """
    return wrap_file(
        file,
        total=num_bytes,
        description=description,
        console=console,
        disable=not console.is_terminal,
    )


@contextmanager
def lines() -> Iterator[Callable[[Mapping[str, str]], None]]:
    """Lines about works that run side by side; yields a function that shows them by name.

    On a terminal they change in place. In a log file, each is printed when it changes.
    """
    if console.is_terminal:
        with Live(console=console, auto_refresh=False) as live:
            yield lambda told: live.update(
                "\n".join(f"{name}: {line}" for name, line in told.items()), refresh=True
            )
        return
    shown: dict[str, str] = {}

    def show(told):
        for name, line in told.items():
            if shown.get(name) != line:
                console.print(f"{name}: {line}")
        shown.update(told)

    yield show
