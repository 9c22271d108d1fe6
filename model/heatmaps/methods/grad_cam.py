"""Grad-CAM: Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391."""

import numpy as np


def grad_cam(network, photos, number, track=iter):
    """Each channel weighed by the mean of its gradient; what speaks against stays negative.

    See `model.heatmaps.methods` for arguments and result.
    """
    maps, gradients = network.maps_and_gradients(photos, number)
    weights = gradients.mean(axis=(1, 2), keepdims=True)
    return np.sum(maps * weights, axis=-1)
