"""Layer-CAM: Jiang et al. 2021, https://doi.org/10.1109/TIP.2021.3089943."""

import numpy as np


def layer_cam(network, photos, number, track=iter):
    """Each place of each channel weighed by its own gradient, where that is positive.

    See `model.heatmaps.methods` for arguments and result.
    """
    maps, gradients = network.maps_and_gradients(photos, number)
    return np.sum(maps * np.maximum(gradients, 0), axis=-1)
