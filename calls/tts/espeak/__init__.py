"""The built-in engine: eSpeak NG, in a process of its own. See `engine` for the hub's side, `worker` for the other."""
