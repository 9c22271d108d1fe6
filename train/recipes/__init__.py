"""The recipes by name, in the order `python -m train list` shows them."""

from train.recipes import (
    demo,
    ham7,
    isic9,
    isic9_simple,
    isic_binary,
    lentigo,
    lentigo_second,
    lentigo_third,
    own,
)

# The published systems, each to be trained under both protocols.
PUBLISHED = (
    isic_binary.ISIC_BINARY_CNN,
    ham7.HAM7_CNN,
    isic9_simple.ISIC9_SIMPLE,
    isic9_simple.ISIC9_DROPOUT,
    isic9_simple.ISIC9_DROPOUT_REBALANCED,
    isic9.ISIC9_INITIAL,
    isic9.ISIC9_AUGMENTED,
    isic9.ISIC9_REBALANCED,
    isic9.ISIC9_BATCHNORM,
)
SHIPPED = (
    lentigo_third.LENTIGO_THIRD,
    lentigo_second.LENTIGO_SECOND,
    lentigo.LENTIGO,
    *PUBLISHED,
    ham7.HAM7_LEVELLED,
    isic_binary.ISIC_BINARY_LONG,
    demo.DEMO,
)
RECIPES = {recipe.name: recipe for recipe in (*SHIPPED, own.OWN_CNN)}
