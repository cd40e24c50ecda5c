"""What a call was about, from its transcript: why it was made, what was agreed, what comes next, what stayed open.

Pure: lines in, some of them out. Nothing here knows calls, databases or clocks.

    lines ─▶ cues of each (by language) ─▶ scores, with what was said before and after ─▶ the best few of each kind
    lines ─▶ a language model's instructions (`asking`); its answer ─▶ the same summary, or a refusal
"""
