"""English, contractions in full. By grammar rather than by topic: who will do what, what was done, what must be done."""

from calls.summary.cues import Cues, any_of, weighted, words

_FILLERS = (
    r"(?:(?:and|so|but|then|also|okay|ok|right|alright|well|um|uh|oh|hmm|yes|yeah|no|sure|great|perfect|"
    r"fine|now|because|got it|"
    r"actually|sorry|please|just|first|second|next|after that|in the meantime|until then|otherwise|or) )*"
)
_SOON = r"(?:(?:then|also|still|just|now|probably|definitely|always|go ahead and|quickly|be able to|have to|already) )*"
# Of who answers the call: what reaches the other side later.
_TELL = (
    "arrange for|ask|bring|call|chase|check with|come|contact|drop|email|e-mail|find out|follow up|forward|get (?:back|"
    "in touch|someone|somebody|a|the|him|her|them|that (?:to|over|out))|give|have (?:someone|somebody|him|her|them)|hear|"
    "inform|let|look into|mail|message|notify|pass|phone|pick|ping|pop|post|reach|remind|reply|review|ring|run it by|"
    "send|ship|shoot|show|speak|talk|tell|text|transfer|try|visit|write"
)
_TO_DO = (
    "add|answer|ask|avoid|bring|buy|call|cancel|change|charge|check|choose|clean|clear|click|close|come|complete|contact|"
    "delete|download|drop|email|enter|expect|fill|find|follow|forward|get|give|go|hand|hang on|hold on|install|keep|leave|"
    "log|look out|mail|make|meet|move|open|park|pay|pick|plug|pop|post|press|print|provide|put|read|refuse|register|"
    "remember|remove|reply|report|reset|restart|return|ring|save|scan|send|set|ship|show|sign|start|stay|stop|submit|"
    "switch|take|tell|text|throw|try|turn|unplug|update|upload|use|visit|wait|watch|wear|write"
)
_WE = r"\b(?:i|we)"
_OTHERS = (
    r"\b(?:he|she|it|they|you|that|this|someone|somebody|(?:the|our|your|my|his|their|a|an|any|one of \w+) "
    r"(?:\w+ ){0,2}?\w+|(?!(?:what|how|when|where|who|why|which|i|we)\b)\w+)"
)
_WILL = r"(?:will|shall|am going to|are going to|is going to)"
_NO_DEED = (  # what is no act worth telling, or not one to come
    "be (?:honest|able)|bet|check|do|explain|fine|guess|have|hear|hold|just|know|like|look|love|mean|mind|need|not|pull|"
    "put you|repeat|run|say|see|start|take (?:you|a look|that)|think|try|understand|want|wait|walk"
)
_PAST = r"have (?:been|\w+ed|come|gone|got|had|done)\b"  # what should have been is no step to come
_PAST_NO_DEED = (
    "apologi[sz]ed|asked|called|checked|heard|hoped|liked|looked|lived|meant|missed|mentioned|needed|noticed|promised|"
    "reali[sz]ed|said|saw|talked|thought|tried|used|wanted|worked|wondered"
)
_DONE = r"\w+ed|put|set|sent|taken|took|made|given|gave|found a|done|written|wrote|left|let|paid|thrown|cut|built"

CUES = Cues(
    reason=weighted(
        (
            3,
            r"(?:am|was|are|just) (?:calling|ringing|phoning|contacting)|(?:call|ring|phone) (?:you )?(?:about|because)",
        ),
        (2, r"i (?:just )?(?:want|wanted|need|needed|would like|would love|would need) (?:to|a|an|some|help|you)"),
        (2, r"i (?:am|was) (?:hoping|wondering|trying|looking)|i have been (?:trying|waiting|told)|i was told"),
        (2, r"(?:can|could|may) (?:i|you|we) (?!hear|have your|confirm|repeat|say|hold)"),
        (
            2,
            r"(?:still |am |is |are |does |do |did |has |have |had |will |would |can )not (?!sure|mind|think|worry|really)\w+",
        ),
        (
            2,
            "accident|broken?|cancel\\w*|charged?|complain\\w*|complaint|crash\\w*|cut(?:ting)? out|damaged?|delayed|"
            "disappear\\w*|dispute|error|expired?|fail\\w*|fault\\w*|keeps? \\w+ing|leak\\w*|lost|missing|overcharged|problem|"
            "question about|quote|refund|report|scratch\\w*|stol\\w+|stopped|stuck|trouble|wrong|issue|estimate|appointment",
        ),
        (
            1,
            r"(?:i|we) (?:have )?(?:just )?(?:\w+ed|bought|got|came|found|lost|saw|had)|i have (?:got )?an? \w+|"
            r"there is an? \w+|my \w+|you guys",
        ),
        (
            1,
            r"since|because|so i|but|instead|yesterday|last (?:week|night|month|\w+day)|this morning|ago|every time|when",
        ),
    ),
    calls_out=weighted(
        (4, r"i am (?:just |only )?(?:calling|ringing|phoning|following up|getting in touch|contacting)"),
        (4, r"(?:the )?reason (?:for my call|i am calling|why i)|just (?:calling|following up) (?:to|on|about)"),
    ),
    agreed=(
        weighted(
            (3, rf"{_WE} have (?:\w+ )?{_SOON}(?!{_PAST_NO_DEED})(?:{_DONE})"),
            (2.5, rf"{_WE} {_SOON}(?!{_PAST_NO_DEED})(?:{_DONE}) (?:you|your|it|that|this|a|an|the|in|on|off|out)"),
            (
                2.5,
                rf"(?:is|are|has been|have been) {_SOON}(?:all )?(?:{_DONE}|good to go) ?(?:for|to|on|in|until|at|with)?$",
            ),
            (3, rf"{_WE} (?:was|were|am|are) able to \w+"),
            (
                2.5,
                rf"{_WE} (?:am|are) {_SOON}(?!going|looking|checking|trying|getting|seeing|pulling|having|calling|"
                r"afraid|hoping|thinking|wondering|running|waiting|assuming|guessing|being|showing|telling|asking|saying|afraid)\w+ing",
            ),
            (2.5, rf"{_WE} {_WILL} {_SOON}(?!(?:{_NO_DEED}|{_TELL})\b)\w+"),
            (
                2,
                r"(?:no|without|not be any(?: \w+)?|at no|free of|not be an?) (?:extra |additional )?(?:charge|cost|"
                r"fee)s?|no obligation",
            ),
            (
                2,
                r"nothing (?:more |else |extra )?to pay|not be out of pocket|do have \w+ ?\w* cover|on (?:us|the house)",
            ),
            (
                3,
                r"we (?:have )?agreed|as agreed|(?:just )?to confirm|confirming|that is (?:all )?(?:done|sorted)|"
                r"read that back|"
                r"go over (?:that|it|this)|recap|to sum up",
            ),
            (3, r"let us (?:say|do|make it|go with|set|plan|call it)"),
            (
                2,
                rf"^{_FILLERS}(?:that is|once we|that will be|you are (?:now|down|booked)) "
                r"(?!not|right|fine|great|good|okay|why|what|how|perfect|it)\w+",
            ),
            (
                1,
                r"(?:membership|contract|subscription|order|booking|appointment|payment|plan) (?:stops|ends|starts|is|"
                r"starting)",
            ),
        ),
        weighted(
            (3, r"(?:works|suits|suit|work|good|better|best|perfect) (?:for )?(?:me|us)"),
            (
                3,
                r"(?<!otherwise )(?<!or )(?<!else )"  # those threaten
                r"(?:let us|i will|we will|i would|we would) (?:rather|prefer|take|go with|have (?:the|it|that)|go for|"
                r"feel better|do the|stick)",
            ),
            (
                2,
                r"(?:so|then|i think|guess) (?:the \w+ one|the (?:first|second|other) (?:one|option))|put me down|sign me up",
            ),
            (1.5, r"^(?:yes|okay|alright|sure) (?:please )?(?:let us|i agree|agreed|we have a deal|go ahead and)"),
        ),
    ),
    next_steps=(
        weighted(
            (3, rf"{_WE} {_WILL} {_SOON}(?:{_TELL})\b"),
            (
                2.5,
                rf"{_OTHERS} (?:will|should|is going to|are going to) {_SOON}(?!not|{_PAST}|see a|have a|find the|be (?:fine|"
                rf"able|okay|good))\w+",
            ),
            (
                2.5,
                rf"(?:he|she|they|who|that|{_OTHERS}) (?:(?:calls|picks|brings|sends|contacts|rings|emails) (?:it |to )?you|"
                r"(?:comes|goes|lands|arrives|leaves) (?:at|on|between|by|tomorrow|tonight|within|next))",
            ),
            (3, rf"(?:do not forget to|make sure(?: to)?|be sure to|remember to|please (?:{_TO_DO})|and do not)"),
            (
                2.5,
                rf"^{_FILLERS}(?:{_TO_DO}) (?:us|me|out|for|the|your|it|a|an|that|those|them|him|her|all|any|in|to|on|"
                rf"with|back|this|these|one|two|at|from|around)",
            ),
            (
                2.5,
                rf"(?:just|then|meantime|first|rush|so) (?:{_TO_DO}) (?:us|me|the|your|it|a|an|that|those|to|them|back|"
                rf"out|for)",
            ),
            (
                2.5,
                r"(?:give|call|email|ring|text|send|drop|shoot|tell) (?:us|me|him|her|them)|let (?:us|me|him|her|them) know",
            ),
            (
                2.5,
                rf"you (?:\w+ )?(?:need to|have to|must|should|can|could|may want to|want to|ought to) {_SOON}(?:{_TO_DO})",
            ),
            (2, r"you (?:just )?(?:fill|pay|send|take|bring|sign|keep|get|upload|return|call|ring|go)\b"),
            (
                2.5,
                r"(?:if|once|as soon as) (?:you|he|she|they) (?:can|could|would|have|get|are)|as long as (?:i|we|you)",
            ),
            (
                2,
                rf"(?:could|can|would|will) you (?:please )?{_SOON}(?:send|email|mail|bring|upload|forward|post|call|drop)",
            ),
            (2, rf"(?:he|she|they|someone) can {_SOON}\w+|let me (?:have|get) (?:someone|somebody|him|her)"),
            (
                2,
                r"make a note|next step|in touch|(?:get|call|ring) \w* ?back|hear from (?:you|us)|"
                r"deposit|invoice|on (?:its|their|the) way|"
                r"watch (?:out )?for|look out for|instead",
            ),
            (1, r"by (?:text|email|post|phone)|reference|ticket|so (?:that )?(?:you|we|she|he) (?:can|will)"),
        ),
        weighted(
            (
                2.5,
                rf"{_WE} {_WILL} {_SOON}(?!(?:{_NO_DEED}|take the)\b)\w+|{_WE} {_WILL} {_SOON}(?:do (?:it|that)|try|"
                rf"check|start)",
            ),
            (
                2.5,
                r"(?:he|she|they|you|your \w+|the \w+|my \w+) (?:should|will|needs? to|has to|have to) "
                rf"(?!not|be|{_PAST})\w+",
            ),
            (1.5, r"will do|(?:call|ring|get) (?:you )?back|talk to you|speak to you|hear from"),
        ),
    ),
    unknown=weighted(
        (3, rf"{_WE} (?:honestly |really |just )?(?:am |are )(?:\w+ )?not (?:\w+ )?(?:sure|certain|clear)"),
        (
            3,
            r"(?:i|we|you|nobody|they) (?:\w+ )?(?:do|can|could|will|would|did) not (?:really |yet |actually |even )?"
            r"(?:give you an? \w+|know(?! how many times)|say(?! no)|tell|answer|promise|guarantee|confirm|speak for|see their)",
        ),
        (
            3,
            r"(?:do|will|would|did) not (?:yet )?have (?:an? |the |any )?(?:final |exact |firm )?"
            r"(?:answer|date|time|number|count|figure|details|information|say|idea|word|price|timeline)",
        ),
        (
            3,
            r"(?:it|that|what \w+ \w+|how \w+ \w+ \w+|all|really) (?:\w+ )?depends?|"
            r"depends on|would depend|hangs on|remains to be seen",
        ),
        (
            2.5,
            r"not (?:\w+ ){0,4}until|have to wait|wait and see|waiting (?:on|to hear|for (?:an|his|her|their|"
            r"the))|to be decided",
        ),
        (
            2.5,
            r"(?:have|need|want) to (?:first |really )?(?:ask|phone|refer|look into|find out|think|talk|discuss|"
            r"check with|look at my|see if)",
        ),
        (3, r"let me (?:think|talk|discuss|sleep)|think (?:about it|it over)|get back to you (?:on|about|with)"),
        (
            2.5,
            r"(?:is|be|that is) (?:\w+ )?(?:up to|one for|down to) (?:the|him|her|them|you|my|our)|question for|good question|"
            r"for (?:\w+ ){1,3}to (?:decide|say|judge)|no (?:\w+ )?answer|not (?:want|like) to (?:promise|guess|say)",
        ),
        (
            2.5,
            r"(?:have|has) not (?:yet )?(?:decided|heard|figured|worked|made up)|nobody knows|no idea|"
            r"anybody is guess|unclear|undecided",
        ),
        (2.5, r"not (?:certain|clear|decided) (?:yet|if|whether|it is)|still (?:waiting|open|deciding)|would not tell"),
        (2, r"not (?:certain|sure|clear|decided)|find out (?:if|whether)"),
        (1, r"might|maybe|perhaps|possibly|unfortunately|afraid"),
    ),
    question=any_of(
        (
            r"(?:what|when|where|who|why|how|which|whose)(?! (?:i would|a|an|i mean)\b)|how come",
            r"(?:do|does|did|is|are|was|am|can|could|will|would|should|shall|have|has|had|may|might)(?: \w+)? "
            r"(?:i|you|we|he|she|it|they|that|this|there|the|my|your|our|his|her|somebody|anybody|anyone|someone|mine)",
            r"(?:my \w+ )?wants? to know|i (?:was|am)?(?: just)? ?wonder(?:ing|ed)? (?:if|whether)|do you know",
        ),
        after=_FILLERS,
    ),
    asks=any_of(
        (
            r"(?:what|which|when|where|how|who|why) (?:\w+ )?(?:do|does|did|are|is|was|will|would|can|could|should) "
            r"(?:you|i|we|they|he|she|it|the|there|that|your|my)",
            r"(?:could|can) (?:i|we) (?:get|have) (?:you|your)|do you (?:have|know|want|need)",
        )
    ),
    accepts=any_of(
        (
            "yes|yeah|yep|sure|okay|ok|alright|perfect|great|brilliant|lovely|fine|excellent|wonderful|please do|"
            "go ahead|works",
            "(?:oh|ooh|ah) (?:yes|brilliant|great|perfect|good|lovely)|that (?:would be|is|sounds|works) \\w+|sounds good|"
            "i suppose|you got it|deal",
        ),
        after="",
    ),
    at_once=any_of(
        (
            r"let me (?!know|have|get (?:someone|somebody)|read that back|think|talk|go over)\w+|bear with|"
            r"hang on(?! to)|hold on(?! to)",
            r"one (?:moment|second|sec|minute)|give me (?:a|one) (?:second|moment|minute|sec)|"
            r"(?:just )?a (?:second|moment|sec)",
            r"(?:i|we) (?:will|am going to) (?:just |also )*(?:need|take you|put you (?:on|through)|run a|check|"
            r"have a look|send you a code)",
            r"(?:can|could|may) (?:i|you) (?:please )?(?:take|get|give me|confirm|tell me|spell|repeat|read|verify|have your)",
            r"do you have|try (?:it|the \w+|that) again|(?:can|could) you (?:try|see|hear)|read the \w+|"
            r"let us (?:have|take) a look",
            r"let me have a|let us (?:see|get)|worried|what if|you should (?:now )?see|click|you are through|"
            r"go ahead and|should be seeing",
        )
    ),
    courtesy=any_of(
        (
            "thank(?:s| you) (?:for|you)|how (?:can|may) i (?:help|assist)|can i help|speaking (?:with|to)|my name is|"
            "you are through|good (?:morning|afternoon|evening)|welcome to|you have got \\w+$",
            "(?:anything|something) else|have a (?:nice|lovely|good|great)|take care|look forward|good luck|good ?bye|bye|"
            "you are (?:very )?welcome|my pleasure|no problem at all|sorry to hear|talk soon|you are all set",
        )
    ),
    when=any_of(
        (
            r"today|tonight|tomorrow|this (?:morning|afternoon|evening|week)|next (?:week|month|few|\w+day)|"
            r"within|working days",
            "(?:mon|tues|wednes|thurs|fri|satur|sun)days?|january|february|march|april|june|july|august|september|october|"
            r"november|december|o'clock|half past|quarter (?:to|past)|weekend|(?:the )?(?:first|second|third|"
            r"\w+(?:teen|ie|n|f|x)th)",
            r"by the end|before|until|when (?:he|she|you|they|we|the)|minutes?|hours?|days?|weeks?|months?|pounds?|dollars?|"
            "euros?|percent|later|soon",
        )
    ),
    empty_words=words(
        "a about after again all also am an and any are as at be been before but by can come could did do does doing done "
        "for from get give go got had has have he her here him his how i if in into is it its just know let like ll may me "
        "more much my no not now of off oh okay on one only or our out over please put really right say see she should so "
        "some sort still sure take than that the their them then there they thing things think this those through to too "
        "um uh up us very want was way we well were what when where which who why will with would yeah yes you your good "
        "great fine lovely perfect thank thanks hello hi bye question help tell afraid honestly unfortunately depends"
    ),
)
