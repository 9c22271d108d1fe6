"""What browser tests know about the pages."""

PAGES = ("classify", "explain", "training", "compare", "about")
# Every view of every page, and a text that is drawn when nearly all else is.
VIEWS = {
    "classify": "The network is loaded",
    "classify?run=demo&sample=ragged": "How far to trust it",
    "explain?run=demo&sample=ragged": "Grad-CAM of the difference",
    "training?run=ham7_cnn": "The generalisation gap",
    "training?run=lentigo&view=Results&true=mel&answered=nv": "Each diagnosis against all others",
    "training?run=lentigo&view=Calibration": "A prediction set holds",
    "training?run=lentigo&view=Thresholds": "Each person has one lesion",
    "training?run=lentigo&view=Settings": "python -m train run lentigo",
    "compare": "Train them yourself",
    "compare?view=Two+runs": "Size is that of the network's file",
    "compare?view=Several+runs": "Rows are the truth",
    "compare?view=One+photo&networks=demo&sample=ragged": " times the average",
    "compare?view=Heat+maps": "so they show the photo rather than",
    "about": "Left out before the split",
    "about?view=Where+it+is+weak": "Recall is that of all malignant diagnoses together",
    "about?view=Calibration": "grouped by the probability",
    "about?view=Files": "Train it again",
    "about?view=This+app": "under the MIT licence",
}

NO_SIDEWAYS_SCROLL = (
    "() => { const main = document.querySelector('[data-testid=stMain]');"
    " return main.scrollWidth <= main.clientWidth"
    " && document.documentElement.scrollWidth <= window.innerWidth; }"
)


def has_no_sideways_scroll(page):
    return page.evaluate(NO_SIDEWAYS_SCROLL)
