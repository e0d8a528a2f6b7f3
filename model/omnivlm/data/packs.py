"""Write the sample packs: python -m omnivlm.data.packs --out tasks/samples [--only pope].

They belong to the test part of the drawn world; nothing that is trained reads its seeds.
"""

import argparse
import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from omnivlm.data.forms.ai2d import ai2d
from omnivlm.data.forms.chartqa import chartqa
from omnivlm.data.forms.gqa import gqa
from omnivlm.data.forms.mmbench import mmbench_cn, mmbench_en
from omnivlm.data.forms.mme import mme
from omnivlm.data.forms.mmmu import mmmu
from omnivlm.data.forms.mmvet import mmvet
from omnivlm.data.forms.ocrvqa import ocrvqa
from omnivlm.data.forms.okvqa import okvqa
from omnivlm.data.forms.pope import pope
from omnivlm.data.forms.scienceqa import scienceqa
from omnivlm.data.forms.textvqa import textvqa
from omnivlm.data.forms.vizwiz import vizwiz
from omnivlm.data.forms.vqav2 import vqav2
from omnivlm.data.pack import Pack
from omnivlm.data.parts import Part

SEED = 20261121
FORMS: dict[str, Callable[[Part, int], Pack]] = {
    "pope": pope,
    "scienceqa": scienceqa,
    "mmmu": mmmu,
    "mmvet": mmvet,
    "chartqa": chartqa,
    "vqav2": vqav2,
    "okvqa": okvqa,
    "textvqa": textvqa,
    "vizwiz": vizwiz,
    "gqa": gqa,
    "ai2d": ai2d,
    "ocrvqa": ocrvqa,
    "mmbench_en": mmbench_en,
    "mmbench_cn": mmbench_cn,
    "mme": mme,
}
_COLOURS_KEPT = 48  # a palette is a quarter of the size; flat drawings need few colours


def rows_text(pack: Pack) -> str:
    """Return rows.jsonl: one compact JSON object a line."""
    lines = (json.dumps(r, ensure_ascii=False, separators=(",", ":")) for r in pack.rows)
    return "".join(f"{line}\n" for line in lines)


def header_text(pack: Pack, rows: bytes) -> str:
    """Return pack.toml; every value is a plain word or number, so no escaping is needed."""
    lines = [
        f'task = "{pack.task}"',
        f'name = "{pack.task}-sample"',
        f"rows = {len(pack.rows)}",
        f'rows_sha256 = "{hashlib.sha256(rows).hexdigest()}"',
        f'source = "drawn by omnivlm.data, {pack.part} part, seed {pack.seed}"',
        'licence = "Apache-2.0"',
        'note = "a small drawn sample in the columns of the benchmark, not the benchmark itself"',
    ]
    if pack.split is not None:
        lines.append(f'split = "{pack.split}"')
    if pack.answers is not None:
        lines.append(f'answers = "{pack.answers}"')
    return "".join(f"{line}\n" for line in lines)


def write_pack(pack: Pack, folder: Path) -> None:
    """Write pack.toml, rows.jsonl and images/ into a folder, replacing what is there."""
    shutil.rmtree(folder / "images", ignore_errors=True)
    (folder / "images").mkdir(parents=True)
    rows = rows_text(pack).encode()
    (folder / "rows.jsonl").write_bytes(rows)
    (folder / "pack.toml").write_text(header_text(pack, rows), encoding="utf-8", newline="\n")
    for name, picture in pack.pictures.items():
        image = picture.draw().quantize(_COLOURS_KEPT, dither=Image.Dither.NONE)
        image.save(folder / "images" / name, optimize=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the packs that the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m omnivlm.data.packs", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder that holds the packs")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", choices=sorted(FORMS), help="write this pack alone")
    chosen = parser.parse_args(arguments)
    for task, form in FORMS.items():
        if chosen.only in (None, task):
            pack = form("test", chosen.seed)
            write_pack(pack, chosen.out / task)
            sys.stdout.write(f"{task}: {len(pack.rows)} rows, {len(pack.pictures)} images\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
