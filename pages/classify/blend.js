// A photo and its heat map, blended in the browser: the server is asked for nothing.
export default function ({ data, parentElement }) {
    const find = (part) => parentElement.querySelector(`[data-part=${part}]`);
    const [photo, map, slider, hold] = ["photo", "map", "slider", "hold"].map(find);
    // The opacity is the visitor's: it stays when another heat map comes, but not for a new link.
    if (slider.dataset.linked !== String(data.opacity)) {
        slider.value = data.opacity;
        slider.dataset.linked = data.opacity;
    }
    photo.parentElement.style.maxWidth = `calc(28rem * ${data.ratio})`;
    photo.src = data.photo;
    photo.alt = data.photo_alt;
    map.src = data.map;
    map.alt = data.map_alt;
    let isHeld = false;
    const show = () => {
        map.style.opacity = isHeld ? 0 : slider.value / 100;
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
