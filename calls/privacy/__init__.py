"""Finds what must not be kept in what was said: card numbers, IBANs, US social security numbers, security codes.

Pure: text in, places out. Nothing here knows calls, databases or clocks.

    text ─▶ tokens ─▶ numbers (spoken or written) ─▶ runs ─┐
         └▶ what was asked for (`topics`) ─────────────────┴▶ finding: kind and place of each

`masking` follows what is said piece by piece, `hiding` takes places out of texts and words.
"""
