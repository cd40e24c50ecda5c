"""What a menu must know of a language: numbers, yes and no, words that say nothing, and its own few sentences."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Words(msgspec.Struct, frozen=True, kw_only=True):
    """All lower case, without accents or punctuation, as `matching.tokens` makes them."""

    digits: Mapping[str, str]  # spoken -> key
    sounds_like: Mapping[str, str]  # what recognisers write for a digit that was said alone
    twice: Mapping[str, int]  # "double five"
    yes: tuple[str, ...]
    no: tuple[str, ...]
    fillers: frozenset[str]
    join: str  # between the last two choices of a question

    no_input: str
    no_match: str
    unclear: str  # `{choices}`
    confirm: str  # `{choice}`
    resumed: str
    transferring: str
    goodbye: str


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_KEYS = "0123456789*#"


def _digits(text: str, **more: str) -> dict[str, str]:
    """The words of 0 to 9, star and hash in this order; `more` are other words for some of them."""
    words = dict(zip(text.split(), _KEYS, strict=True))
    return {**{key: key for key in _KEYS[:10]}, **words, **more}


ENGLISH = Words(
    digits=_digits("zero one two three four five six seven eight nine star pound", oh="0", o="0", hash="#"),
    sounds_like={"won": "1", "to": "2", "too": "2", "for": "4", "fore": "4", "ate": "8"},
    twice={"double": 2, "triple": 3},
    yes=("yes", "yeah", "yep", "yes please", "correct", "right", "that is right", "that's right", "sure", "okay", "ok"),
    no=("no", "nope", "no thanks", "wrong", "not right", "that is wrong", "that's wrong", "incorrect"),
    fillers=_words(
        "a an the to for of please um uh er eh hm well so i id im ill me my we want wants would like need get have "
        "press pressed pressing option number choose select take go hello hi hey can could you it is just"
    ),
    join="or",
    no_input="I did not hear anything.",
    no_match="I am sorry, I did not understand.",
    unclear="Did you mean {choices}?",
    confirm="Did you say {choice}?",
    resumed="I am sorry, let us go on.",
    transferring="Let me put you through to somebody.",
    goodbye="Thank you for calling. Goodbye.",
)
FRENCH = Words(
    digits=_digits("zero un deux trois quatre cinq six sept huit neuf etoile diese", une="1"),
    sounds_like={"de": "2", "cette": "7", "set": "7"},
    twice={"double": 2},
    yes=("oui", "ouais", "d accord", "exact", "c est exact", "correct", "c est ca", "bien sur", "ok"),
    no=("non", "non merci", "pas du tout", "faux", "c est faux", "incorrect"),
    fillers=_words(
        "le la les l un une des du de d s il vous plait euh bonjour je j voudrais veux aimerais ai besoin pour tapez "
        "appuyez sur option numero mon ma mes alors bon"
    ),
    join="ou",
    no_input="Je n'ai rien entendu.",
    no_match="Désolé, je n'ai pas compris.",
    unclear="Vouliez-vous dire {choices} ?",
    confirm="Avez-vous dit {choice} ?",
    resumed="Désolé, reprenons.",
    transferring="Je vous mets en relation avec un conseiller.",
    goodbye="Merci de votre appel. Au revoir.",
)
GERMAN = Words(
    digits=_digits("null eins zwei drei vier funf sechs sieben acht neun stern raute", ein="1", zwo="2", fuenf="5"),
    sounds_like={"fier": "4", "wir": "4"},
    twice={"doppel": 2, "zweimal": 2, "dreimal": 3},
    yes=("ja", "jawohl", "ja bitte", "richtig", "das stimmt", "stimmt", "genau", "korrekt", "ok", "okay"),
    no=("nein", "ne", "nee", "nein danke", "falsch", "das stimmt nicht", "stimmt nicht"),
    fillers=_words(
        "der die das den dem ein eine einen bitte ah ahm hm also hallo guten tag ich mochte will wurde gern gerne "
        "brauche hatte habe zu zum zur mit taste drucken nummer option mein meine"
    ),
    join="oder",
    no_input="Ich habe nichts gehört.",
    no_match="Das habe ich leider nicht verstanden.",
    unclear="Meinten Sie {choices}?",
    confirm="Haben Sie {choice} gesagt?",
    resumed="Entschuldigung, machen wir weiter.",
    transferring="Ich verbinde Sie.",
    goodbye="Vielen Dank für Ihren Anruf. Auf Wiederhören.",
)
SPANISH = Words(
    digits=_digits("cero uno dos tres cuatro cinco seis siete ocho nueve asterisco almohadilla", un="1", una="1"),
    sounds_like={"sinco": "5", "hocho": "8"},
    twice={"doble": 2},
    yes=("si", "claro", "correcto", "eso es", "asi es", "exacto", "vale", "si por favor", "de acuerdo"),
    no=("no", "no gracias", "para nada", "incorrecto", "no es correcto"),
    fillers=_words(
        "el la los las un una unos de del por favor eh em bueno pues hola yo quiero quisiera necesito me gustaria "
        "para marque pulse opcion numero mi mis"
    ),
    join="o",
    no_input="No he oído nada.",
    no_match="Lo siento, no le he entendido.",
    unclear="¿Quiso decir {choices}?",
    confirm="¿Ha dicho {choice}?",
    resumed="Disculpe, continuemos.",
    transferring="Le paso con un compañero.",
    goodbye="Gracias por su llamada. Adiós.",
)

LANGUAGES: Mapping[str, Words] = {"en": ENGLISH, "fr": FRENCH, "de": GERMAN, "es": SPANISH}


def words_of(language: str) -> Words:
    """By the language's first part; English where it is none of ours: authors can give every sentence themselves."""
    return LANGUAGES.get(language.split("-")[0].lower(), ENGLISH)
