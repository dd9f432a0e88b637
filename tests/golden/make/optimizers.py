"""Golden values of optimizers and learning-rate schedules from Python Keras on JAX: writes ../optimizerVariants.json and
../schedules.json. Needs keras 3.15.1, jax 0.10.2.
"""
import json
import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
import jax
import jax.numpy as jnp
import keras
import numpy as np

S = keras.optimizers.schedules
STEPS = [0, 1, 2, 3, 5, 9, 10, 11, 15, 20, 21, 40, 77, 100, 250]
SCHEDULES = [
    ("ExponentialDecay", dict(initial_learning_rate=0.1, decay_steps=10, decay_rate=0.9)),
    ("ExponentialDecay", dict(initial_learning_rate=0.1, decay_steps=10, decay_rate=0.5, staircase=True, name="mine")),
    ("InverseTimeDecay", dict(initial_learning_rate=0.1, decay_steps=10, decay_rate=0.5)),
    ("InverseTimeDecay", dict(initial_learning_rate=0.1, decay_steps=7, decay_rate=0.5, staircase=True)),
    ("PiecewiseConstantDecay", dict(boundaries=[10, 20, 77], values=[1.0, 0.5, 0.1, 0.01])),
    ("PolynomialDecay", dict(initial_learning_rate=0.1, decay_steps=40)),
    ("PolynomialDecay", dict(initial_learning_rate=0.1, decay_steps=20, end_learning_rate=0.01, power=0.5, cycle=True)),
    ("CosineDecay", dict(initial_learning_rate=0.1, decay_steps=40)),
    ("CosineDecay", dict(initial_learning_rate=0.01, decay_steps=60, alpha=0.1, warmup_target=0.2, warmup_steps=10)),
    ("CosineDecayRestarts", dict(initial_learning_rate=0.1, first_decay_steps=13)),
    ("CosineDecayRestarts", dict(initial_learning_rate=0.1, first_decay_steps=13, t_mul=1.0, m_mul=0.5, alpha=0.1)),
    ("CosineDecayRestarts", dict(initial_learning_rate=0.1, first_decay_steps=9, t_mul=1.5, m_mul=0.8)),
]
EXP = {"module": "keras.optimizers.schedules", "class_name": "ExponentialDecay",
       "config": {"initial_learning_rate": 0.1, "decay_steps": 3, "decay_rate": 0.5, "staircase": False, "name": "ExponentialDecay"},
       "registered_name": None}
CASES = [
    ("adafactor", "Adafactor", {}), ("adafactor_lr", "Adafactor", dict(learning_rate=0.5, clip_threshold=0.5, relative_step=False)),
    ("lion", "Lion", {}), ("lion_wd", "Lion", dict(learning_rate=0.01, beta_1=0.8, weight_decay=0.1)),
    ("ftrl", "Ftrl", dict(learning_rate=0.1)),
    ("ftrl_regularized", "Ftrl", dict(learning_rate=0.1, l1_regularization_strength=0.05, l2_regularization_strength=0.1,
                                      l2_shrinkage_regularization_strength=0.01, beta=0.2, learning_rate_power=-0.6)),
    ("lamb", "Lamb", dict(learning_rate=0.05)), ("lamb_wd", "Lamb", dict(weight_decay=0.1)),
    ("muon", "Muon", dict(learning_rate=0.02)), ("muon_plain", "Muon", dict(nesterov=False, rms_rate=None, exclude_layers=["^w"], weight_decay=None)),
    ("adam_schedule", "Adam", dict(learning_rate=EXP)), ("adafactor_schedule", "Adafactor", dict(learning_rate=EXP)),
    ("sgd_ema", "SGD", dict(learning_rate=0.1, use_ema=True, ema_momentum=0.8)),
    ("adam_ema_overwrite", "Adam", dict(learning_rate=0.1, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=3)),
    ("sgd_accumulation", "SGD", dict(learning_rate=0.1, momentum=0.9, gradient_accumulation_steps=3)),
    ("adamw_accumulation", "AdamW", dict(learning_rate=0.1, gradient_accumulation_steps=2, clipnorm=0.7)),
    ("nadam_accumulation", "Nadam", dict(learning_rate=0.1, gradient_accumulation_steps=2)),
    ("adam_accumulation_ema", "Adam", dict(learning_rate=0.1, gradient_accumulation_steps=2, use_ema=True, ema_momentum=0.7)),
    ("rmsprop_global_clipnorm", "RMSprop", dict(global_clipnorm=0.5)),
]


def num(v):
    return float(str(np.float32(v)))


def flat(a):
    return [num(v) for v in np.asarray(a).astype("float32").ravel()]


out = []
for case, cls, args in CASES:
    keras.utils.clear_session()
    rs = np.random.RandomState(7)
    shapes = {"w": (4,), "layer/kernel": (3, 2), "conv/kernel": (2, 2, 3)}
    variables = []
    for path, shape in shapes.items():
        with keras.name_scope(path.split("/")[0]) if "/" in path else keras.name_scope(""):
            v = keras.Variable(rs.standard_normal(shape).astype("float32"), name=path.split("/")[-1])
        variables.append(v)
    start = [{"path": v.path, "shape": list(v.shape), "data": flat(v.value)} for v in variables]
    opt = getattr(keras.optimizers, cls).from_config(dict(args))
    opt.build(variables)
    step = jax.jit(lambda ov, g, tv: opt.stateless_apply(ov, g, tv))
    tv, ov = [v.value for v in variables], [o.value for o in opt.variables]
    rows = []
    for _ in range(6):
        g = [rs.standard_normal(v.shape).astype("float32") for v in variables]
        tv, ov = step(ov, [jnp.asarray(x) for x in g], tv)
        rows.append({"gradients": [flat(x) for x in g], "values": [flat(x) for x in tv]})
    out.append({"case": case, "class": cls, "args": args, "config": json.loads(json.dumps(opt.get_config())), "start": start, "steps": rows,
                "variables_after": [{"path": o.path, "shape": list(o.shape), "data": [float(str(x)) for x in np.asarray(v).ravel()]}
                                    for o, v in zip(opt.variables, ov)]})
folder = Path(__file__).parent.parent
lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in out)
(folder / "optimizerVariants.json").write_text(f'{{"cases":[\n{lines}\n]}}\n')
rows = []
for cls, args in SCHEDULES:
    s = getattr(S, cls)(**args)
    rows.append({"class": cls, "args": args, "config": s.get_config(), "steps": STEPS, "values": [num(s(i)) for i in STEPS]})
lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in rows)
(folder / "schedules.json").write_text(f'{{"cases":[\n{lines}\n]}}\n')
