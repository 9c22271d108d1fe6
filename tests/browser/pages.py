"""What browser tests know about the pages."""

PAGES = ("classify", "explain", "training", "compare", "about")


NO_SIDEWAYS_SCROLL = (
    "() => { const main = document.querySelector('[data-testid=stMain]');"
    " return main.scrollWidth <= main.clientWidth"
    " && document.documentElement.scrollWidth <= window.innerWidth; }"
)


def has_no_sideways_scroll(page):
    return page.evaluate(NO_SIDEWAYS_SCROLL)
