"""The check of a profile: does a call reach the hub by its public address, as the vendor would make it, and is it heard?

`threads.start` begins one beside the request; `course` is what happens, step by step; `network` the way there; `plan` the
call; `words` what people read; `comparing` what was heard beside what was said.
"""
