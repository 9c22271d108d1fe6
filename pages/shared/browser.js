// What Streamlit's page does not do by itself (1.67). Runs once for each tab.
if (!window.lentigo) {
    window.lentigo = true;

    // Back takes one step. Streamlit makes a history entry for a page, and another as soon as that
    // page writes its choices into the address. Only what follows an act of the visitor is a step.
    let hasActed = false;
    const push = history.pushState.bind(history);
    history.pushState = (...entry) => {
        if (hasActed) push(...entry);
        else history.replaceState(...entry);
        hasActed = false;
    };
    for (const act of ["pointerdown", "keydown", "drop", "paste", "change"])
        addEventListener(act, () => { hasActed = true; }, true);
    addEventListener("popstate", () => { hasActed = false; }, true);

    // The next step of a lesson begins at its top.
    addEventListener("click", (event) => {
        if (event.target.closest?.(".st-key-learn_next"))
            document.querySelector("[data-testid=stMain]")?.scrollTo(0, 0);
    });

    // The place for files has a name and the focus, and yet the role of a mere decoration. It may
    // stand before this script runs, come later, or get its old role back when it is drawn anew.
    const nameRoles = () => {
        const zones = "[data-testid=stFileUploaderDropzone][role=presentation]";
        for (const zone of document.querySelectorAll(zones)) zone.setAttribute("role", "group");
    };
    new MutationObserver(nameRoles).observe(document.body, {
        attributeFilter: ["role"], childList: true, subtree: true,
    });
    nameRoles();

    // A pasted picture goes the way of a chosen file.
    addEventListener("paste", (event) => {
        const pictures = [...(event.clipboardData?.files ?? [])]
            .filter((file) => file.type.startsWith("image/"));
        const chooser = document.querySelector("[data-testid=stFileUploaderDropzoneInput]");
        if (!chooser || pictures.length === 0) return;
        const transfer = new DataTransfer();
        transfer.items.add(pictures[0]);
        chooser.files = transfer.files;
        chooser.dispatchEvent(new Event("change", { bubbles: true }));
        event.preventDefault();
    });

    // The server that answers after a break may be another, which knows nothing of this page, and
    // Streamlit draws nothing by itself: what is on the page would ignore every click. Going Back
    // to the same address makes it draw.
    let isCut = false;
    new MutationObserver(() => {
        const app = document.querySelector("[data-test-connection-state]");
        if (!app) return;
        const wasCut = isCut;
        isCut = app.dataset.testConnectionState !== "CONNECTED";
        if (wasCut && !isCut) dispatchEvent(new PopStateEvent("popstate"));
    }).observe(document.body, { attributeFilter: ["data-test-connection-state"], subtree: true });
}
