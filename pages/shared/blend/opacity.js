// How strongly heat maps cover their photos, all over the page: the server is asked for nothing.
export default function ({ data, parentElement }) {
    const [label, slider, hold] = ["label", "slider", "hold"].map(
        (part) => parentElement.querySelector(`[data-part=${part}]`));
    const page = document.documentElement.style;
    label.textContent = data.label;
    // The opacity is the visitor's: it stays when another heat map comes, and on another page, but
    // not for a new link.
    if (document.documentElement.dataset.linkedOpacity !== String(data.opacity)) {
        document.documentElement.dataset.linkedOpacity = data.opacity;
        document.documentElement.dataset.opacity = data.opacity;
    }
    slider.value = document.documentElement.dataset.opacity;
    let isHeld = false;
    const show = () => {
        document.documentElement.dataset.opacity = slider.value;
        page.setProperty("--heat-map-opacity", isHeld ? 0 : slider.value / 100);
        slider.setAttribute("aria-valuetext", `${slider.value} %`);
        hold.setAttribute("aria-pressed", isHeld);
    };
    const holding = (held) => () => { isHeld = held; show(); };
    const onKey = (held) => (event) => {
        if (event.key !== " " && event.key !== "Enter") return;
        event.preventDefault();
        holding(held)();
    };
    slider.oninput = show;
    hold.onpointerdown = holding(true);
    hold.onpointerup = hold.onpointerleave = hold.onpointercancel = hold.onblur = holding(false);
    hold.onkeydown = onKey(true);
    hold.onkeyup = onKey(false);
    hold.oncontextmenu = (event) => event.preventDefault();
    show();
}
