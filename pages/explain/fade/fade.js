// One photo over another; the slider fades the one above away. The server is asked for nothing.
export default function ({ data, parentElement }) {
    const part = (name) => parentElement.querySelector(`[data-part=${name}]`);
    const [below, above, slider] = ["below", "above", "slider"].map(part);
    below.parentElement.style.maxWidth = data.max_width;
    for (const name of ["below", "above"]) {
        part(name).src = data[name];
        part(name).alt = `${data[`${name}_name`]}, laid over the other photo`;
        part(`${name}_name`).textContent = data[`${name}_name`];
    }
    slider.setAttribute("aria-label", `From ${data.above_name} to ${data.below_name}`);
    const show = () => {
        above.style.opacity = 1 - slider.value / 100;
        slider.setAttribute("aria-valuetext", `${slider.value} % ${data.below_name}`);
    };
    slider.oninput = show;
    show();
}
