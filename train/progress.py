"""Progress bars with time left; in a log file, one line now and then."""

from contextlib import contextmanager

from rich.console import Console
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
def bar(description, total):
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


def track(items, description, total=None):
    """Iterate with a bar."""
    with bar(description, len(items) if total is None else total) as advance:
        for item in items:
            yield item
            advance()


def reading(answer, description):
    """Wrap an HTTP answer so that reading it moves a bar, where its length is known."""
    length = answer.headers.get("Content-Length")
    return wrap_file(
        answer,
        total=int(length) if length else 0,
        description=description,
        console=console,
        disable=not console.is_terminal,
    )
