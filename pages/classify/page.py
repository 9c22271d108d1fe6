"""Classify: choose a photo, read what the network says, see what raised it."""

import streamlit as st

from pages.classify import answer, batch, mix_choice, trust_strip
from pages.shared import choices, photo_picker
from pages.shared.page import page, stop

INVITATION = "Show a photo of one skin lesion and question what a network sees."

with page("Classify") as header:
    run = choices.choose_run("classify_run", header, with_network=True)
    chosen = photo_picker.choose("classify", run, INVITATION, several=True)
    mix = mix_choice.choose(run, chosen.place or header)
    run = mix.run
    if chosen.files:
        photo = batch.show(run, chosen.files)
        if photo is None:
            mix.explain()
            stop()
        chosen = photo_picker.opened("classify", run, photo)
    about = photo_picker.predicted(run, chosen)
    mix.explain(about.prediction.kind)
    photo_picker.reveal(chosen, about, "classify")
    answer.headline(about)
    shown, read = st.columns(2, gap="large")
    with shown:
        answer.picture(run, chosen.photo, about)
    with read:
        with st.container(gap="xsmall"):
            answer.bars(chosen.photo, about)
        trust_strip.strip(chosen.photo, about)
        answer.figures(run, about)
