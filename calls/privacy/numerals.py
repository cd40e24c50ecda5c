"""Numbers as people say them, in English, French, German and Spanish: data, and the tables made of it.

All words are as `tokens` makes them: lower case, without accents. A German number below 100 is one word, so its
compounds are made here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import msgspec


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _count(text: str, first: int = 0, step: int = 1) -> dict[str, int]:
    """Words of consecutive numbers; variants of one are joined by `|`."""
    return {word: first + place * step for place, words in enumerate(text.split()) for word in words.split("|")}


class Numerals(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """How a language says numbers."""

    small: Mapping[str, int]  # below 100, in one word, after which no unit follows
    tens: Mapping[str, int]  # after which a unit may follow: "forty" (two)
    reach: Mapping[str, int] = {}  # how far after one of `tens`, where not to 9: "soixante" (dix-neuf)
    score: tuple[str, frozenset[str]] | None = None  # two words for 80: "quatre" "vingt"
    after_tens: str = ""  # a word that may stand between ten and unit: "trente et un"
    units_first: str = ""  # the word between unit and ten, where units come first: "zwei und vierzig"
    hundred: frozenset[str]
    hundreds: Mapping[str, int] = {}  # 200 to 900 in one word
    after_hundred: str = ""  # "four hundred and eleven"
    thousand: frozenset[str]
    times: Mapping[str, int]  # "double five"
    sounds_like: Mapping[str, int] = {}  # what recognisers write for a digit between digits
    fillers: frozenset[str]  # what people say between the digits of one number
    plus: frozenset[str] = frozenset({"plus"})  # begins an international phone number
    units: frozenset[str]  # what follows an amount

    @cached_property
    def digits(self) -> Mapping[str, int]:
        return {word: value for word, value in self.small.items() if value < 10}

    @cached_property
    def spoken(self) -> frozenset[str]:
        """Every word that is a number or begins one."""
        words = {*self.small, *self.tens, *self.hundreds, *self.hundred, *self.thousand, *self.times}
        return frozenset(words)


_FILLERS = "uh um er eh hm hmm mm mhm ah ok okay"

ENGLISH = Numerals(
    small=_count(
        "zero|oh|o|nought|naught one two three four five six seven eight nine|niner ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen"
    ),
    tens=_count("twenty thirty forty|fourty fifty sixty seventy eighty ninety", 20, 10),
    hundred=_words("hundred"),
    after_hundred="and",
    thousand=_words("thousand"),
    times={"double": 2, "triple": 3, "treble": 3},
    sounds_like={
        **{"won": 1, "wan": 1, "to": 2, "too": 2, "tree": 3, "free": 3, "for": 4, "fore": 4, "fife": 5},
        **{"sicks": 6, "sex": 6, "ate": 8, "nein": 9},
    },
    fillers=_words(f"{_FILLERS} so then and dash hyphen space comma yeah yes right next"),
    units=_words(
        "dollar dollars bucks cent cents euro euros pound pounds quid pence percent percentage degrees day days week weeks "
        "month months year years hour hours minute minutes second seconds am pm oclock o'clock people persons items item "
        "pieces boxes pairs units miles kilometers kilometres km meters metres feet inches kilos kilo kg grams points times "
        "nights rooms tickets copies pages gigabytes gigs megabytes street avenue road drive lane boulevard"
    ),
)
FRENCH = Numerals(
    small={
        **_count("zero un|une deux trois quatre cinq six sept huit neuf"),
        **_count("onze douze treize quatorze quinze seize", 11),
    },
    tens={
        "dix": 10,
        **_count("vingt trente quarante cinquante soixante septante huitante nonante", 20, 10),
        "octante": 80,
    },
    reach={"soixante": 19},
    score=("quatre", _words("vingt vingts")),
    after_tens="et",
    hundred=_words("cent cents"),
    thousand=_words("mille"),
    times={"double": 2, "triple": 3},
    sounds_like={"de": 2, "cette": 7, "set": 7, "cet": 7},
    fillers=_words(f"{_FILLERS} euh ben bah alors puis ensuite et tiret espace oui voila donc apres"),
    units=_words(
        "euro euros centime centimes dollars francs francs pourcent pour jour jours semaine semaines mois an ans heure "
        "heures minute minutes secondes degres personnes articles pieces paires kilometres km metres kilos kg grammes fois "
        "rue avenue boulevard nuits places pages"
    ),
)
_GERMAN_UNITS = "null eins|ein|eine zwei|zwo drei vier funf|fuenf sechs sieben acht neun"
_GERMAN_TENS = _count("zwanzig dreissig|dreizig vierzig funfzig|fuenfzig sechzig siebzig achtzig neunzig", 20, 10)
GERMAN = Numerals(
    small={
        **_count(_GERMAN_UNITS),
        **_count("zehn elf zwolf|zwoelf dreizehn vierzehn funfzehn|fuenfzehn sechzehn siebzehn achtzehn neunzehn", 10),
        **_GERMAN_TENS,
        **{
            f"{unit}und{ten}": high + low
            for ten, high in _GERMAN_TENS.items()
            for unit, low in _count(_GERMAN_UNITS).items()
            if low and unit != "eins"
        },
    },
    tens={},
    units_first="und",
    hundred=_words("hundert"),
    hundreds=_count(
        "hundert|einhundert zweihundert dreihundert vierhundert funfhundert|fuenfhundert sechshundert siebenhundert "
        "achthundert neunhundert",
        100,
        100,
    ),
    after_hundred="und",
    thousand=_words("tausend"),
    times={"doppel": 2, "zweimal": 2, "dreimal": 3, "viermal": 4},
    sounds_like={"fier": 4, "wir": 4, "ach": 8},
    fillers=_words(f"{_FILLERS} ahm ja so dann und strich bindestrich leerzeichen also genau weiter die"),
    units=_words(
        "euro euros cent cents dollar franken prozent grad tag tage tagen woche wochen monat monate monaten jahr jahre jahren "
        "stunde stunden minute minuten sekunden uhr personen artikel stuck stueck paar kilometer km meter kilo kg gramm mal "
        "zimmer nachte seiten"
    ),
)
SPANISH = Numerals(
    small={
        **_count("cero un|uno|una dos tres cuatro cinco seis siete ocho nueve"),
        **_count(
            "diez once doce trece catorce quince dieciseis diecisiete dieciocho diecinueve veinte "
            "veintiun|veintiuno|veintiuna veintidos veintitres veinticuatro veinticinco veintiseis veintisiete veintiocho "
            "veintinueve",
            10,
        ),
    },
    tens=_count("treinta cuarenta cincuenta sesenta setenta ochenta noventa", 30, 10),
    after_tens="y",
    hundred=_words("cien ciento"),
    hundreds=_count(
        "ciento|cien doscientos|doscientas trescientos|trescientas cuatrocientos|cuatrocientas quinientos|quinientas "
        "seiscientos|seiscientas setecientos|setecientas ochocientos|ochocientas novecientos|novecientas",
        100,
        100,
    ),
    thousand=_words("mil"),
    times={"doble": 2, "triple": 3},
    sounds_like={"sinco": 5, "hocho": 8},
    fillers=_words(f"{_FILLERS} este pues bueno y luego despues guion espacio si entonces coma vale"),
    plus=_words("mas plus"),
    units=_words(
        "euro euros dolar dolares peso pesos centimo centimos centavos por dia dias semana semanas mes meses ano anos hora "
        "horas minuto minutos segundos grados personas articulos piezas pares kilometros km metros kilos kg gramos veces "
        "noches habitaciones paginas"
    ),
)

# Letters as they are spelled everywhere (ICAO), and in German (DIN 5009).
SPELLED: Mapping[str, str] = {
    word: word[0].upper()
    for word in _words(
        "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike november oscar papa "
        "quebec romeo sierra tango uniform victor whiskey whisky xray yankee zulu anton berta casar dora emil friedrich "
        "gustav heinrich ida julius kaufmann konrad ludwig martha nordpol otto paula quelle richard samuel siegfried "
        "theodor ulrich viktor wilhelm xanthippe ypsilon zacharias"
    )
}

LANGUAGES: Mapping[str, Numerals] = {"en": ENGLISH, "fr": FRENCH, "de": GERMAN, "es": SPANISH}


def numerals_of(language: str) -> Numerals:
    """By the first part of the tag. Others have English words: written digits are the same everywhere."""
    return LANGUAGES.get(language.partition("-")[0].lower(), ENGLISH)
