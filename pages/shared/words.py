"""The words that pages use, each in plain English and with an example."""

WORDS = {
    "Lesion": "A place on the skin that looks unlike the skin around it, such as a mole. Photos "
    "of one lesion look alike, so all of them belong to one side of a split.",
    "Dermatoscope": "A lens with a light that is held against the skin. It takes the shine away "
    "and shows what lies just below. A photo through it looks unlike a phone photo.",
    "Training, validation and test photos": "The network learns from the first, choices are made "
    "on the second, and only the third may say how good it is.",
    "Leak": "A test photo that the network has met in training: the photo itself, a copy of it, or "
    "another photo of the same lesion. Such photos can't tell how it does on new ones.",
    "Accuracy": "The share of photos for which the answer is right. Always answering with the most "
    "frequent diagnosis can reach a high accuracy.",
    "Sensitivity, or recall": "Of the photos that show a diagnosis, the share that is found. With "
    "49 of 50 melanomas found it is 0.98.",
    "Precision": "Of the photos that got an answer, the share that it is right for.",
    "F1": "One figure for precision and recall: their harmonic mean, which is low when either is. "
    "*Macro* means the mean over the diagnoses, a rare one counting as much as a frequent one.",
    "Specificity": "Of the photos that show something else, the share that raises no alarm.",
    "Balanced accuracy": "The mean of the recall of all diagnoses. A rare diagnosis counts as much "
    "as a frequent one, so guessing gives 1 divided by their number.",
    "Threshold": "From which probability on a model raises an alarm. A lower one finds more and "
    "raises more false alarms.",
    "AUC": "How often a photo that shows a diagnosis gets a higher probability than one that does "
    "not, over all such pairs. Guessing gives 0.5.",
    "Calibration": "Whether probabilities mean what they say: of all answers with 70 %, 70 of 100 "
    "should be right.",
    "Calibration error": "How far the probabilities of the answers are from the shares that are "
    "right, on average. 0 would be perfect.",
    "Temperature": "A number that the network's outputs are divided by, so that its probabilities "
    "fit what it gets right on validation photos.",
    "Prediction set": "A shortlist of diagnoses, made so that it holds the right one for 9 of 10 "
    "validation photos. Test photos say whether it still does.",
    "Coverage": "How often prediction sets hold the right diagnosis.",
    "95 % interval": "How far chance alone could have moved a figure. With few photos it is wide.",
    "Heat map": "Which places of a photo raised a diagnosis. It does not say why, and it can be "
    "wrong.",
    "Novelty score": "How unlike its training photos a photo is to a model. A model that has met "
    "only skin answers a photo of a dog all the same; the score is there to notice.",
}
