"""What Python's str.format makes of numbers: writes ../formats.json. Needs only Python 3.11 or later."""
import itertools
import json
import random
from pathlib import Path

random.seed(5)
integers = [0, 1, 7, 42, 12345, -3]
floats = [0.0, -0.0, 1.0, 0.5, 0.125, 2.675, 1e-5, 123456.789, 1234567.0, -0.03125, 1e16, 5e-324, 1e300, float("inf"), float("nan"),
          0.1 + 0.2, 99.995, 0.0001, 0.00001234]
specs = ["", "d", "02d", "5d", "<5d", "^5d", "*>6d", "+d", " d", ",d", "_d", "x", "X", "#x", "b", "o", "05", "e", ".2e", ".3E", "f", ".0f",
         ".2f", "08.3f", "+.1f", ",.2f", "g", ".3g", "#.3g", "G", "%", ".1%", "10.4f", "<10.2f", "x^12.1e", "=+8.1f", "010,.1f", ".3", "10", "_.1f",
         "z.0f", "n", ".2n"]
specs += ["".join([random.choice(["", "*<", ">", "^", "0="]), random.choice(["", "+", " ", "-"]), random.choice(["", "0"]),
                   random.choice(["", "3", "11"]), random.choice(["", ",", "_"]), random.choice(["", ".0", ".1", ".4", ".12"]),
                   random.choice(["", "e", "f", "g", "%", "d"])]) for _ in range(60)]
cases = []
for spec, (kind, value) in itertools.product(specs, [("int", v) for v in integers] + [("float", v) for v in floats]):
    template = "{v:%s}" % spec if spec else "{v}"
    try:
        text = template.format(v=value)
    except ValueError:
        text = None
    if random.random() < 0.35 or text is None and random.random() < 0.1:
        cases.append([kind, repr(value), spec, text])
(Path(__file__).parent.parent / "formats.json").write_text(json.dumps(cases, separators=(",", ":")) + "\n")
