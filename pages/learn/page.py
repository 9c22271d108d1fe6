"""Learn: find out by yourself what a leak does, how you compare with a model, what words mean."""

from pages.learn import leak_lesson, quiz, words
from pages.shared import choices
from pages.shared.page import page

with page("Learn"):
    choices.view(
        {"The leak": leak_lesson.show, "You and the model": quiz.show, "Words": words.show},
        "learn_view",
    )
