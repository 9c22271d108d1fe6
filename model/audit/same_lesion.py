"""Photos of one lesion that HAM10000 lists under two lesion ids."""

from pathlib import Path

# Found by registering local features among neighbours; 18 of the pairs are also in Abhishek et al.
# 2025. Columns: the ids of two photos.
SAME_LESION = Path(__file__).with_name("same_lesion_pairs.csv")
