"""The product of two square matrices of float32 in NumPy: the median of as many as fill the time."""
import json
import sys
import time

import numpy as np

job = json.loads(sys.argv[1])
size = job['size']
random = np.random.default_rng(1)
a = random.standard_normal((size, size), dtype=np.float32)
b = random.standard_normal((size, size), dtype=np.float32)
c = np.empty_like(a)
for _ in range(10):
    np.matmul(a, b, out=c)
times = []
end = time.perf_counter() + job['seconds']
while time.perf_counter() < end:
    began = time.perf_counter()
    np.matmul(a, b, out=c)
    times.append(time.perf_counter() - began)
print(json.dumps({'gflops': 2 * size**3 / float(np.median(times)) / 1e9, 'version': np.__version__ + ', OpenBLAS'}))
