# Makes optimizers.json: what PyTorch 1.13 computes for ten steps of every optimizer, in float64 on float32 inputs, and the
# rates of its schedules. Run with: python3 test/golden/optimizers.py
import json
import os

import numpy as np
import torch
from torch.optim import lr_scheduler

size, steps = 32, 10
random = np.random.default_rng(7)
start = (random.uniform(0.5, 1.5, size) * random.choice([-1, 1], size)).astype(np.float32)
gradients = random.normal(0, 0.1, (steps, size)).astype(np.float32)
gradients[:, 5] = 0  # a weight that never sees a gradient
gradients[3:, 6] = 0  # one that stops seeing any

sgd, rmsprop, adagrad = torch.optim.SGD, torch.optim.RMSprop, torch.optim.Adagrad
adam, adamw, nadam = torch.optim.Adam, torch.optim.AdamW, torch.optim.NAdam

# Our configuration, PyTorch's class and its arguments where names differ. lr is given where PyTorch has no default.
cases = [
    ({"type": "sgd"}, sgd, {"lr": 0.01}),
    ({"type": "sgd", "weightDecay": 0.1, "learningRate": 0.2}, sgd, {"lr": 0.2, "weight_decay": 0.1}),
    ({"type": "momentum"}, sgd, {"lr": 0.01, "momentum": 0.9}),
    ({"type": "sgd", "momentum": 0.7, "weightDecay": 0.1}, sgd, {"lr": 0.01, "momentum": 0.7, "weight_decay": 0.1}),
    ({"type": "nesterov"}, sgd, {"lr": 0.01, "momentum": 0.9, "nesterov": True}),
    ({"type": "sgd", "momentum": 0.7, "nesterov": True, "weightDecay": 0.1}, sgd,
     {"lr": 0.01, "momentum": 0.7, "nesterov": True, "weight_decay": 0.1}),
    ({"type": "rmsprop"}, rmsprop, {}),
    ({"type": "rmsprop", "learningRate": 0.003, "alpha": 0.9, "epsilon": 0.001, "weightDecay": 0.1}, rmsprop,
     {"lr": 0.003, "alpha": 0.9, "eps": 0.001, "weight_decay": 0.1}),
    ({"type": "rmsprop", "momentum": 0.9}, rmsprop, {"momentum": 0.9}),
    ({"type": "rmsprop", "momentum": 0.5, "weightDecay": 0.1}, rmsprop, {"momentum": 0.5, "weight_decay": 0.1}),
    ({"type": "adagrad"}, adagrad, {}),
    ({"type": "adagrad", "learningRate": 0.1, "epsilon": 0.01, "weightDecay": 0.1}, adagrad,
     {"lr": 0.1, "eps": 0.01, "weight_decay": 0.1}),
    ({"type": "adam"}, adam, {}),
    ({"type": "adam", "weightDecay": 0.1}, adam, {"weight_decay": 0.1}),
    ({"type": "adam", "learningRate": 0.05, "beta1": 0.8, "beta2": 0.95, "epsilon": 0.001}, adam,
     {"lr": 0.05, "betas": (0.8, 0.95), "eps": 0.001}),
    ({"type": "adamw"}, adamw, {}),
    ({"type": "adamw", "weightDecay": 0}, adamw, {"weight_decay": 0}),
    ({"type": "adamw", "weightDecay": 0.5, "learningRate": 0.05}, adamw, {"weight_decay": 0.5, "lr": 0.05}),
    # foreach: release 1.13's other path departs from the documented formula (mended in 2.0, pull request 92699).
    ({"type": "nadam"}, nadam, {"foreach": True}),
    ({"type": "nadam", "weightDecay": 0.1}, nadam, {"weight_decay": 0.1, "foreach": True}),
    ({"type": "nadam", "beta1": 0.8, "beta2": 0.95, "momentumDecay": 0.1}, nadam,
     {"betas": (0.8, 0.95), "momentum_decay": 0.1, "foreach": True}),
]


def run(optimizer, arguments):
    weights = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    stepper = optimizer([weights], **arguments)
    after = []
    for gradient in gradients:
        weights.grad = torch.tensor(gradient, dtype=torch.float64)
        stepper.step()
        after.append(weights.detach().tolist())
    return {"1": after[0], "10": after[-1]}


def rates(make, count):
    optimizer = sgd([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    scheduler = make(optimizer)
    out = []
    for _ in range(count):
        out.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return out


schedules = [
    ("step:decaySteps=4,factor=0.5", lambda o: lr_scheduler.StepLR(o, 4, gamma=0.5)),
    ("step:decayEpochs=2", lambda o: lr_scheduler.StepLR(o, 10)),  # five steps an epoch
    ("exponential:decaySteps=1,decayRate=0.9", lambda o: lr_scheduler.ExponentialLR(o, 0.9)),
    ("polynomial:power=2", lambda o: lr_scheduler.PolynomialLR(o, 20, 2)),
    ("polynomial:decaySteps=8", lambda o: lr_scheduler.PolynomialLR(o, 8)),
    ("cosine", lambda o: lr_scheduler.CosineAnnealingLR(o, 20)),
    ("cosine:end=0.01", lambda o: lr_scheduler.CosineAnnealingLR(o, 20, 0.01)),
    ("one-cycle", lambda o: lr_scheduler.OneCycleLR(o, 0.1, 20, cycle_momentum=False)),
    ("one-cycle:warmupShare=0.45,divFactor=10,finalDivFactor=100",
     lambda o: lr_scheduler.OneCycleLR(o, 0.1, 20, pct_start=0.45, div_factor=10.0, final_div_factor=100.0,
                                       cycle_momentum=False)),
]

out = {
    "start": start.tolist(),
    "gradients": gradients.tolist(),
    "optimizers": [{"config": config, "after": run(kind, arguments)} for config, kind, arguments in cases],
    "schedules": [{"spec": spec, "rates": rates(make, 20)} for spec, make in schedules],
}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "optimizers.json")
with open(path, "w") as file:
    json.dump(out, file, separators=(",", ":"))
    file.write("\n")
