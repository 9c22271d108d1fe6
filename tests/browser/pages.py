"""What browser tests know about the pages."""

PAGES = ("classify", "explain", "training", "compare", "about")


def has_no_sideways_scroll(page):
    return page.evaluate(
        "() => { const main = document.querySelector('[data-testid=stMain]');"
        " return main.scrollWidth <= main.clientWidth"
        " && document.documentElement.scrollWidth <= window.innerWidth; }"
    )
