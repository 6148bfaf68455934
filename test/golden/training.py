# Makes training.json: whole training runs of PyTorch 1.13 from given weights over given batches, in float64 on inputs that
# are rounded to three decimals, then to float32. Run with: python3 test/golden/training.py
import json
import os

import numpy as np
import torch
from torch import nn

random = np.random.default_rng(3)


def rounded(values):
    return np.round(values, 3)


def exact(values):
    """What float32 makes of the rounded values, in float64."""
    return torch.tensor(np.asarray(values, dtype=np.float32).astype(np.float64))


def network(sizes, activations):
    layers = []
    for inputs, outputs, activation in zip(sizes, sizes[1:], activations):
        layers.append(nn.Linear(inputs, outputs).double())
        if activation is not None:
            layers.append(activation())
    return nn.Sequential(*layers)


def run(sizes, activations, x, y, loss, optimizer, batch, epochs):
    model = network(sizes, activations)
    start = []
    with torch.no_grad():
        for parameter in model.parameters():
            # Ours are [in, out], PyTorch's [out, in].
            values = rounded(random.normal(0, 0.3, tuple(reversed(parameter.shape))))
            start.append(values)
            parameter.copy_(exact(values).T if values.ndim == 2 else exact(values))
    stepper = optimizer(model.parameters())
    losses = []
    for _ in range(epochs):
        total = 0
        for first in range(0, len(x), batch):
            xb, yb = x[first:first + batch], y[first:first + batch]
            stepper.zero_grad()
            value = loss(model(xb), yb)
            value.backward()
            stepper.step()
            total += value.item() * len(xb)
        losses.append(total / len(x))
    after = [parameter.detach().numpy().T.flatten().tolist() for parameter in model.parameters()]
    return {"start": [values.flatten().tolist() for values in start],
            "losses": losses,
            "after": [[float(f"{v:.9g}") for v in values] for values in after]}


# A classifier that learns 100 steps: 80 rows in batches of 8, ten times.
x = rounded(random.normal(0, 1, (80, 20)))
labels = ((x[:, :5] + 0.5 * random.normal(0, 1, (80, 5))).argmax(1))
classifier = run([20, 16, 12, 5], [nn.ReLU, nn.Tanh, None], exact(x), torch.tensor(labels), nn.CrossEntropyLoss(),
                 lambda p: torch.optim.Adam(p, lr=0.01), 8, 10)

# A regression net: 70 rows in batches of 8, the last one of 6, eleven times.
xr = rounded(random.normal(0, 1, (70, 6)))
yr = rounded(np.stack([xr[:, 0] * xr[:, 1], np.sin(xr[:, 2]) + 0.5 * xr[:, 3]], 1))
regression = run([6, 10, 2], [nn.Tanh, None], exact(xr), exact(yr), nn.MSELoss(),
                 lambda p: torch.optim.SGD(p, lr=0.02, momentum=0.9, nesterov=True, weight_decay=0.01), 8, 11)

golden = {
    "classifier": {"x": x.flatten().tolist(), "y": labels.tolist(), **classifier},
    "regression": {"x": xr.flatten().tolist(), "y": yr.flatten().tolist(), **regression},
}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "training.json")
with open(path, "w") as file:
    json.dump(golden, file)
    file.write("\n")
