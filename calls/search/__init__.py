"""Finding words in transcripts: the same words find the same segments on PostgreSQL and on SQLite.

`query` reads what people type, `words` knows what a word and its stem are, `matching` tells and shows where a text holds
them, `conditions` asks the database, `finding` gets the newest quickly.
"""
