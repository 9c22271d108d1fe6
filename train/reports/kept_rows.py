"""Rows of a long measurement, kept in a file as they come, so that it can go on after a stop."""

from __future__ import annotations

import json
from collections.abc import Iterator, MutableMapping
from typing import Any

from model.run import NETWORK, Run

Rows = list[dict[str, Any]]


class KeptRows(MutableMapping[str, Rows]):
    """Rows by photo, each photo's written to the file as soon as it is known.

    One line of JSON for each photo, after a first line that says what is measured. What stands in
    the file counts only where that line is the same.
    """

    def __init__(self, run: Run, measurement: str, **settings: Any) -> None:
        """Take up what an earlier measurement of the same kind left.

        Args:
            run: the rows are its; the file stands beside its folder.
            measurement: name of what is measured, a part of the file's name.
            settings: all that the rows depend on beside the network; JSON.
        """
        self.path = run.path.parent / f".{run.path.name}.{measurement}.jsonl"
        first = _line({"network": run.card["files"].get(NETWORK), **settings})
        self._rows: dict[str, Rows] = {}
        lines = self.path.read_bytes().splitlines(keepends=True) if self.path.exists() else []
        whole = [line for line in lines if line.endswith(b"\n")]  # a killed one leaves half a line
        if not whole or whole[0] != first:
            whole = [first]
        self._rows.update(json.loads(line) for line in whole[1:])
        self.path.write_bytes(b"".join(whole))

    def __getitem__(self, image_id: str) -> Rows:
        return self._rows[image_id]

    def __setitem__(self, image_id: str, rows: Rows) -> None:
        line = _line([image_id, rows])
        with open(self.path, "ab") as file:
            file.write(line)
        # As they are read again, so that a stop changes no digit.
        self._rows[image_id] = json.loads(line)[1]

    def __delitem__(self, image_id: str) -> None:
        raise TypeError("What was measured is kept until all of it is done.")

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def remove(self) -> None:
        """Remove the file: the measurement is done and stands in the run folder."""
        self.path.unlink()


def _line(content):
    # NumPy's numbers become Python's.
    return json.dumps(content, default=lambda number: number.item()).encode() + b"\n"
