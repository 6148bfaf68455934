"""A careful training loop in NumPy, float32 throughout: buffers are made once, products and activations write into them, the
only copy is the batch itself, and Adam updates all weights in place, in blocks that stay in the cache."""
import json
import sys
import time

import numpy as np

job = json.loads(sys.argv[1])
layers = job['layers']
outputs = layers[-1]
depth = len(layers) - 1
meta = json.load(open(job['data'] + '/meta.json'))
KIND = np.uint8 if meta['type'] == 'u8' else np.float32


def part(name):
    x = np.fromfile(f"{job['data']}/{name}-x.{meta['type']}", KIND).reshape(-1, meta['columns'])
    y = np.fromfile(f"{job['data']}/{name}-y.{meta['type']}", KIND)
    x = x.astype(np.float32)
    if KIND is np.uint8:
        x *= np.float32(1 / 255)
        y = y.astype(np.intp)
    return x, y


def views(flat):
    """Weight and bias of each layer as views of one flat array, so that the optimizer sees them as one."""
    out, at = [], 0
    for rows, columns in zip(layers, layers[1:]):
        weight = flat[at:at + rows * columns].reshape(rows, columns)
        at += rows * columns
        out.append((weight, flat[at:at + columns]))
        at += columns
    return out


class Sgd:
    def __init__(self, weights, gradient):
        self.weights, self.gradient = weights, gradient
        self.rate = np.float32(job['learningRate'])

    def step(self):
        self.gradient *= self.rate
        self.weights -= self.gradient


class Adam:
    """Kingma & Ba (2015), with PyTorch's order of operations. Blocks of 16 K floats keep temporaries in the L2 cache."""
    BLOCK = 16384

    def __init__(self, weights, gradient):
        m, v = np.zeros_like(weights), np.zeros_like(weights)
        self.scratch = np.empty(self.BLOCK, np.float32)
        self.blocks = [tuple(a[i:i + self.BLOCK] for a in (weights, gradient, m, v))
                       for i in range(0, weights.size, self.BLOCK)]
        self.steps = 0

    def step(self):
        beta1, beta2, epsilon = np.float32(.9), np.float32(.999), np.float32(1e-8)
        self.steps += 1
        rate = np.float32(job['learningRate'] / (1 - .9 ** self.steps))
        correction = np.float32((1 - .999 ** self.steps) ** -.5)
        for w, g, m, v in self.blocks:
            t = self.scratch[:w.size]
            v *= beta2
            np.multiply(g, g, out=t)
            t *= 1 - beta2
            v += t
            m *= beta1
            g *= 1 - beta1
            m += g
            np.sqrt(v, out=t)
            t *= correction
            t += epsilon
            np.divide(m, t, out=t)
            t *= rate
            w -= t


def softmax(z):
    z -= z.max(axis=1, keepdims=True)
    np.exp(z, out=z)
    z /= z.sum(axis=1, keepdims=True)


def forward(parameters, x, buffers):
    a = x
    for i, ((weight, bias), z) in enumerate(zip(parameters, buffers)):
        np.matmul(a, weight, out=z)
        z += bias
        if i < depth - 1:
            np.maximum(z, 0, out=z)
        a = z
    if outputs > 1:
        softmax(a)
    return a


def buffers_for(rows):
    return [np.empty((rows, units), np.float32) for units in layers[1:]]


def train():
    rng = np.random.default_rng(job['seed'])
    count = sum(rows * columns + columns for rows, columns in zip(layers, layers[1:]))
    weights, gradient = np.zeros(count, np.float32), np.zeros(count, np.float32)
    parameters, gradients = views(weights), views(gradient)
    for i, (weight, _) in enumerate(parameters):
        rows, columns = weight.shape
        if i < depth - 1:
            weight[:] = rng.normal(0, (2 / rows) ** .5, weight.shape)
        else:
            limit = (6 / (rows + columns)) ** .5
            weight[:] = rng.uniform(-limit, limit, weight.shape)
    optimizer = (Sgd if job['optimizer'] == 'sgd' else Adam)(weights, gradient)
    (x, y), (x_test, y_test) = part('train'), part('test')
    speeds = []
    sizes = {job['batch'], len(x) % job['batch']} - {0}
    inputs = {rows: np.empty((rows, layers[0]), np.float32) for rows in sizes}
    values = {rows: buffers_for(rows) for rows in sizes}
    deltas = {rows: buffers_for(rows) for rows in sizes}
    indices = {rows: np.arange(rows) for rows in sizes}
    for _ in range(job['epochs']):
        began = time.perf_counter()
        order = rng.permutation(len(x))
        for first in range(0, len(x), job['batch']):
            chosen = order[first:first + job['batch']]
            rows = len(chosen)
            batch, a, d = inputs[rows], values[rows], deltas[rows]
            # Without mode='clip', take buffers its output.
            np.take(x, chosen, axis=0, out=batch, mode='clip')
            result = forward(parameters, batch, a)
            # The gradient of the mean cross-entropy (or of the mean squared error) by the last layer's sums.
            if outputs > 1:
                result[indices[rows], y[chosen]] -= 1
                result *= np.float32(1 / rows)
            else:
                result[:, 0] -= y[chosen]
                result *= np.float32(2 / rows)
            delta = result
            for i in range(depth - 1, -1, -1):
                below = a[i - 1] if i > 0 else batch
                d_weight, d_bias = gradients[i]
                np.matmul(below.T, delta, out=d_weight)
                delta.sum(axis=0, out=d_bias)
                if i > 0:
                    np.matmul(delta, parameters[i][0].T, out=d[i - 1])
                    d[i - 1] *= below > 0
                    delta = d[i - 1]
            optimizer.step()
        speeds.append(len(x) / (time.perf_counter() - began))
    predicted = forward(parameters, x_test, buffers_for(len(x_test)))
    if outputs > 1:
        scores = {'accuracy': float((predicted.argmax(axis=1) == y_test).mean())}
    else:
        scores = {'rmse': float(((predicted[:, 0] - y_test) ** 2).mean() ** .5)}
    return {'samplesPerSecond': max(speeds), 'rows': len(x) * job['epochs'], **scores}


def infer():
    shapes = [shape for rows, columns in zip(layers, layers[1:]) for shape in ((rows, columns), (columns,))]
    tensors = [np.fromfile(f"{job['model']}/{i}.f32", np.float32).reshape(shape) for i, shape in enumerate(shapes)]
    parameters = list(zip(tensors[::2], tensors[1::2]))
    x, _ = part('test')
    reference = np.fromfile(job['model'] + '/outputs.f32', np.float32)
    values = {rows: buffers_for(rows) for rows in job['batches']}

    def run(first, rows):
        return forward(parameters, x[first:first + rows], values[rows])

    difference = float(np.abs(run(0, max(job['batches'])).ravel() - reference).max())
    return {'microsecondsPerRow': {rows: time_blocks(run, rows) for rows in job['batches']}, 'difference': difference}


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


def blas():
    """Which library multiplies: seen in the memory map, where there is one."""
    try:
        return 'OpenBLAS' if 'openblas' in open('/proc/self/maps').read() else 'BLAS other than OpenBLAS'
    except FileNotFoundError:
        return 'unknown BLAS'


result = train() if job['task'] == 'train' else infer()
print(json.dumps({**result, 'version': f'{np.__version__}, {blas()}', 'threads': job['threads']}))
