"""Makes safetensors.json: a small file in the safetensors format written here, by numpy and json alone, that the reader
must decode; and the hash of what the writer must produce for the same model, whose bytes this script builds by its own
reading of the format. Also holds shortest decimals of float32 values as numpy prints them.

With the path of a safetensors file as argument, prints its tensors instead.

Run: python3 test/golden/safetensors.py > test/golden/safetensors.json
"""

import base64
import hashlib
import json
import struct
import sys

import numpy as np


def read(data):
    """Tensors and metadata of a safetensors file of float32 tensors."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    body = data[8 + length :]
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        assert entry["dtype"] == "F32"
        tensors[name] = np.frombuffer(body[begin:end], "<f4").reshape(entry["shape"])
    return tensors, metadata


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def write(tensors, metadata, padding=8):
    """Bytes of a safetensors file; tensors are (name, dtype, shape, little-endian bytes)."""
    header, end = {"__metadata__": metadata}, 0
    for name, dtype, shape, data in tensors:
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [end, end + len(data)]}
        end += len(data)
    text = compact(header).encode()
    text += b" " * (-len(text) % padding)
    return struct.pack("<Q", len(text)) + text + b"".join(tensor[3] for tensor in tensors)


def model():
    """A model of every type that is read. Widening float16 and bfloat16 is exact, so float32 values are the truth."""
    f32 = np.array([[1.5, -0.0, 3.4028235e38], [1e-45, -1.1754944e-38, 0.1]], "<f4")
    f64 = np.array([0.1, -2.5], "<f8")
    f16 = np.array([1.0, -2.0, 65504.0, 6e-8, 6.1e-5, -0.0, 0.333], "<f2")
    bf16 = np.array([0x3F80, 0xC049, 0x0001, 0x7F7F], "<u2")
    wide = (bf16.astype("<u4") << 16).view("<f4")
    stored = [
        ("dense_1/weight", "F32", [2, 3], f32.tobytes()),
        ("dense_1/bias", "F64", [2], f64.tobytes()),
        ("half", "F16", [7], f16.tobytes()),
        ("brain", "BF16", [2, 2], bf16.tobytes()),
    ]
    values = [f32.ravel(), f64.astype("<f4"), f16.astype("<f4"), wide]
    fields = {
        "kind": "neural-network",
        "architecture": {
            "version": 1,
            "inputShape": [2],
            "layers": [{"type": "dense", "units": 3, "activation": "relu", "name": "dense_1"}],
        },
        "preprocessing": {"scale": [0.00392156862745098], "shift": [0, 1.5]},
        "outputs": {"task": "classification", "classes": ["é", "\"quoted\"", 3]},
        "settings": {"optimizer": {"type": "adam", "learningRate": 0.001}, "seed": 7, "clip": None},
    }
    return stored, values, fields


def metadata_of(fields):
    texts = {key: value if key == "kind" else compact(value) for key, value in fields.items()}
    return {"format": "lanewise", "version": "1", **texts}


def decimals():
    """Bits of float32 values and numpy's shortest text of each: all powers of two, edges, and random bits."""
    bits = [exponent << 23 for exponent in range(1, 255)] + [1 << k for k in range(23)]
    bits += [0x007FFFFF, 0x7F7FFFFF, 0x80000000, 0x3F7FFFFF, 0x3F800001]
    random = np.random.default_rng(5)
    bits += [int(b) for b in random.integers(1, 0x7F800000, 300)]
    bits += [int(b) for b in (random.normal(0, 0.05, 300).astype("<f4")).view("<u4")]
    texts = [np.format_float_scientific(np.uint32(b).view("<f4"), unique=True) for b in bits]
    return [[b, text] for b, text in zip(bits, texts)]


def main():
    if len(sys.argv) > 1:
        with open(sys.argv[1], "rb") as file:
            tensors, metadata = read(file.read())
        print(json.dumps({name: tensor.tolist() for name, tensor in tensors.items()}), json.dumps(metadata))
        return
    stored, values, fields = model()
    file = write(stored, metadata_of(fields), padding=1)
    rewritten = [
        (name, "F32", shape, value.tobytes()) for (name, _, shape, _), value in zip(stored, values)
    ]
    ours = write(rewritten, metadata_of(fields))
    result = {
        "file": base64.b64encode(file).decode(),
        "fields": fields,
        "tensors": [
            {"name": name, "shape": shape, "bits": [int(b) for b in value.view("<u4")]}
            for (name, _, shape, _), value in zip(stored, values)
        ],
        "rewritten": {"bytes": len(ours), "sha256": hashlib.sha256(ours).hexdigest()},
        "foreign": base64.b64encode(write(stored[:1], {"format": "pt"})).decode(),
        "decimals": decimals(),
    }
    print(json.dumps(result))


main()
