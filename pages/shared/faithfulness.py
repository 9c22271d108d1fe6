"""What covering the marked area says about a heat map, in words."""


def sentence(covering, name):
    """What covering the marked area did, and what follows, in one sentence.

    Args:
        covering: `model.heatmaps.faithfulness.Covering`.
        name: the diagnosis in running text.
    """
    moved = (
        f"Covering the marked area moves {name} from {covering.probability:.2f} to "
        f"{covering.covered:.2f}"
    )
    if covering.verdict == "unclear":
        return f"{moved}: it was too improbable before for this to say anything about the map."
    random_cover = f"covering as much in places of chance moves it to {covering.random_cover:.2f}"
    if covering.verdict == "mattered":
        return f"{moved}, {random_cover}: the map shows what mattered."
    return f"{moved}, {random_cover}: do not rely on this map."
