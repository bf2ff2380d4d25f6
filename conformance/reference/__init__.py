"""What is right: a small but complete Assistants API as we understand it, without sockets.

Nothing else makes exchanges.

A request (`api`, `routes`, `handlers`) is answered from what the API keeps (`state`, `runs`), by the rules of a
submission (`submission`) and the words of a model (`scripted_model`, `scripts`). What happens to a run is one `story`,
told as `events` that hold `objects`. The answer is planned whole, as a `Response`, before anybody plays its first byte.
"""
