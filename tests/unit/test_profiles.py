"""Hardware profiles: what is shipped, what is refused, what a machine is taken for."""

import json
import subprocess
import sys

import msgspec
import pytest

from omnibench import profiles
from omnibench.cli import main
from omnibench.core.hardware import Figure, HardwareProfile, Machine, Match
from omnibench.errors import OmnibenchError
from omnibench.profiles import detect, load_profile, matches, profile_names, read_machine

SHIPPED = (
    "a40", "apple-m1", "apple-m4", "galaxy-s22", "generic-x86", "h200", "iphone",
    "jetson-orin-nano", "pixel-6", "raspberry-pi-5", "rtx-3090", "ryzen-hx370",
    "ryzen-hx370-890m",
)  # fmt: skip
GIB = 1 << 30
KNOWN = {
    "ryzen-hx370": {
        "compute.cpu.cores": 12, "compute.cpu.threads": 24, "compute.cpu.maximum_hz": 5.1e9,
        "compute.cpu.cache_bytes": 36 << 20, "compute.cpu.float32_flops_per_s": 1.5e12,
        "compute.gpu.float32_flops_per_s": 5.94e12, "compute.gpu.float16_flops_per_s": 11.88e12,
        "compute.npu.int8_ops_per_s": 50e12, "memory.bandwidth_bytes_per_s": 7500e6 * 128 / 8,
        "memory.capacity_bytes": 24 * GIB, "power.sustained_w": 28, "power.maximum_w": 54,
    },
    "galaxy-s22": {
        "compute.cpu.float32_flops_per_s": 0.27e12, "compute.gpu.maximum_hz": 818e6,
        "memory.bandwidth_bytes_per_s": 51.2e9, "memory.capacity_bytes": 8 * GIB,
        "battery.charge_mah": 3700,
    },
    "pixel-6": {
        "compute.gpu.float32_flops_per_s": 2e12, "memory.bandwidth_bytes_per_s": 51.2e9,
        "memory.capacity_bytes": 8 * GIB, "battery.charge_mah": 4614,
    },
    "rtx-3090": {
        "compute.gpu.float32_flops_per_s": 35.6e12, "compute.gpu.float16_flops_per_s": 71e12,
        "compute.gpu.float16_sums_flops_per_s": 142e12, "memory.bandwidth_bytes_per_s": 936e9,
        "memory.capacity_bytes": 24 * GIB, "power.idle_w": 18, "power.maximum_w": 350,
    },
    "a40": {
        "compute.gpu.float32_flops_per_s": 37.4e12,
        "compute.gpu.tensorfloat32_flops_per_s": 74.8e12,
        "compute.gpu.bfloat16_flops_per_s": 149.7e12, "compute.gpu.int8_ops_per_s": 299e12,
        "memory.bandwidth_bytes_per_s": 696e9, "memory.capacity_bytes": 48 * GIB,
        "power.maximum_w": 300,
    },
    "iphone": {
        "battery.capacity_j": 50e3,
    },
    "raspberry-pi-5": {
        "compute.cpu.float32_flops_per_s": 4 * 2.4e9 * 16, "memory.bandwidth_bytes_per_s": 17.1e9,
    },
    "jetson-orin-nano": {
        "compute.gpu.float32_flops_per_s": 2.09e12, "compute.gpu.float16_flops_per_s": 17e12,
        "compute.gpu.int8_ops_per_s": 33e12, "memory.bandwidth_bytes_per_s": 102e9,
        "memory.capacity_bytes": 8 * GIB, "power.maximum_w": 25,
    },
    "apple-m1": {
        "compute.gpu.float32_flops_per_s": 2.6e12, "memory.bandwidth_bytes_per_s": 68.25e9,
    },
    "apple-m4": {
        "compute.gpu.float32_flops_per_s": 4.3e12, "memory.bandwidth_bytes_per_s": 120e9,
    },
    "generic-x86": {
        "compute.cpu.one_core_float32_flops_per_s": 100e9,
        "compute.cpu.one_core_bfloat16_flops_per_s": 218e9,
        "memory.one_core_bandwidth_bytes_per_s": 33e9,
    },
    "h200": {
        "compute.gpu.bfloat16_flops_per_s": 989e12, "compute.gpu.float8_flops_per_s": 1979e12,
        "compute.gpu.float32_flops_per_s": 66.9e12, "memory.bandwidth_bytes_per_s": 4.8e12,
        "memory.capacity_bytes": 141e9, "power.maximum_w": 700,
    },
}  # fmt: skip
"""What is known of the devices; figures of the sources, not of the files."""

MINE = """
id = "mine"
name = "My board"
[sources]
page = "a page"
[compute.cpu]
cores = { value = 4, kind = "vendor", source = "page" }
[memory]
bandwidth_bytes_per_s = { value = 17e9, kind = "vendor", source = "page" }
[power]
idle_w = { value = 3, kind = "estimate", source = "page", interval = [2, 4] }
sustained_w = { value = 9, kind = "measured", source = "page" }
"""


def test_what_is_shipped():
    assert profile_names() == [*SHIPPED, "host"]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_profile_says_where_each_number_is_from(name):
    profile = load_profile(name)
    assert profile.id == name
    figures = profile.figures()
    assert figures
    for place, figure in figures.items():
        assert figure.value > 0, place
        assert profile.sources[figure.source], place
        # What is only remembered or reckoned with must not pass for the vendor's word.
        if figure.source in ("recalled", "estimate"):
            assert figure.kind == "estimate", place
    assert {figure.source for figure in figures.values()} == set(profile.sources)
    assert profile.unknown()
    assert not set(profile.unknown()) & set(figures)
    if profile.runtime is not None:
        assert getattr(profile.compute, profile.runtime.processor) is not None


@pytest.mark.parametrize("name", KNOWN)
def test_the_known_figures(name):
    figures = load_profile(name).figures()
    found = {place: figures[place].value for place in KNOWN[name]}
    assert found == pytest.approx(KNOWN[name], rel=1e-3)


def test_the_same_chip_has_the_same_figures():
    cpu, gpu = load_profile("ryzen-hx370"), load_profile("ryzen-hx370-890m")
    assert cpu.figures() == gpu.figures()
    assert (cpu.runtime.processor, gpu.runtime.processor) == ("cpu", "gpu")


def test_what_is_not_known_is_left_out():
    assert {*load_profile("iphone").figures()} == {"battery.capacity_j"}
    assert "power.idle_w" in load_profile("a40").unknown()
    assert "power.sustained_w" in load_profile("generic-x86").unknown()


def test_ones_own_profile(tmp_path, capsys):
    path = tmp_path / "mine.toml"
    path.write_text(MINE)
    assert load_profile(str(path)).figures()["power.idle_w"].interval == (2, 4)
    assert main(["profiles", str(path)]) == 0
    page = capsys.readouterr().out
    assert "power.idle_w                              3 W (2 W to 4 W)  [estimate, page]" in page


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[power]", "colour = 1\n[power]", "unknown field `colour`"),
        ("idle_w", "idel_w", "unknown field `idel_w`"),
        ("value = 3,", "value = -3,", "power.idle_w has -3, which is not from 0.001 to 100000"),
        ("value = 3,", "value = 0,", "leave out what is unknown"),
        ("value = 3,", "value = nan,", "power.idle_w has nan"),
        ("value = 3,", "value = inf,", "power.idle_w has inf"),
        ("value = 3,", "value = true,", "Expected `float`, got `bool`"),
        ("value = 3,", "value = '3',", "Expected `float`, got `str`"),
        ("17e9", "17e15", "a microcontroller's bus to twenty times an H200"),
        ("17e9", "17", "memory.bandwidth_bytes_per_s has 17, which is not from 1e+07"),
        ("value = 4,", "value = 4.5,", "compute.cpu.cores has 4.5, which is not a whole number"),
        ("[2, 4]", "[4, 5]", "power.idle_w is 3, outside its own interval, 4 to 5"),
        ("[2, 4]", "[-2, 4]", "power.idle_w has -2"),
        ("value = 9", "value = 2.5", "power.idle_w is 3 and above power.sustained_w, 2.5"),
        ('"measured", source = "page"', '"measured", source = "hearsay"', "does not explain"),
        (', source = "page", interval', ", interval", "missing required field `source`"),
        ('"estimate"', '"guess"', "Invalid enum value 'guess'"),
        ('page = "a page"', 'page = ""', "length >= 1"),
        ('id = "mine"', 'id = "My Board"', "matching regex"),
        ('id = "mine"', 'id = "host"', "the id 'host' is kept for this machine"),
        ("[sources]", "[sources", "(at line"),
        ("[power]", "[match]\ncpu_model = '('\n[power]", "match.cpu_model is no regular expr"),
        ("My board", "My b\udcffoard", "invalid start byte"),
        ("17e9", "1" + "0" * 400, "bandwidth_bytes_per_s"),
        ("[2, 4]", "[" * 5000 + "]" * 5000, "nested too deeply"),
    ],
)
def test_a_profile_that_cannot_be_is_refused_in_one_line(old, new, said, tmp_path, capsys):
    path = tmp_path / "mine.toml"
    assert MINE.count(old) == 1
    path.write_bytes(MINE.replace(old, new).encode(errors="surrogateescape"))
    assert main(["profiles", str(path)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert f"hardware profile {path}: " in captured.err
    assert said in captured.err


def test_every_field_has_a_unit_and_bounds():
    for name in SHIPPED:
        profile = load_profile(name)
        fields = {*profile.figures(), *profile.unknown()}
        fields -= {"compute.cpu", "compute.gpu", "compute.npu"}
        assert all(field.endswith(tuple(profiles._BOUNDS)) for field in fields)


def test_a_profile_cannot_steer_the_terminal(tmp_path, capsys):
    path = tmp_path / "mine.toml"
    path.write_text(MINE.replace("My board", "My \\u001b[2Jboard"))
    assert main(["profiles", str(path)]) == 0
    assert capsys.readouterr().out.startswith("mine: My \\x1b[2Jboard\n")


def test_profiles_that_are_not_there(tmp_path, capsys):
    assert main(["profiles", "galaxy"]) == 2
    said = capsys.readouterr().err
    assert f"no hardware profile 'galaxy'; known: {', '.join(SHIPPED)}, host; " in said
    assert main(["profiles", str(tmp_path / "gone.toml")]) == 2
    assert capsys.readouterr().err.endswith("gone.toml: No such file or directory\n")
    assert main(["profiles", f"{tmp_path}/"]) == 2
    assert "Is a directory" in capsys.readouterr().err
    with pytest.raises(OmnibenchError, match="no hardware profile ''"):
        load_profile("")


HX370 = "AMD Ryzen AI 9 HX 370 w/ Radeon 890M"


@pytest.mark.parametrize(
    ("machine", "names"),
    [
        (Machine("x86_64", HX370), ["ryzen-hx370", "generic-x86"]),
        (
            Machine("x86_64", HX370, ("1002:150e",)),
            ["ryzen-hx370", "ryzen-hx370-890m", "generic-x86"],
        ),
        (Machine("x86_64", "AMD Ryzen AI 9 HX 375 w/ Radeon 890M"), ["generic-x86"]),
        (
            Machine("x86_64", "AMD EPYC 9454", ("NVIDIA GeForce RTX 3090",)),
            ["rtx-3090", "generic-x86"],
        ),
        (Machine("x86_64", "Xeon", ("NVIDIA GeForce RTX 3090 Ti",)), ["generic-x86"]),
        (Machine("x86_64", "Xeon", ("NVIDIA A40", "NVIDIA A40")), ["a40", "generic-x86"]),
        (Machine("x86_64", "Xeon", ("NVIDIA A4000",)), ["generic-x86"]),
        (Machine("x86_64", "Xeon", ("NVIDIA H200",)), ["h200", "generic-x86"]),
        (Machine("aarch64", gpu_names=("NVIDIA GH200 480GB",)), []),
        (
            Machine("aarch64", device_tree_model="Raspberry Pi 5 Model B Rev 1.0"),
            ["raspberry-pi-5"],
        ),
        (Machine("aarch64", device_tree_model="Raspberry Pi 500"), []),
        (
            Machine(
                "aarch64",
                device_tree_model="NVIDIA Jetson Orin Nano Developer Kit Super",
            ),
            ["jetson-orin-nano"],
        ),
        (Machine("arm64", "Apple M1"), ["apple-m1"]),
        (Machine("arm64", "Apple M1 Pro"), []),
        (Machine("arm64", "Apple M4"), ["apple-m4"]),
        (Machine("aarch64", product_name="SM-S901U1"), ["galaxy-s22"]),
        (Machine("aarch64", product_name="SM-S901B"), []),
        (Machine("aarch64", product_name="Pixel 6"), ["pixel-6"]),
        (Machine("aarch64", product_name="Pixel 6a"), []),
        (Machine("AMD64"), ["generic-x86"]),
        (Machine("riscv64"), []),
    ],
)
def test_which_machine_is_which(machine, names):
    assert profiles.recognised(machine) == names


def test_a_profile_without_patterns_matches_nothing():
    profile = HardwareProfile("mine", "Mine", {})
    machine = Machine("x86_64", "Mine")
    assert not matches(profile, machine)
    both = msgspec.structs.replace(profile, match=Match(cpu_model="Mine", machine="x86_64"))
    assert matches(both, machine)
    assert not matches(both, Machine("aarch64", "Mine"))


def test_a_machine_is_read_from_its_files(tmp_path):
    files = {
        "proc/cpuinfo": f"processor\t: 0\nmodel name\t: {HX370}\nflags\t: fpu\n",
        "proc/device-tree/model": "Some Board\0",
        "sys/class/dmi/id/product_name": "A Laptop\n",
        "proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: \t\t NVIDIA A40\nIRQ: 1\n",
        "sys/class/drm/card0/device/vendor": "0x1002\n",
        "sys/class/drm/card0/device/device": "0x150e\n",
        "sys/class/drm/card0-eDP-1/device/vendor": "0x9999\n",
        "sys/class/drm/card0-eDP-1/device/device": "0x9999\n",
        "sys/class/power_supply/BAT0/energy_full": "78000000\n",
        "sys/class/power_supply/BAT1/energy_full": "unknown\n",
        "sys/class/powercap/intel-rapl:0/name": "package-0\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    machine = read_machine(tmp_path)
    assert machine.cpu_model == HX370
    assert machine.gpu_names == ("NVIDIA A40", "1002:150e")
    assert (machine.device_tree_model, machine.product_name) == ("Some Board", "A Laptop")
    assert machine.battery_j == pytest.approx(78 * 3600)
    assert machine.powercap
    host = detect(machine)
    assert host.name == f"{HX370} with NVIDIA A40, 1002:150e"
    assert [meter.name for meter in host.meters] == ["powercap", "battery"]
    assert host.figures()["battery.capacity_j"] == Figure(280_800, "measured", "detected")


def test_what_a_machine_does_not_say_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(profiles, "_asked", lambda *command: None)
    machine = read_machine(tmp_path)
    assert machine.cpu_model is machine.device_tree_model is machine.product_name is None
    assert (machine.gpu_names, machine.battery_j, machine.powercap) == ((), None, False)
    host = detect(Machine("riscv64"))
    assert (host.name, host.figures(), host.meters) == ("riscv64", {}, ())


def test_systems_without_proc_are_asked(tmp_path, monkeypatch):
    answers = {"machdep.cpu.brand_string": "Apple M4", "ro.product.model": "Pixel 6"}
    monkeypatch.setattr(profiles, "_asked", lambda *command: answers[command[-1]])
    machine = read_machine(tmp_path)
    assert (machine.cpu_model, machine.product_name) == ("Apple M4", "Pixel 6")


def test_a_program_that_fails_says_nothing(tmp_path):
    assert profiles._asked(str(tmp_path / "gone")) is None
    assert profiles._asked(sys.executable, "-c", "raise SystemExit(1)") is None
    assert profiles._asked(sys.executable, "-c", "print('said')") == "said"


def test_the_list(capsys):
    assert main(["profiles"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(SHIPPED) + 1
    assert lines[-1].startswith("* host ")
    assert main(["profiles", "--json"]) == 0
    listed = {entry["id"]: entry for entry in json.loads(capsys.readouterr().out)}
    assert set(listed) == {*SHIPPED, "host"}
    assert listed["rtx-3090"]["processor"] == "gpu"
    assert listed["iphone"]["processor"] is None
    assert listed["host"]["this_machine"]


def test_one_profile_as_json(capsys):
    assert main(["profiles", "h200", "--json"]) == 0
    described = json.loads(capsys.readouterr().out)
    assert described["figures"]["memory.bandwidth_bytes_per_s"] == {
        "value": 4.8e12, "kind": "vendor", "source": "aiminingco",
    }  # fmt: skip
    assert described["recognised_as"] is None
    assert "power.idle_w" in described["unknown"]
    assert msgspec.convert(described["profile"], HardwareProfile) == load_profile("h200")


def test_one_profile_for_people(capsys):
    assert main(["profiles", "ryzen-hx370"]) == 0
    page = capsys.readouterr().out
    assert "28 W (15 W to 54 W)  [vendor, purepc: default TDP" in page
    assert "36 MiB" in page
    assert "5.94 TFLOP/s  [computed, computerbase: 16 x 64" in page
    assert "meter powercap: processor package" in page
    assert "    power: idle_w\n" in page
    assert main(["profiles", "h200"]) == 0
    assert "16,896  [vendor, hmc: CUDA cores]" in capsys.readouterr().out


def test_the_host_for_people(monkeypatch, capsys):
    monkeypatch.setattr(profiles, "read_machine", lambda: Machine("x86_64", HX370, threads=24))
    assert main(["profiles", "host"]) == 0
    page = capsys.readouterr().out
    assert f"host: {HX370}\n" in page
    assert "recognised:   ryzen-hx370, generic-x86" in page
    assert "24  [measured, detected]" in page


def test_profiles_load_no_torch():
    code = (
        "import sys; from omnibench.cli import main; main(['profiles', 'host']);"
        " sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0
