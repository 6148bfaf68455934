"""scikit-learn's MLPClassifier and MLPRegressor, float32. They draw their own (Glorot) initial weights, and `partial_fit`
is one epoch over shuffled batches."""
import json
import sys
import time

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier, MLPRegressor

job = json.loads(sys.argv[1])
layers = job['layers']
isClassifier = layers[-1] > 1
meta = json.load(open(job['data'] + '/meta.json'))
KIND = np.uint8 if meta['type'] == 'u8' else np.float32


def part(name):
    x = np.fromfile(f"{job['data']}/{name}-x.{meta['type']}", KIND).reshape(-1, meta['columns']).astype(np.float32)
    y = np.fromfile(f"{job['data']}/{name}-y.{meta['type']}", KIND)
    return (x * np.float32(1 / 255), y.astype(np.int64)) if KIND is np.uint8 else (x, y)


(x, y), (x_test, y_test) = part('train'), part('test')
model = (MLPClassifier if isClassifier else MLPRegressor)(
    hidden_layer_sizes=layers[1:-1], activation='relu', solver='adam', alpha=0, batch_size=job['batch'],
    learning_rate_init=job['learningRate'], random_state=job['seed'])
known = {'classes': np.arange(layers[-1])} if isClassifier else {}
speeds = []
for epoch in range(job['epochs']):
    began = time.perf_counter()
    model.partial_fit(x, y, **(known if epoch == 0 else {}))
    speeds.append(len(x) / (time.perf_counter() - began))
predicted = model.predict(x_test)
if isClassifier:
    scores = {'accuracy': float((predicted == y_test).mean())}
else:
    scores = {'rmse': float(((predicted - y_test) ** 2).mean() ** .5)}
print(json.dumps({'samplesPerSecond': max(speeds), 'rows': len(x) * job['epochs'], **scores,
                  'version': sklearn.__version__, 'threads': job['threads']}))
