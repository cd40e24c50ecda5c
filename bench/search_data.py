"""Half a million made-up segments, whose words are as frequent as those of real speech."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

A_CALL = 50  # segments
# The most frequent first: a word's frequency falls with its rank, as in real speech.
COMMON = """the i you to a and it that is of in for we my your have can not on be with do me this was so are but just
what if know okay yes no there at like will they all or as would one get right now from um about because how then when out
go up time want don't see need thank calling call let help please number account order good well could going let's much
more here name back some them sorry day today minute check information phone address card payment bill service""".split()
DIALOGUE = "thank you for calling my name is maria how can i help you"
OLD = "blizzard"  # said often, but not in the newest half
PROFILES = {"Sales": 0.80, "Support": 0.15, "Billing": 0.04, "Night shift": 0.01}


def vocabulary(chance: random.Random) -> tuple[list[str], list[float]]:
    """Words and their cumulative weights."""
    import pocketsphinx

    lines = Path(pocketsphinx.get_model_path("en-us/cmudict-en-us.dict")).read_text().splitlines()
    rare = sorted({line.split()[0] for line in lines if line.split()[0].isalpha()} - set(COMMON))
    words = COMMON + chance.sample(rare, 20_000)
    total, weights = 0.0, []
    for rank in range(len(words)):
        total += 1 / (rank + 3)
        weights.append(total)
    return words, weights


def said_by_chance(chance: random.Random, words: list[str], weights: list[float]) -> list[str]:
    return chance.choices(words, cum_weights=weights, k=chance.randint(3, 20))


def timed(said: list[str], start_ms: int) -> list[Any]:
    return [[word, start_ms + 300 * i, start_ms + 300 * i + 260, 0.93] for i, word in enumerate(said)]


def fill(segments: int) -> None:
    """Needs Django, and an empty database on PostgreSQL."""
    from django.db import connection

    from calls.models import Call, StreamingProfile
    from calls.models.fields import new_id

    chance = random.Random(4)
    words, weights = vocabulary(chance)
    profiles = [
        StreamingProfile.objects.create(name=name, product_id=str(number)) for number, name in enumerate(PROFILES)
    ]
    began, count = datetime(2026, 1, 1, tzinfo=UTC), segments // A_CALL
    calls = [
        Call(
            vendor="ringcx",
            key=str(number),
            vendor_call_id=f"2026011509301201320500{number:08}",
            profile=chance.choices(profiles, [*PROFILES.values()])[0],
            from_number=f"+1{chance.randrange(2_000_000_000, 9_999_999_999)}",
            agent_id=str(chance.randrange(200)),
            state="ended",
            started_at=began + timedelta(minutes=number),
            ended_at=began + timedelta(minutes=number + 5),
        )
        for number in range(count)
    ]
    Call.objects.bulk_create(calls, batch_size=2000)
    connection.cursor().execute(
        "INSERT INTO calls_stream (id, call_id, session_id, agent_id, transport, state, metadata, encoding, sample_rate,"
        " counters, health, process, lease_until, started_at, ended_at, ended_by_vendor)"
        " SELECT id, id, '1', agent_id, 'websocket', 'ended', '{}', 'mulaw', 8000, '{}', '{}', id, ended_at, started_at,"
        " ended_at, true FROM calls_call"
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'segment_search'")
        index = cursor.fetchone()[0]
        cursor.execute("DROP INDEX segment_search")
        columns = "id, call_id, stream_id, track, participant, start_ms, end_ms, text, language, confidence, words"
        with cursor.cursor.copy(f"COPY calls_segment ({columns}) FROM STDIN") as copy:  # type: ignore[attr-defined]
            for number, call in enumerate(calls):
                for place in range(A_CALL):
                    said = said_by_chance(chance, words, weights)
                    if place == 0:
                        said = DIALOGUE.split()
                    elif number < count / 2 and chance.random() < 0.1:
                        said.append(OLD)
                    start = place * 6000
                    track = ("agent", "customer")[place % 2]
                    row = (
                        new_id(),
                        call.pk,
                        call.pk,
                        track,
                        "",
                        start,
                        start + 300 * len(said),
                        " ".join(said),
                        "en",
                        0.9,
                    )
                    copy.write_row((*row, json.dumps(timed(said, start))))
        cursor.execute(index)
        cursor.execute("VACUUM ANALYZE")
