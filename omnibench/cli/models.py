"""`omnibench models`: list them, or describe one: its parameters, memory and work."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from omnibench.cli import words

if TYPE_CHECKING:
    from omnibench.cli.words import Commands


def add(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser("models", help="list the models, or describe one")
    parser.add_argument("name", nargs="?", metavar="NAME")
    parser.add_argument(
        "--meta",
        action="store_true",
        help="also count the parameters of the model's modules, on torch's meta device",
    )
    words.add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """List the models, or describe one."""
    from omnibench.backends import MODELS, PREFIXES
    from omnibench.errors import OmnibenchError

    known = {**MODELS, **PREFIXES}
    if arguments.name is None:
        if arguments.meta:
            raise OmnibenchError("--meta counts one model; name it: omnibench models NAME --meta")
        return _list(known, as_json=arguments.json)
    if arguments.name not in known:
        raise OmnibenchError(f"no model {arguments.name!r}; known: {', '.join(known)}")
    described = _described(arguments.name, known[arguments.name])
    if arguments.meta:
        from omnibench.cli.meta import params_on_meta

        described["params_meta"] = params_on_meta(arguments.name)
    if arguments.json:
        words.print_json(described)
    else:
        _print_model(described)
    return 0


def _list(known: dict[str, tuple[str, str]], *, as_json: bool) -> int:
    from omnibench.cost import SHAPES, params

    models = [
        {
            "name": name,
            "runtime": runtime,
            "about": about,
            "params": params(SHAPES[name]) if name in SHAPES else None,
        }
        for name, (runtime, about) in known.items()
    ]
    if as_json:
        words.print_json(models)
        return 0
    for model in models:
        count = "" if model["params"] is None else f"{model['params']:,}"
        print(f"{model['name']:17} {count:>13}  {model['about']}")
    return 0


def _described(name: str, known: tuple[str, str]) -> dict[str, Any]:
    import msgspec

    from omnibench.cost import SHAPES, summarise

    described: dict[str, Any] = {"name": name, "runtime": known[0], "about": known[1]}
    if name not in SHAPES:
        return described
    shape = SHAPES[name]
    costs = msgspec.structs.asdict(summarise(shape))
    return {**described, "source": shape.source, **costs, "shape": shape}


def _print_model(model: dict[str, Any]) -> None:
    print(f"{model['name']}: {model['about']}")
    print(f"  runtime:     {model['runtime']}")
    if "params" not in model:
        return
    print(f"  source:      {model['source']}")
    _print_params(model)
    weights = ", ".join(f"{dtype} {_si(n)}B" for dtype, n in model["weights_bytes"].items())
    print(f"  weights:     {weights}")
    cache = ", ".join(f"{dtype} {n:,}" for dtype, n in model["kv_bytes_per_token"].items())
    print(f"  KV cache:    {cache} bytes a token")
    _print_case(model)


def _print_params(model: dict[str, Any]) -> None:
    total, active, twice = (model[f"params{kind}"] for kind in ("", "_active", "_tied_twice"))
    notes = []
    if active != total:
        notes.append(f"{active:,} of them are run")
    if twice != total:
        notes.append(f"{twice:,} with tied weights counted twice")
    noted = f" ({'; '.join(notes)})" if notes else ""
    print(f"  parameters:  {total:,}{noted}")
    for module, count in model["params_by_module"].items():
        print(f"    {module.replace('_', ' '):12} {count:>13,}")
    if "params_meta" in model:
        print(f"  meta device: {model['params_meta']:,}")


def _print_case(model: dict[str, Any]) -> None:
    case = model["case"]
    tiles = f"{model['tiles']} tiles of " if model["tiles"] > 1 else ""
    print(
        f"  one image of {case.image_width_px}x{case.image_height_px} px and"
        f" {case.text_tokens} text tokens (derived; causal attention in brackets):"
    )
    print(f"    sees       {tiles}{model['patches']} patches, {model['visual_tokens']} tokens")
    causal = {**model["flops_causal"], "in all": model["flops_causal_total"]}
    for phase, flops in {**model["flops"], "in all": model["flops_total"]}.items():
        print(f"    {phase:10} {flops / 1e9:>10,.2f} GFLOP  ({causal[phase] / 1e9:,.2f})")
    moved = model["bytes_moved_decode_per_token"]
    decode = model["flops_decode_per_token"]
    print(f"    decode     {decode / 1e9:>10,.3f} GFLOP, {_si(moved)}B a token in {case.dtype}")
    thop = model["thop"]
    print(
        f"    thop       {thop['gmacs']:>10,.2f} GMAC, {thop['params_binary_billions']:.4f} x 2^30"
        " parameters, as it counts"
    )


def _si(number: float) -> str:
    """1936801408 -> '1.94 G'."""
    for prefix, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.2f} {prefix}"
    return f"{number:.0f} "
