"""Makes inputs.json: pictures written by Pillow (and by hand, for forms that Pillow does not write) with the bytes that
they must become, and NPY files written by numpy with their values.

Run: python3 test/golden/inputs.py > test/golden/inputs.json
"""

import base64
import io
import json
import struct
import zlib

import numpy as np
from PIL import Image

random = np.random.default_rng(3)
HEIGHT, WIDTH = 5, 7


def text(data):
    return base64.b64encode(data).decode()


def png(image, **options):
    file = io.BytesIO()
    image.save(file, "png", **options)
    return file.getvalue()


def picture(name, file, values):
    return {"name": name, "file": text(file), "pixels": np.asarray(values).ravel().tolist()}


def over_black(grey, alpha):
    """Whole numbers, halves up."""
    return (2 * grey.astype(int) * alpha + 255) // 510


def grey_png(values, depth, interlaced=False):
    """A grey PNG without filters, interlaced by Adam7 or not."""
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
    parts = [values[y::down, x::across] for x, y, across, down in passes] if interlaced else [values]
    lines = b""
    for part in parts:
        for row in part if part.size else []:
            bits = "".join(format(value, f"0{depth}b") for value in row)
            bits += "0" * (-len(bits) % 8)
            lines += b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, depth, 0, 0, 0, int(interlaced))
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


def pictures():
    grey = random.integers(0, 256, (HEIGHT, WIDTH), "u1")
    colour = random.integers(0, 256, (HEIGHT, WIDTH, 3), "u1")
    alpha = random.integers(0, 256, (HEIGHT, WIDTH), "u1")
    wide = random.integers(0, 65536, (HEIGHT, WIDTH)).astype("u2")
    luma = np.asarray(Image.fromarray(colour).convert("L"))
    few = Image.fromarray(colour).quantize(11)
    two = random.integers(0, 4, (HEIGHT, WIDTH))
    yes = random.integers(0, 2, (HEIGHT, WIDTH)).astype(bool)
    return [
        picture("grey, 8 bits", png(Image.fromarray(grey)), grey),
        picture("grey, 1 bit", png(Image.fromarray(yes)), yes.astype(int) * 255),
        picture("grey, 2 bits", grey_png(two, 2), two * 85),
        picture("grey, 16 bits", png(Image.fromarray(wide)), (2 * wide.astype(int) + 257) // 514),
        picture("grey, 8 bits, interlaced", grey_png(grey, 8, True), grey),
        picture("grey with alpha", png(Image.merge("LA", [Image.fromarray(x) for x in (grey, alpha)])), over_black(grey, alpha)),
        picture("colour", png(Image.fromarray(colour)), luma),
        picture("colour with alpha", png(Image.fromarray(np.dstack([colour, alpha]))), over_black(luma, alpha)),
        picture("palette, 8 bits", png(few), few.convert("RGB").convert("L")),
        picture("palette, 4 bits", png(few, bits=4), few.convert("RGB").convert("L")),
    ]


def npy(array, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version=version)
    return file.getvalue()


def arrays():
    values = np.array([[0, 1, 200], [7, 255, 3]])
    real = np.array([[0.1, -2.5, 1e-40], [3.4e38, 0, 1 / 3]])
    kinds = [values.astype(kind) for kind in ("u1", "<u2", "<i2", "<u4", "<i4")] + [real.astype(k) for k in ("<f4", "<f8")]
    cases = [(f"{array.dtype.str}, version {v[0]}", array, v) for array in kinds for v in ((1, 0), (2, 0), (3, 0))]
    return [
        {"name": name, "file": text(npy(array, v)), "bits": array.astype("<f4").view("<u4").ravel().tolist()}
        for name, array, v in cases
    ]


print(
    json.dumps(
        {
            "size": [HEIGHT, WIDTH],
            "pictures": pictures(),
            "interlaced1bit": text(grey_png(np.ones((HEIGHT, WIDTH), int), 1, True)),
            "arrays": arrays(),
            "fortran": text(npy(np.asfortranarray(np.zeros((2, 3), "f4")))),
            "bigEndian": text(npy(np.zeros((2, 3), ">f4"))),
            "record": text(npy(np.zeros(2, [("a", "f4"), ("b", "f4")]))),
            "int64": text(npy(np.zeros((2, 3), "<i8"))),
        }
    )
)
