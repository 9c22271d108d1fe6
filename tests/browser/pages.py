"""What browser tests know about the pages."""

PAGES = ("classify", "explain", "training", "compare", "learn", "about")
# Every view of every page, and a text that is drawn when nearly all else is.
VIEWS = {
    "classify": "The network is loaded",
    "classify?run=demo&sample=ragged": "How far to trust it",
    "classify?run=lentigo_second&sample=even&mix=screening": "How far to trust it",
    "explain?run=demo&sample=ragged": "Grad-CAM of the difference",
    "explain?run=demo&sample=ragged&experiment=Ask+another+model": "The other model",
    "explain?run=demo&sample=ragged&experiment=Draw+on+it": "What to draw",
    "explain?run=ham7_cnn&sample=ragged&experiment=Similar+cases": "Distance: 1 is how far",
    "explain?run=demo&sample=dotted&experiment=Then+and+now&again=True": "Photos have no scale",
    "explain?run=demo&sample=ragged&experiment=Measured+features": "How good the outline is",
    "training?run=ham7_cnn&view=Learning+curves": "The generalisation gap",
    "training?run=lentigo_second": "Recall is that of all malignant diagnoses together",
    "training?run=lentigo&view=Results&true=mel&answered=nv": "Each diagnosis against all others",
    "training?run=lentigo&view=Calibration": "A prediction set holds",
    "training?run=lentigo&view=Thresholds": "gives no reason to act on anybody",
    "training?run=lentigo&view=Settings": "Train it again",
    "training?run=lentigo_second&view=Whole+report": "Train it again",
    "compare": "Train them yourself",
    "compare?view=Audit+a+list": "HAM10000_metadata.csv",
    "compare?view=Audit+a+list&list=lentigo": "cannot be found from lists alone",
    "compare?view=Audit+a+list&list=dermamnist": "cannot be found from lists alone",
    "compare?view=Two+runs": "Size is that of the network's file",
    "compare?view=Several+runs": "Rows are the truth",
    "compare?view=One+photo&networks=demo&sample=ragged": " times the average",
    "compare?view=Heat+maps": "The same less random maps of the same photos",
    "compare?view=Shortcuts": "Lesion masks: Tschandl",
    "compare?view=Atlas&run=ham7_cnn": "photos whose maps are nearest to the mean",
    "learn": "How often will it be right?",
    "learn?step=2": "percentage points",
    "learn?step=5": "An invented list",
    "learn?view=You+and+the+model": "What do you see?",
    "learn?view=Words": "unlike its training photos",
    "about": "Left out before the split",
    "about?view=Check-list": "Groups of people and photos",
    "about?view=Bring+your+own+model": "Predictions of a network of any kind",
    "about?view=This+app": "under the MIT licence",
}

# The script has ended, nothing waits to be drawn anew (pale until then), nothing still fades, the
# app's own colours are there, and for half a second nothing has changed. Without the last, a
# second pass of the script may follow the first, draw the view anew, and show Streamlit's white
# letters in the dark until the app's style is back.
IS_DRAWN = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    const settled = app?.dataset.testScriptState === 'notRunning'
        && app.dataset.testConnectionState === 'CONNECTED'
        && !document.querySelector('[data-testid=stStatusWidget], [data-stale=true]')
        && [...document.querySelectorAll('[data-testid=stHtml] style, [data-testid=stMain] style')]
            .some(style => style.textContent.includes('stMultiSelect'))
        && !document.getAnimations().some(animation => animation.playState === 'running'
            && Number.isFinite(animation.effect.getComputedTiming().endTime));
    if (!window.changes) {
        window.changes = { last: performance.now() };
        new MutationObserver(() => { window.changes.last = performance.now(); }).observe(
            document, { subtree: true, childList: true, attributes: true, characterData: true });
    }
    if (!settled) window.changes.last = performance.now();
    return settled && performance.now() - window.changes.last > 500;
}"""
# Where what the page is for begins, below the navigation of 60 pixels, title, photo and selectors.
BEGINS = """() => Math.min(...[...document.querySelectorAll(`[data-testid=stMain] :is(
        h2, h3, [data-testid=stPlotlyChart], [data-testid=stDataFrame], [data-testid=stMetric],
        [data-testid=stMarkdownContainer] p, [data-testid=stFileUploaderDropzone])`)]
    .filter(part => !part.closest(`label, button, a, .st-key-page_header,
        [class*=st-key-photo_bar_], [data-testid=stWidgetLabel]`))
    .map(part => part.getBoundingClientRect())
    .filter(box => box.height > 0)
    .map(box => box.top - 60))"""
NO_SIDEWAYS_SCROLL = (
    "() => { const main = document.querySelector('[data-testid=stMain]');"
    " return main.scrollWidth <= main.clientWidth"
    " && document.documentElement.scrollWidth <= window.innerWidth; }"
)


def wait_until_settled(page):
    """Wait until nothing more changes by itself; a click before may meet a button that is going."""
    page.wait_for_function(IS_DRAWN)
