"""Judges: they grade replies that no rule can read. Each is imported only when it is named."""

from omnibench.core import Judge
from omnibench.errors import OmnibenchError


def open_judge(spec: str, *, repeats: int) -> Judge:
    """The judge that `spec` names: `replay:FILE` or `openai:MODEL@URL`.

    repeats: grades a server gives each reply (MM-Vet's script: 1; its paper: 5). Recorded grades
    are as many as their file holds.
    """
    if repeats < 1:
        raise OmnibenchError(f"a judge cannot grade a reply {repeats} times; ask for 1 or more")
    kind, _, rest = spec.partition(":")
    if kind == "replay" and rest:
        from omnibench.judges import replay

        return replay.open_recorded(rest)
    if kind == "openai":
        from omnibench.judges import openai

        return openai.open_server(rest, repeats=repeats)
    # Only the first word is shown: the rest may hold a password.
    raise OmnibenchError(f"no judge is called {kind!r}; name it replay:FILE or openai:MODEL@URL")
