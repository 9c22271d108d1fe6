"""What an atlas of strategies shows, in sentences that follow the intervals."""

from __future__ import annotations

from model.evaluation.run_sentences import percent
from model.evaluation.strategy_atlas import (
    NO_MAP,
    PROPERTIES,
    Atlas,
    Cluster,
    Property,
)
from model.evaluation.subgroups import FEW


def title(cluster: Cluster) -> str:
    """What a group is called."""
    return "No heat map" if cluster.number == NO_MAP else f"Group {cluster.number}"


def overview(atlas: Atlas) -> str:
    """What was grouped, and how many comparisons that makes."""
    photos = (
        f"{atlas.num_photos:,} of {atlas.num_tested:,} test photos, chosen by a seed"
        if atlas.num_photos < atlas.num_tested
        else f"All {atlas.num_photos:,} test photos"
    )
    without = sum(one.num_photos for one in atlas.clusters if one.number == NO_MAP)
    return (
        f"{photos}, in {atlas.num_groups} groups by the heat map of the answer"
        + (f", and {without:,} without a map. " if without else ". ")
        + f"{atlas.num_compared} groups are compared with the rest in two ways, so each "
        f"difference in errors has a {100 * atlas.level:.1f} % interval by lesion: all of these "
        "hold with 95 %."
    )


def sentences(cluster: Cluster) -> list[str]:
    """What is known of one group, a sentence each."""
    return [_errors(cluster), *_matched(cluster), *_where(cluster), *_standing_out(cluster)]


def _errors(cluster: Cluster) -> str:
    wrong = (
        f"Wrong on {cluster.rows['is_wrong'].sum():,} of {cluster.num_photos:,} photos, "
        f"{cluster.errors}"
    )
    if cluster.difference is None:
        return f"{wrong}. Fewer than {FEW} photos on one side, so it is compared with nothing."
    against = f"{wrong}; on the others {cluster.rest}"
    if cluster.is_more_often_wrong:
        return f"{against}: wrong more often here, by {cluster.difference}."
    if cluster.is_less_often_wrong:
        return f"{against}: wrong less often here, difference {cluster.difference}."
    return f"{against}: no difference is shown, {cluster.difference}."


def _matched(cluster: Cluster) -> list[str]:
    if cluster.matched is None:
        return []
    begin = f"Against other photos of the same diagnoses the difference is {cluster.matched}"
    if cluster.matched.direction > 0:
        return [f"{begin}: wrong more often than these."]
    if cluster.matched.direction < 0:
        return [f"{begin}: wrong less often than these."]
    if cluster.is_more_often_wrong or cluster.is_less_often_wrong:
        return [f"{begin}, which may be chance: the diagnoses may be all there is to it."]
    return [f"{begin}, which may be chance."]


def _where(cluster: Cluster) -> list[str]:
    if cluster.number == NO_MAP:
        return ["Nothing in these photos raised the answer, so there is no map to group by."]
    found = [f"On average {percent(cluster.edge)} of the heat lies in the outermost places."]
    if cluster.is_suspect:
        found.append(
            "The heat keeps less to the lesion than elsewhere, and more errors are not shown: if "
            "the network is right for the wrong reason, look here first."
        )
    return found


def _standing_out(cluster: Cluster) -> list[str]:
    if not cluster.standing_out:
        return []
    named = "; ".join(map(_property, cluster.standing_out))
    level = f"{100 * cluster.standing_out[0].level:.1f} %"
    return [f"What stands out, by {level} intervals (mean here, mean elsewhere): {named}."]


def _property(found: Property) -> str:
    digits = 0 if found.key == "side" else 2
    return f"{PROPERTIES[found.key]} {found.here:.{digits}f}, {found.elsewhere:.{digits}f}"
