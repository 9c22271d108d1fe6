// A photo under its heat map; how strongly the map covers it is up to the page's one slider.
export default function ({ data, parentElement }) {
    const [photo, map] = ["photo", "map"].map(
        (part) => parentElement.querySelector(`[data-part=${part}]`));
    photo.parentElement.style.maxWidth = data.max_width;
    photo.src = data.photo;
    photo.alt = data.photo_alt;
    map.src = data.map;
    map.alt = data.map_alt;
}
