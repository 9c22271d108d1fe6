"""The ways to mark where a photo raised a diagnosis, one module each, one call for all:

    method(network, photos, class_index, track=iter) -> maps

Args:
    network: `model.network.layer_gradients.TruncatedNetwork`; some methods ignore its layer.
    photos: (n, height, width, 3) float32 in the network's range.
    class_index: the position of the diagnosis among the outputs.
    track: wraps a long loop, for a progress bar; it may raise to stop.
Returns:
    (n, rows, columns) float32; above zero speaks for the diagnosis. Not normalised.

All but Score-CAM's choice of channels follow the papers. The tests hold each against tf-keras-vis
where that has it, and against maps worked out by hand.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from model.heatmaps.methods.finer_cam import GAMMA, NUM_REFERENCES, finer_cam
from model.heatmaps.methods.grad_cam import grad_cam
from model.heatmaps.methods.grad_cam_plus_plus import grad_cam_plus_plus
from model.heatmaps.methods.hires_cam import hires_cam
from model.heatmaps.methods.layer_cam import layer_cam
from model.heatmaps.methods.saliency import smooth_grad
from model.heatmaps.methods.score_cam import score_cam

FAST_CHANNELS = 16  # of Score-CAM's fast form: the channels whose maps vary most


@dataclass(frozen=True)
class Method:
    """A method and the facts about it that other modules need.

    `title` and `reads` are for people: its name, and what its maps mean. `measured_share` says how
    many test photos `python -m train explain-report` measures it on, as a multiple of the photos
    for slow methods; infinity means all of them. `reference` names its class in tf-keras-vis, None
    where the two cannot be compared; `reference_is_slow` where that class takes minutes.
    `num_channels` limits the channels it tries. `uses_layer` says whether the choice of a layer
    changes its maps, `averages_views` whether it is fast enough to be averaged over eight views.
    """

    title: str
    make: Callable[..., np.ndarray]
    reads: str
    source: str
    measured_share: float
    reference: str | None
    reference_is_slow: bool = False
    num_channels: int | None = None
    uses_layer: bool = True
    averages_views: bool = True


METHODS = {
    "grad_cam": Method(
        "Grad-CAM",
        grad_cam,
        "the layer's maps, each weighted by how much it raises the diagnosis on average",
        "Selvaraju et al. 2017, https://arxiv.org/abs/1610.02391",
        measured_share=math.inf,  # it comes with the prediction
        reference="Gradcam",
    ),
    "grad_cam_plus_plus": Method(
        "Grad-CAM++",
        grad_cam_plus_plus,
        "as Grad-CAM, but only places that raise the diagnosis give the weights",
        "Chattopadhay et al. 2018, https://arxiv.org/abs/1710.11063",
        measured_share=5,
        reference="GradcamPlusPlus",
    ),
    "layer_cam": Method(
        "Layer-CAM",
        layer_cam,
        "the layer's maps, weighted place by place, so that earlier layers can be read too",
        "Jiang et al. 2021, https://doi.org/10.1109/TIP.2021.3089943",
        measured_share=5,
        reference="Layercam",
    ),
    "hires_cam": Method(
        "HiResCAM",
        hires_cam,
        "as Layer-CAM, but what speaks against the diagnosis is taken off: the signed product of "
        "map and gradient, place by place",
        "Draelos and Carin 2020, https://arxiv.org/abs/2011.08891",
        measured_share=5,
        reference=None,  # tf-keras-vis has none
    ),
    "finer_cam": Method(
        "Finer-CAM",
        finer_cam,
        "as Grad-CAM, but of what raises the diagnosis more than the "
        f"{NUM_REFERENCES} whose logits are nearest (their mean logit times {GAMMA} is taken off)",
        "Zhang et al. 2025, https://arxiv.org/abs/2501.11309",
        measured_share=5,
        reference=None,  # tf-keras-vis has none
    ),
    "score_cam_fast": Method(
        "Score-CAM, fast",
        partial(score_cam, num_channels=FAST_CHANNELS),
        "no gradients: how probable the diagnosis stays when only what one of the "
        f"{FAST_CHANNELS} most varied maps marks is shown",
        "Wang et al. 2020, https://arxiv.org/abs/1910.01279",
        measured_share=1,
        reference="Scorecam",
        num_channels=FAST_CHANNELS,
    ),
    "score_cam": Method(
        "Score-CAM",
        score_cam,
        "as its fast form, with every map of the layer",
        "Wang et al. 2020, https://arxiv.org/abs/1910.01279",
        measured_share=0.1,
        reference="Scorecam",
        reference_is_slow=True,
        averages_views=False,
    ),
    "smooth_grad": Method(
        "Saliency (SmoothGrad)",
        smooth_grad,
        "how strongly each pixel could move the diagnosis, up or down, averaged over noisy copies",
        "Smilkov et al. 2017, https://arxiv.org/abs/1706.03825",
        measured_share=1,
        reference=None,  # its noise is drawn anew at each call
        uses_layer=False,
    ),
}
