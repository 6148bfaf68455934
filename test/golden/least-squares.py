"""Ordinary and ridge regression by scikit-learn for test/models/least-squares.test.ts, written to least-squares.json.

Run: /usr/bin/python3 test/golden/least-squares.py [cal_housing.data]   (scikit-learn 1.2, NumPy 1.24)
With California Housing's file, its fit over all 20,640 rows too; without it those values are kept.
"""
import json
import pathlib
import sys

import numpy as np
from sklearn.linear_model import LinearRegression, Ridge

rng = np.random.default_rng(11)
path = pathlib.Path(__file__).with_suffix('.json')
golden = json.loads(path.read_text()) if path.exists() else {}

x = (rng.normal(size=(80, 4)) * [1, 1000, 0.01, 3] + [0, -500, 7, 100]).astype(np.float32).astype(np.float64)
y = (x @ [[1.5, 0], [0.002, -0.01], [-30, 4], [0.1, 0]] + [2, -1] + rng.normal(size=(80, 2))).astype(np.float32).astype(np.float64)
weights = rng.integers(0, 4, 80).astype(float)
ordinary = LinearRegression().fit(x, y)
weighted = LinearRegression().fit(x, y, weights)
# The penalty l2 is added to the mean of squares over rows and targets, scikit-learn's alpha to their sum.
ridge = Ridge(alpha=0.3 * 80 * 2, solver='svd').fit(x, y)
golden['dense'] = {
    'x': x.tolist(), 'y': y.tolist(), 'weights': weights.tolist(), 'l2': 0.3,
    **{name: {'coefficients': model.coef_.tolist(), 'intercept': model.intercept_.tolist()}
       for name, model in {'ordinary': ordinary, 'weighted': weighted, 'ridge': ridge}.items()},
}
# Columns that are combinations of others, and one that does not vary: the least-norm solution of standardized columns.
kinds = rng.integers(0, 3, 60)
free = rng.normal(size=60).astype(np.float32).astype(np.float64)
x = np.column_stack([np.eye(3)[kinds], free, 2 * free, np.full(60, 5.0)])
y = (kinds * 1.25 + free * 3 - 1).astype(np.float32).astype(np.float64) + rng.integers(-1, 2, 60)
deviation = x.std(0)
deviation[-1] = 1
model = LinearRegression().fit((x - x.mean(0)) / deviation, y)
coefficients = model.coef_ / deviation
golden['collinear'] = {
    'x': x.tolist(), 'y': y.tolist(), 'coefficients': coefficients.tolist(),
    'intercept': float(model.intercept_ - coefficients @ x.mean(0)),
}
if len(sys.argv) > 1:
    raw = np.loadtxt(sys.argv[1], delimiter=',')
    longitude, latitude, age, rooms, bedrooms, population, households, income, value = raw.T
    x = np.column_stack([income, age, rooms / households, bedrooms / households, population, population / households,
                         latitude, longitude])
    y = value / 100000
    model = LinearRegression().fit(x, y)
    golden['california'] = {
        'rmse': float(np.sqrt(np.mean((model.predict(x) - y) ** 2))),
        'coefficients': model.coef_.tolist(), 'intercept': float(model.intercept_),
    }
path.write_text(json.dumps(golden) + '\n')
