"""Your own classes: the small CNN of `ham7_cnn` on any folder with one folder per class.

python -m train run own_cnn --data DIR

DIR holds <class>/ or Train/<class>/ and Test/<class>/, at least 10 lesions per class. Give
--lesions where several photos show one lesion. Time and result depend on the photos: about 6 ms
per photo and epoch on 2 cores.
"""

from dataclasses import replace

from train.recipes.ham7 import HAM7_CNN

OWN_CNN = replace(
    HAM7_CNN,
    name="own_cnn",
    title="CNN on one's own classes",
    summary=(
        "A small CNN trained from scratch on a folder of one's own photos, one folder per class, "
        "split by lesion where lesion ids are given."
    ),
    command="python -m train run own_cnn --data DIR",
    minutes="about 6 ms per photo and epoch on 2 cores",
    expected="whatever the photos hold",
    layout="folders",
    source="one's own folder of photos",
    licence="that of one's own photos",
    published=None,
    folds=1,
    heatmap_layer="block5_conv1_relu",
    height=112,
    width=112,
    epochs=45,
    patience=15,
    augment="strong",
)
