"""What rules find in calls: words, silence, length, a recogniser that guesses, a bad mood. Pure: texts and figures in,
findings out.

`kinds` says what a rule of each kind takes, `expression` reads what people type to find words, `matching` finds them,
`mood` and `measures` turn what was said and heard into figures. Rows, clocks and events are in `services.alert_watch`.
"""
