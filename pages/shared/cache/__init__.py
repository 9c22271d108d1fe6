"""Every cache the app shares between visitors. No visitor's photo ever comes near it.

Photos and what was computed from them live in the visitor's own session (`pages.shared.session`).
What stands here is given to every visitor as it is, not as a copy: nobody may change it.
"""

from pages.shared.cache.comparisons import (
    injections,
    leak_effects,
    learned_shortcut,
    paired_gap,
    pairing,
    pairing_elsewhere,
    pairs,
    side,
    without_lesion,
)
from pages.shared.cache.costs import (
    fault_effect,
    fault_limits,
    novelty_costs,
    several_costs,
    stress_costs,
    turning_costs,
)
from pages.shared.cache.disk import file_digest, photo_files
from pages.shared.cache.figures import (
    confusion,
    evaluation,
    evaluation_of_test_photos,
    external,
    groups,
    is_guessing,
    malignancy,
    net_benefit,
    own_results,
    planted,
    ranking,
    reached_on_test,
    recall_gaps,
    skin_tone,
    thresholds_on_test,
)
from pages.shared.cache.heatmaps import (
    against_baselines,
    atlas,
    covering_rates,
    heatmap_faults,
    localisation,
    metric_means,
    randomisation,
)
from pages.shared.cache.lesion_features import (
    feature_differences,
    feature_separation,
    outline_sentences,
    outlines,
)
from pages.shared.cache.nearest import (
    neighbour_overlap,
    neighbour_vote,
    neighbours,
    same_lesion_spread,
)
from pages.shared.cache.run_folders import known_lesions, rows, run_at, runs
from pages.shared.cache.samples import of_sample, thumbnail, training_files
from pages.shared.cache.sharing import NotSharedError, shared

__all__ = [
    "NotSharedError",
    "against_baselines",
    "atlas",
    "confusion",
    "covering_rates",
    "evaluation",
    "evaluation_of_test_photos",
    "external",
    "fault_effect",
    "fault_limits",
    "feature_differences",
    "feature_separation",
    "file_digest",
    "groups",
    "heatmap_faults",
    "injections",
    "is_guessing",
    "known_lesions",
    "leak_effects",
    "learned_shortcut",
    "localisation",
    "malignancy",
    "metric_means",
    "neighbour_overlap",
    "neighbour_vote",
    "neighbours",
    "net_benefit",
    "novelty_costs",
    "of_sample",
    "outline_sentences",
    "outlines",
    "own_results",
    "paired_gap",
    "pairing",
    "pairing_elsewhere",
    "pairs",
    "photo_files",
    "planted",
    "randomisation",
    "ranking",
    "reached_on_test",
    "recall_gaps",
    "rows",
    "run_at",
    "runs",
    "same_lesion_spread",
    "several_costs",
    "shared",
    "side",
    "skin_tone",
    "stress_costs",
    "thresholds_on_test",
    "thumbnail",
    "training_files",
    "turning_costs",
    "without_lesion",
]
