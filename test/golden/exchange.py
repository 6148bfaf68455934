"""Weights as PyTorch, Keras and scikit-learn keep them, with the outputs for a few inputs: exchange.json.

    /usr/bin/python3 test/golden/exchange.py > test/golden/exchange.json

With a path of an exported model as argument it reads that instead, .npz or .safetensors, and prints names, shapes and sums.
"""
import base64
import io
import json
import struct
import sys

import numpy as np


def read(path):
    if path.endswith('.npz'):
        return dict(np.load(path))
    with open(path, 'rb') as f:
        (length,) = struct.unpack('<Q', f.read(8))
        header = json.loads(f.read(length))
        data = f.read()
    return {
        name: np.frombuffer(data[slice(*entry['data_offsets'])], '<f4').reshape(entry['shape'])
        for name, entry in header.items()
        if name != '__metadata__'
    }


def safetensors(tensors):
    header, blobs, at = {}, [], 0
    for name, value in tensors.items():
        blob = np.ascontiguousarray(value, '<f4').tobytes()
        header[name] = {'dtype': 'F32', 'shape': list(value.shape), 'data_offsets': [at, at + len(blob)]}
        blobs.append(blob)
        at += len(blob)
    text = json.dumps(header).encode()
    return struct.pack('<Q', len(text)) + text + b''.join(blobs)


def npz(*args, **kwargs):
    out = io.BytesIO()
    np.savez(out, *args, **kwargs)
    return out.getvalue()


def text(data):
    return base64.b64encode(data).decode()


def main():
    import torch
    from sklearn.neural_network import MLPClassifier

    torch.manual_seed(1)
    net = torch.nn.Sequential(
        torch.nn.Linear(5, 7), torch.nn.Tanh(), torch.nn.Dropout(0.1), torch.nn.Linear(7, 6), torch.nn.Tanh(), torch.nn.Linear(6, 3)
    ).eval()
    rng = np.random.default_rng(1)
    x = rng.normal(size=(4, 5)).astype('f4')
    with torch.no_grad():
        probabilities = torch.softmax(net(torch.tensor(x)), 1).numpy()
    state = {name: value.numpy() for name, value in net.state_dict().items()}
    arrays = [value.T if value.ndim == 2 else value for value in state.values()]

    labels = rng.integers(0, 3, 60)
    rows = rng.normal(size=(60, 5)) + labels[:, None]
    many = MLPClassifier((6,), random_state=1, max_iter=30).fit(rows, np.array([4, 7, 9])[labels])
    two = MLPClassifier((4,), activation='logistic', random_state=1, max_iter=30).fit(rows, np.array(['no', 'yes'])[labels % 2])

    def attributes(model):
        return {
            'coefs_': [w.tolist() for w in model.coefs_],
            'intercepts_': [b.tolist() for b in model.intercepts_],
            'classes_': model.classes_.tolist(),
            'activation': model.activation,
            'out_activation_': model.out_activation_,
        }

    print(
        json.dumps(
            {
                'x': x.tolist(),
                'torch': {'file': text(safetensors(state)), 'probabilities': probabilities.tolist()},
                'keras': {'file': text(npz(*arrays)), 'probabilities': probabilities.tolist()},
                'scikitNpz': {
                    'file': text(
                        npz(
                            classes_=many.classes_,
                            **{f'coefs_{i}': w for i, w in enumerate(many.coefs_)},
                            **{f'intercepts_{i}': b for i, b in enumerate(many.intercepts_)},
                        )
                    ),
                    'classes': many.classes_.tolist(),
                    'probabilities': many.predict_proba(x).tolist(),
                },
                'scikitJson': {'document': attributes(two), 'probabilities': two.predict_proba(x).tolist()},
            }
        )
    )


if len(sys.argv) > 1:
    for name, value in read(sys.argv[1]).items():
        print(name, value.dtype, value.shape, float(value.astype('f8').sum()))
else:
    main()
