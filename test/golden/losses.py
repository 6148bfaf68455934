"""Writes losses.json beside this file: activations and losses, forward and gradient, as PyTorch has them.

Values are computed in float64 from inputs that float32 holds exactly. Made with torch 1.13.
Run: python3 test/golden/losses.py
"""
import json
from pathlib import Path

import torch
import torch.nn.functional as F

torch.manual_seed(20)


def single(*shape, deviation=1.0):
    return (torch.randn(*shape) * deviation).float().double()


def activation(kind, f, parameter=0.0):
    x, dy = single(32, deviation=3.0), single(32)
    x.requires_grad_()
    y = f(x)
    y.backward(dy)
    return {"kind": kind, "parameter": parameter, "x": x.tolist(), "dy": dy.tolist(), "y": y.tolist(),
            "dx": x.grad.tolist()}


def loss(kind, f, rows, columns, target, parameter=0.0, z=None):
    """f gives one loss per row; the gradient is that of the mean over rows."""
    z = (single(rows, columns, deviation=2.0) if z is None else z).requires_grad_()
    values = f(z, target)
    values.mean().backward()
    return {"kind": kind, "parameter": parameter, "rows": rows, "columns": columns, "z": z.flatten().tolist(),
            "target": target.flatten().tolist(), "loss": values.tolist(), "dz": z.grad.flatten().tolist()}


def rounded(value):
    """Nine significant digits everywhere: they hold a float32 exactly."""
    if isinstance(value, dict):
        return {key: rounded(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [rounded(entry) for entry in value]
    return float(f"{value:.9g}") if isinstance(value, float) else value


activations = [
    activation(0, lambda x: x * 1),
    activation(1, F.relu),
    activation(2, lambda x: F.leaky_relu(x, 0.125), 0.125),
    activation(3, lambda x: F.elu(x, 0.75), 0.75),
    activation(4, torch.sigmoid),
    activation(5, torch.tanh),
    activation(6, F.gelu),
    activation(7, lambda x: F.gelu(x, approximate="tanh")),
    activation(8, F.silu),
    activation(9, F.softplus),
]

losses = []
for rows, columns in ((3, 10), (2, 17)):
    classes = torch.randint(columns, (rows,))
    spread = torch.softmax(single(rows, columns), 1).float().double()
    binary = torch.randint(2, (rows, columns)).double()
    target = single(rows, columns)
    for s in (0.0, 0.125):
        losses += [
            loss(0, lambda z, t: F.cross_entropy(z, t, reduction="none", label_smoothing=s), rows, columns, classes, s),
            loss(1, lambda z, t: F.cross_entropy(z, t, reduction="none", label_smoothing=s), rows, columns, spread, s),
            loss(2, lambda z, t: F.binary_cross_entropy_with_logits(
                z, t * (1 - s) + s / 2, reduction="none").mean(1), rows, columns, binary, s),
        ]
    tied = target.clone()
    tied[:, 1:] += single(rows, columns - 1)
    losses += [
        loss(3, lambda z, t: F.mse_loss(z, t, reduction="none").mean(1), rows, columns, target),
        loss(4, lambda z, t: F.l1_loss(z, t, reduction="none").mean(1), rows, columns, target, z=tied.float().double()),
        loss(5, lambda z, t: F.huber_loss(z, t, reduction="none", delta=0.75).mean(1), rows, columns, target, 0.75),
    ]

golden = rounded({"activations": activations, "losses": losses})
Path(__file__).with_suffix(".json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")
