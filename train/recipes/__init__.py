"""The recipes by name, in the order `python -m train list` shows them."""

from train.recipes import demo, ham7, isic9

RECIPES = {recipe.name: recipe for recipe in (ham7.HAM7_CNN, isic9.ISIC9_REBALANCED, demo.DEMO)}
