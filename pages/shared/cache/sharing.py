"""What functions make of runs, for all visitors, and the guard that lets no visitor's photo in."""

import hashlib
import io
import pickle
import sys
from weakref import WeakValueDictionary

import numpy as np
import pandas as pd
import streamlit as st

from model import run
from model.evaluation import injection

# Of the classes below these, none holds a photo or an answer to one.
OF_RUNS = ("model.evaluation", "model.lesions", "model.run", "pages.shared.curves")
LONGEST_WORDS = 1000  # characters: of titles and sentences
LIBRARIES = ("builtins", "copyreg", "datetime", "numpy", "pandas", "pyarrow")


class NotSharedError(TypeError):
    """Something that may be a visitor's was about to be shared."""


_may_be_shared: set[type] = set()  # classes that were looked at; of arrays, each is
_tables: WeakValueDictionary[int, pd.DataFrame | pd.Series] = WeakValueDictionary()  # made here


class _Fingerprint(pickle.Pickler):
    """Writes arguments down, so that equal ones get the same bytes; runs by their digest."""

    def reducer_override(self, thing):
        kind = type(thing)
        if kind in _may_be_shared:
            return NotImplemented
        if isinstance(thing, run.Run):
            return str, (f"run {thing.digest}",)
        if isinstance(thing, injection.Injection):
            return str, (f"injection {thing.card}",)
        if isinstance(thing, type) or _is_of_a_module(thing):  # by its name
            return NotImplemented
        if callable(thing):
            raise NotSharedError(f"{kind} may hold something of a visitor.")
        module = f"{kind.__module__}."
        if not module.startswith(tuple(f"{known}." for known in (*OF_RUNS, *LIBRARIES))):
            raise NotSharedError(f"{kind} may be of a visitor.")
        if isinstance(thing, np.ndarray):
            if thing.dtype == np.uint8:
                raise NotSharedError("An array of bytes may be a photo.")
            return NotImplemented
        _may_be_shared.add(kind)
        return NotImplemented


def _is_of_a_module(thing):
    """Whether this is a function that its module has under its name: no lambda, no method, and no
    function with arguments bound to it."""
    module, name = (getattr(thing, what, None) for what in ("__module__", "__name__"))
    return callable(thing) and name and getattr(sys.modules.get(module), name, None) is thing


def _refuse_contents(things):
    """What a photo could hide in is shared as part of a figure about a run alone."""
    for thing in things:
        if isinstance(thing, pd.DataFrame | pd.Series) and _tables.get(id(thing)) is not thing:
            raise NotSharedError("A table that was not made here may be of a visitor's photos.")
        if isinstance(thing, bytes | bytearray | memoryview | np.ndarray):
            raise NotSharedError(f"{type(thing)} may hold a photo.")
        if isinstance(thing, str) and (thing.startswith("data:") or len(thing) > LONGEST_WORDS):
            raise NotSharedError("Such a text may hold a photo.")
        if isinstance(thing, dict):
            _refuse_contents([*thing, *thing.values()])
        elif isinstance(thing, list | tuple | set | frozenset):
            _refuse_contents(thing)


@st.cache_resource(max_entries=512, show_spinner=False)
def _shared(digest, _build, _arguments):
    return _build(*_arguments)


def shared(build, *arguments):
    """What a function makes of runs and of figures about them: made once, given to every visitor.

    Args:
        build: a function of a module, which depends on its arguments alone.
        arguments: runs, what `model.evaluation` says about them, tables that were made here, other
            such functions, numbers and words of the code.
    Raises:
        NotSharedError: an argument may be a visitor's photo, or an answer to one.
    """
    _refuse_contents(arguments)
    written = io.BytesIO()
    _Fingerprint(written, 5).dump((build, arguments))
    made = _shared(hashlib.sha256(written.getvalue()).hexdigest(), build, arguments)
    if isinstance(made, pd.DataFrame | pd.Series):
        _tables[id(made)] = made
    return made
