"""PyTorch, eager: the training loop of its tutorials, with torch.optim.Adam in its fused form where the CPU has it, else in
its `foreach` form."""
import json
import sys
import time

import numpy as np
import torch

job = json.loads(sys.argv[1])
torch.set_num_threads(job['threads'])
torch.manual_seed(job['seed'])
layers = job['layers']
outputs = layers[-1]
meta = json.load(open(job['data'] + '/meta.json'))
KIND = np.uint8 if meta['type'] == 'u8' else np.float32


def part(name):
    x = np.fromfile(f"{job['data']}/{name}-x.{meta['type']}", KIND).reshape(-1, meta['columns'])
    y = np.fromfile(f"{job['data']}/{name}-y.{meta['type']}", KIND)
    x, y = torch.from_numpy(x.astype(np.float32)), torch.from_numpy(y)
    return (x / 255, y.long()) if KIND is np.uint8 else (x, y[:, None])


def network():
    modules = []
    for i, (inputs, units) in enumerate(zip(layers, layers[1:])):
        linear = torch.nn.Linear(inputs, units)
        torch.nn.init.zeros_(linear.bias)
        if i < len(layers) - 2:
            torch.nn.init.kaiming_normal_(linear.weight, nonlinearity='relu')
            modules += [linear, torch.nn.ReLU()]
        else:
            torch.nn.init.xavier_uniform_(linear.weight)
            modules += [linear]
    return torch.nn.Sequential(*modules)


def optimizer_for(parameters):
    rate = job['learningRate']
    if job['optimizer'] == 'sgd':
        return torch.optim.SGD(parameters, lr=rate, foreach=True), 'foreach'
    try:
        return torch.optim.Adam(parameters, lr=rate, fused=True), 'fused'
    except RuntimeError:
        return torch.optim.Adam(parameters, lr=rate, foreach=True), 'foreach'


def train():
    (x, y), (x_test, y_test) = part('train'), part('test')
    model = network()
    optimizer, form = optimizer_for(list(model.parameters()))
    loss_of = torch.nn.CrossEntropyLoss() if outputs > 1 else torch.nn.MSELoss()
    speeds = []
    for _ in range(job['epochs']):
        began = time.perf_counter()
        for chosen in torch.randperm(len(x)).split(job['batch']):
            optimizer.zero_grad(set_to_none=True)
            loss_of(model(x[chosen]), y[chosen]).backward()
            optimizer.step()
        speeds.append(len(x) / (time.perf_counter() - began))
    with torch.inference_mode():
        predicted = model(x_test)
        if outputs > 1:
            scores = {'accuracy': float((predicted.argmax(1) == y_test).float().mean())}
        else:
            scores = {'rmse': float(loss_of(predicted, y_test)) ** .5}
    return {'samplesPerSecond': max(speeds), 'rows': len(x) * job['epochs'], 'optimizer': form, **scores}


def infer():
    model = torch.nn.Sequential(*network(), torch.nn.Softmax(1))
    with torch.no_grad():
        for i, parameter in enumerate(model.parameters()):
            values = torch.from_numpy(np.fromfile(f"{job['model']}/{i}.f32", np.float32))
            # PyTorch holds weights as [out, in].
            parameter.copy_(values.view(parameter.shape[::-1]).t() if parameter.dim() == 2 else values)
    x, _ = part('test')
    reference = torch.from_numpy(np.fromfile(job['model'] + '/outputs.f32', np.float32))

    def run(first, rows):
        return model(x[first:first + rows])

    with torch.inference_mode():
        difference = float((run(0, max(job['batches'])).flatten() - reference).abs().max())
        times = {rows: time_blocks(run, rows) for rows in job['batches']}
    return {'microsecondsPerRow': times, 'difference': difference}


def time_blocks(run, rows):
    """Median over blocks of calls, in microseconds a row; the first quarter of the time warms up."""
    calls, distinct, call, times = max(1, 64 // rows), 1000 - 1000 % rows, 0, []
    start = time.perf_counter()
    while time.perf_counter() < start + job['seconds']:
        began = time.perf_counter()
        for _ in range(calls):
            run(call * rows % distinct, rows)
            call += 1
        ended = time.perf_counter()
        if began >= start + job['seconds'] / 4:
            times.append((ended - began) * 1e6 / (calls * rows))
    return sorted(times)[len(times) // 2]


result = train() if job['task'] == 'train' else infer()
print(json.dumps({**result, 'version': torch.__version__, 'threads': torch.get_num_threads()}))
