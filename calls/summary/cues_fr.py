"""French, with a space behind each apostrophe. As in English, by grammar: the future tense ends alike for all verbs."""

from calls.summary.cues import Cues, any_of, weighted, words

_FILLERS = (
    r"(?:(?:et|alors|donc|mais|bon|ben|bah|euh|oui|ouais|non|d' accord|ok|okay|voilà|très bien|"
    r"parfait|ah|oh|en fait|du coup|"
    r"enfin|aussi|après|ensuite|sinon|là|bien|justement|merci) )*"
)
_TO = r"(?:(?:vous|nous|me|m'|te|le|la|les|l'|lui|leur|y|en|se|s'|ne|n') ?)*"
_SOMEBODY = (
    r"(?:je|j'|nous|on|vous|il|elle|ils|elles|ça|cela|ce|quelqu' un|qui|"
    r"(?:le|la|les|un|une|des|votre|vos|notre|mon|ma|mes|son|sa) (?:\w+ ){1,2}|l' \w+ )"
)
_FUTURE = r"(?!sera(?:it|is)|aura(?:it|is))\w+(?:erai|era|erons|erez|eront|rai|ra|rons|rez|ront)\b"
_INFINITIVE = r"\w+(?:er|ir|re|oir)\b"
_DONE = r"(?:\w+[éi]|mis|pris|fait|remis|inscrit|envoyé|prévu)(?:e|s|es)?\b"
_NOW = (
    "active|ajoute|annule|bloque|change|corrige|crédite|déduis|enregistre|fais|inscris|mets|modifie|"
    "note|offre|ouvre|prends|programme|rajoute|rembourse|réserve|retire|valide"
)
_NO_DEED = "appelé|attendu|cherché|compris|demandé|eu|été|essayé|parlé|pensé|regardé|vérifié|vu|reçu|oublié"

CUES = Cues(
    reason=weighted(
        (3, r"je (?:vous )?(?:appelle|téléphone|contacte|rappelle)"),
        (
            2,
            r"je (?:voudrais|souhaite|souhaiterais|veux|voulais|cherche)|j' (?:aimerais|aurais (?:besoin|"
            r"voulu|aimé)|ai besoin)",
        ),
        (2, r"(?:ne|n') ?\w+ (?:pas|plus|jamais|rien|toujours (?:pas|rien))"),
        (
            2,
            r"abîmé\w*|accident|annul\w+|bloqué\w*|cassé\w*|coup(?:e|ure)\w*|débit\w*|devis|erreur|"
            r"facture\w*|litige|manque\w*|"
            r"panne|perdu\w*|prélev\w+|problème|réclamation|rembours\w+|rendez vous|résili\w+|retard|volé\w*|clignote",
        ),
        (1, r"j' ai (?:\w+ )?\w+|mon \w+|ma \w+|il y a un\w*"),
        (1, r"depuis|parce que|car|mais|hier|la semaine dernière|ce matin|il y a"),
    ),
    calls_out=weighted(
        (
            4,
            r"je vous (?:r?appelle|contacte) (?:au sujet|pour|concernant|suite|à propos|parce)|"
            r"suite à votre (?:demande|appel|message)",
        ),
    ),
    agreed=(
        weighted(
            (
                3,
                rf"(?:j' ai|je vous ai|je l' ai|nous avons|on a|on vous a) (?:bien |déjà |donc |"
                rf"vous )*(?!{_NO_DEED}){_DONE}",
            ),
            (2.5, rf"(?:est|sont|êtes|a été) (?:bien |déjà |donc )*{_DONE}$"),
            (3, rf"(?:je|nous|on) {_TO}(?:{_NOW})\b"),
            (
                2.5,
                rf"je vais {_TO}(?!demander|mettre en attente|regarder|vérifier|consulter|voir|appeler|envoyer|"
                rf"rappeler){_INFINITIVE}",
            ),
            (2, r"sans frais|gratuit\w*|offert\w*|rien à payer|pris en charge|automatique|à nos frais"),
            (
                3,
                r"c' est (?:noté|fait|bon|réglé|confirmé|validé|entendu|convenu)|(?:on|nous) (?:dit|disons|part|"
                r"partons|fixe|fixons)",
            ),
        ),
        weighted(
            (
                3,
                r"(?:ça|cela|qui) me (?:va|convient)|je (?:prends|préfère|choisis)|on (?:prend|part|"
                r"fait comme ça)|va très bien",
            ),
        ),
    ),
    next_steps=(
        weighted(
            (2.5, rf"{_SOMEBODY} ?{_TO}{_FUTURE}"),
            (2.5, rf"{_SOMEBODY} ?(?:va|vont|allez|allons) {_TO}{_INFINITIVE}"),
            (2.5, rf"je vais {_TO}(?:appeler|envoyer|rappeler|transmettre|écrire|contacter|prévenir)"),
            (
                3,
                r"pensez à|n' oubliez pas|merci de|veuillez|il (?:faut|faudra|suffit de)|vous (?:devez|pouvez)|dès que",
            ),
            (2.5, rf"^{_FILLERS}(?!avez|pouvez|voulez|savez|souhaitez|allez|connaissez)\w{{3,}}ez\b"),
            (
                2,
                r"si vous (?:pouvez|pourriez|voulez bien)|par (?:mail|courrier|sms|message|téléphone)|"
                r"je vous (?:envoie|rappelle)",
            ),
        ),
        weighted(
            (3, rf"(?:je|j'|on|nous) ?{_TO}{_FUTURE}"),
            (2.5, rf"(?:je vais|on va) {_TO}{_INFINITIVE}"),
        ),
    ),
    unknown=weighted(
        (
            3,
            r"(?:ne|n') ?(?:sais|sait|savons|peux|peut|pouvons) pas (?:encore |trop )?(?:vous |le |si|quand|"
            r"dire|répondre|garantir)+",
        ),
        (
            3,
            r"(?:je|on|personne) (?:ne )?(?:sais|sait) pas|pas encore de|n' (?:ai|a|"
            r"avons) pas (?:encore )?(?:cette|d'|de|l') ?\w+",
        ),
        (3, r"dépend|dépendra|dépendrait"),
        (
            2.5,
            r"pas (?:encore )?(?:sûr\w*|certain\w*|décidé\w*|confirmé\w*|fixé\w*)|on verra|à voir|"
            r"bonne question|aucune idée",
        ),
        (
            2.5,
            r"je (?:dois|vais) (?:y )?(?:réfléchir|en parler|voir avec)|il faut que (?:je|j') ?\w+|"
            r"qui décide|c' est (?:eux|lui|elle) qui",
        ),
        (1, r"peut être|malheureusement|désolée?"),
    ),
    question=any_of(
        (
            r"est ce (?:que|qu')|qu' est ce|quand|où|comment|pourquoi|combien|quel\w*|à quel\w*|de quel\w*|qui",
            r"(?:avez|pouvez|pourriez|voulez|savez|êtes|souhaitez|allez|connaissez) vous|(?:y a|a|peut|faut|"
            r"sera|va) t (?:il|elle|on)",
            r"vous (?:me|pouvez|avez|savez) (?:\w+ ){0,3}remboursez|je (?:dois|peux|serai)|on peut",
        ),
        after=_FILLERS,
    ),
    asks=any_of((r"est ce (?:que|qu')|qu' est ce|(?:avez|pouvez|pourriez|voulez) vous|combien$|quand$|pourquoi$",)),
    accepts=any_of(
        (
            "oui|ouais|d' accord|ok|okay|parfait|très bien|super|entendu|ça marche|impeccable|volontiers|merci|"
            "(?:ah )?c' est (?:parfait|gentil|bon|noté)|ça me va|avec plaisir",
        ),
        after="",
    ),
    at_once=any_of(
        (
            r"un instant|ne quittez pas|patientez|je (?:regarde|vérifie|consulte|lance|vois|cherche)|"
            r"laissez moi|je vous écoute",
            rf"je vais {_TO}(?:demander|regarder|vérifier|consulter|voir|mettre en attente)",
            r"(?:pouvez|pourriez) vous me (?:donner|dire|rappeler|confirmer|épeler)|à quel nom|le numéro de",
        )
    ),
    courtesy=any_of(
        (
            "bonjour|bienvenue|je vous écoute|que puis je|en quoi puis je|merci d' avoir|bonne (?:journée|"
            "soirée|fin)|au revoir|"
            "autre chose|je vous en prie|à votre (?:écoute|service)",
        )
    ),
    when=any_of(
        (
            r"demain|aujourd' hui|ce soir|cet après midi|tout à l' heure|lundi|mardi|mercredi|jeudi|vendredi|"
            r"samedi|dimanche|"
            r"semaines?|mois|jours?|heures?|minutes?|avant|d' ici|sous|veille|euros?|prochaine?|midi",
            "janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre",
        )
    ),
    empty_words=words(
        ""
        "a à ah ai alors après as au aussi aux avec avez avoir bah ben bien bon c' ça car ce cela ces cet cette chez comme d' "
        ""
        "dans de des donc du elle en est et êtes être eu euh fait il ils j' je l' la là le les leur lui m' ma mais me mes moi "
        ""
        "mon n' ne non nous oh ok on ou oui par pas plus pour qu' quand que qui s' sa se ses si son sont sur t' ta te très tu "
        "un une vais vers voilà vos votre vous y accord merci parfait bonjour madame monsieur désolé désolée"
    ),
)
