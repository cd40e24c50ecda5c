"""What people ask for before a number is said: patterns of words, by language."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal, NamedTuple

from calls.privacy.reading import Token

# `other`: some number that is none of ours, such as that of an order.
Topic = Literal["card", "code", "ssn", "last4", "iban", "other"]


class Mention(NamedTuple):
    topic: Topic
    first: int  # tokens, both inclusive
    last: int


# Where two begin at the same place, the one further up counts.
_EVERYWHERE: Mapping[Topic, str] = {
    "code": r"cvv2?|cvc2?|c v [cv](?: 2)?|csc",
    "card": r"visa|master ?card|amex|american express|maestro|discover card",
    "iban": r"i ?b ?a ?n|ibans?",
    "ssn": r"ssn|s s n",
    "other": r"imei|sku|vin|gtin|ean",
}
_PATTERNS: Mapping[str, Mapping[Topic, str]] = {
    "en": {
        "code": r"security (?:code|number|digits)|card verification|verification (?:value|number)"
        r"|(?:three|3|four|4) digit (?:code|number|security)|(?:last )?(?:three|3|four|4) (?:digits|numbers)(?: \w+){0,4} "
        r"(?:back|front|reverse|strip)|(?:digits|numbers?|code) (?:on|at|from) the (?:back|front|reverse)"
        r"|back of (?:the|your|my) card",
        "last4": r"last (?:four|4)(?: digits| numbers)?",
        "ssn": r"(?:(?:your|my|his|her|full) )?social security(?: number)?"
        r"|(?:your|my|his|her|full) social(?! (?:media|network|work|club|event|life))"
        r"|social (?:number|is)|taxpayer (?:id|identification)",
        "other": r"(?:sim|loyalty|club|library|membership|member|id|identity|report|business|score|health|insurance|key|"
        r"green|points|bonus|reward|rewards|graphics|memory|sd) cards?|orders?|reference|ref|tracking|track|parcel|package|"
        r"shipment|delivery|invoice|receipt|ticket|case|booking|reservation|confirmation|policy|claim|phone|telephone|"
        r"mobile|cell|fax|landline|number to call|call (?:me|you|him|her|us) (?:at|on|back)|reach (?:me|you|us)|text me|dial|"
        r"extension|zip|postcode|post code|postal|customer|account number|member|membership|serial|model|part|barcode|"
        r"article|item|product|routing|sort code|vat|meter|born|birthday|birth|total|amount|price|costs?|balance|charged?|"
        r"paid|pay|address|apartment|flat|room|gate|flight|passport|license|licence|quantity|version",
        "card": r"(?:credit|debit|bank|gift|payment|corporate)?(?: )?cards?(?: number)?|long number|sixteen digits|16 digits",
    },
    "fr": {
        "code": r"codes? de securite|cryptogramme|(?:trois|3|quatre|4)(?: derniers)? chiffres(?: \w+){0,4} (?:dos|verso|"
        r"arriere|derriere)|(?:au|le) dos de (?:la|votre|ma) carte|code au (?:dos|verso)",
        "other": r"cartes? (?:sim|fidelite|de fidelite|vitale|d'identite|identite|grise|cadeau|d'adherent|postale|memoire)"
        r"|commandes?|reference|dossier|suivi|colis|livraison|facture|recu|telephone|portable|mobile|fixe|fax|joindre|"
        r"rappele[rz]|code postal|client|contrat|adherent|abonne|siret|siren|article|produit|serie|modele|montant|total|prix|"
        r"coute|solde|ne le|nee le|naissance|adresse|chambre|vol|poste|quantite|reservation|billet",
        "card": r"cartes?(?: bancaire| bleue| de credit| de paiement| de debit)?(?: numero)?|numero de(?: la| votre| ma)? carte"
        r"|cb|seize chiffres|16 chiffres",
    },
    "de": {
        "code": r"sicherheits ?code|sicherheitsnummer|prufnummer|prufziffern?|pruefziffern?|kartenprufnummer|"
        r"(?:drei|3|vier|4) (?:letzten )?(?:ziffern|stellen|zahlen)(?: \w+){0,4} ruckseite|ruckseite(?: \w+){0,2} karte",
        "other": r"kundenkarte|sim karte|simkarte|gesundheitskarte|versichertenkarte|bonuskarte|mitgliedskarte|bestellung|"
        r"bestellnummer|auftrag|auftragsnummer|rechnung|rechnungsnummer|kundennummer|sendung|sendungsnummer|paket|"
        r"paketnummer|lieferung|telefon|telefonnummer|handy|handynummer|mobilnummer|rufnummer|festnetz|durchwahl|"
        r"erreiche[nr]?|postleitzahl|plz|vorgang|vorgangsnummer|vertrag|vertragsnummer|aktenzeichen|zahlernummer|zahlerstand|"
        r"seriennummer|modell|artikel|artikelnummer|betrag|kostet|kosten|preis|summe|gesamt|geboren|geburtsdatum|adresse|"
        r"zimmer|flug|menge|mitgliedsnummer|steuernummer|buchung|buchungsnummer",
        "card": r"kreditkarten?|kreditkartennummer|kartennummer|ec karte|girokarte|debitkarte|bankkarte|karte|karten nummer|"
        r"sechzehn stellen|16 stellen",
    },
    "es": {
        "code": r"codigo de seguridad|codigo de verificacion|(?:tres|3|cuatro|4)(?: ultimos)? (?:digitos|numeros|cifras)"
        r"(?: \w+){0,4} (?:reverso|atras|detras|dorso)|(?:reverso|dorso) de (?:la|su|mi|tu) tarjeta",
        "other": r"tarjetas? (?:sim|de fidelidad|sanitaria|de identidad|de socio|de embarque|grafica)|pedidos?|referencia|"
        r"seguimiento|paquete|envio|entrega|factura|recibo|telefono|movil|celular|fijo|llamar(?:me|le|te)|codigo postal|"
        r"cliente|contrato|expediente|socio|articulo|producto|serie|modelo|importe|total|precio|cuesta|saldo|nacido|"
        r"nacimiento|direccion|habitacion|vuelo|cantidad|reserva|billete|dni|nif",
        "card": r"tarjetas?(?: de credito| de debito| bancaria)?|numero de(?: la| su| mi| tu)? tarjeta|dieciseis digitos|"
        r"16 digitos",
    },
}


@cache
def _pattern(language: str) -> re.Pattern[str]:
    own = _PATTERNS.get(language, _PATTERNS["en"])
    topics: list[Topic] = ["code", "last4", "ssn", "iban", "other", "card"]
    parts = []
    for topic in topics:
        words = "|".join(filter(None, (own.get(topic, ""), _EVERYWHERE.get(topic, ""))))
        if words:
            parts.append(f"(?P<{topic}>{words})")
    return re.compile(rf"\b(?:{'|'.join(parts)})\b")


def mentions(tokens: Sequence[Token], language: str) -> list[Mention]:
    """In the order of the text."""
    starts: list[int] = []
    at = 0
    for token in tokens:
        starts.append(at)
        at += len(token.word) + 1
    plain = " ".join(token.word for token in tokens)
    found = []
    for match in _pattern(language.partition("-")[0].lower()).finditer(plain):
        topic: Topic = match.lastgroup  # type: ignore[assignment]  # the names of the groups are the topics
        found.append(Mention(topic, bisect_right(starts, match.start()) - 1, bisect_right(starts, match.end() - 1) - 1))
    return found
