"""The recipes by name, in the order `python -m train list` shows them."""

from train.recipes import demo, ham7, isic9, own

SHIPPED = (ham7.HAM7_CNN, isic9.ISIC9_REBALANCED, demo.DEMO)
RECIPES = {recipe.name: recipe for recipe in (*SHIPPED, own.OWN_CNN)}
