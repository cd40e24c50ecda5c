"""The language model that a decoder searches: the shipped US English one, alone or mixed with a phrase list.

PocketSphinx's C library mixes models (`ngram_model_set_init`); its Python module doesn't offer that function, so it is
called through ctypes. Where that isn't possible (another build of the module), phrases are left out, with a note.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import tempfile

from pocketsphinx import Config, LogMath, NGramModel, get_model_path

# The phrases' share of the mixed model.
PHRASE_WEIGHT = 0.3

_Pointer = ctypes.c_void_p


# A model points to its log tables without keeping them alive, and outlives the decoder that it was made for. So all
# models of the process share these, with the base that every decoder has.
_LOG_TABLES = LogMath(1.0001, 0, True)


def general_model(config: Config) -> NGramModel:
    return NGramModel(config, _LOG_TABLES, get_model_path("en-us/en-us.lm.bin"))


def phrase_model(config: Config, arpa: str) -> NGramModel:
    with tempfile.NamedTemporaryFile("w", suffix=".arpa", delete=False) as file:
        file.write(arpa)
    try:
        return NGramModel(config, _LOG_TABLES, file.name)
    finally:
        os.unlink(file.name)


def mixed_model(general: NGramModel, phrases: NGramModel) -> NGramModel:
    """Both models interpolated. Raises OSError, AttributeError or ValueError where the C library can't be reached."""
    library = ctypes.CDLL(importlib.import_module("pocketsphinx._pocketsphinx").__file__)
    make = library.ngram_model_set_init
    make.restype = _Pointer
    make.argtypes = [_Pointer, _Pointer, _Pointer, _Pointer, ctypes.c_int32]
    models = (_Pointer * 2)(_slot(library, general).value, _slot(library, phrases).value)
    names = (ctypes.c_char_p * 2)(b"general", b"phrases")
    weights = (ctypes.c_float * 2)(1 - PHRASE_WEIGHT, PHRASE_WEIGHT)
    made = make(None, models, names, weights, 2)
    if not made:
        raise ValueError("the models can't be mixed")
    mixed = NGramModel.__new__(NGramModel)
    _slot_address(mixed).value = made  # the object owns the model from here, and frees it
    return mixed


def _slot_address(model: NGramModel) -> ctypes.c_void_p:
    """The last field of the extension type: its pointer to the C model."""
    return _Pointer.from_address(id(model) + NGramModel.__basicsize__ - ctypes.sizeof(_Pointer))


def _slot(library: ctypes.CDLL, model: NGramModel) -> ctypes.c_void_p:
    if NGramModel.__basicsize__ != object.__basicsize__ + 2 * ctypes.sizeof(_Pointer):
        raise ValueError("this build of pocketsphinx lays its objects out differently")
    return _slot_address(model)
