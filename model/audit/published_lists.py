"""Split files of the field that ship as examples of lists: facts that others published."""

from dataclasses import dataclass
from pathlib import Path

LISTS = Path(__file__).resolve().parents[2] / "assets" / "lists"


@dataclass(frozen=True)
class PublishedList:
    """A split that others work with: `image_id` and `split` of each photo, and where it is from."""

    name: str
    title: str
    about: str

    @property
    def path(self) -> Path:
        return LISTS / f"{self.name}.csv"


DERMAMNIST = PublishedList(
    "dermamnist",
    "DermaMNIST",
    "The split of DermaMNIST, 10,015 photos of HAM10000 in MedMNIST v2 (Yang et al. 2023, "
    "https://doi.org/10.1038/s41597-022-01721-8). Which photo stands where was published by "
    "Abhishek et al. 2025, https://doi.org/10.1038/s41597-025-04382-5, who found the leak and "
    "offer a corrected split.",
)
PUBLISHED_LISTS = {listed.name: listed for listed in (DERMAMNIST,)}
