"""Values of scikit-learn's transforms for test/data/transforms/, written to transforms.json.

Run: /usr/bin/python3 test/golden/transforms.py   (scikit-learn 1.2, NumPy 1.24)
"""
import json
import pathlib

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import (
    FunctionTransformer, MinMaxScaler, OneHotEncoder, OrdinalEncoder, QuantileTransformer, RobustScaler, StandardScaler,
)

rng = np.random.default_rng(5)
columns = {
    'log-normal': rng.lognormal(3, 2, 60),
    'heavy tails': rng.standard_t(2, 60) * 100 - 40,
    'few values': rng.integers(0, 4, 60),
    'constant': np.full(60, -7.5),
    'capped': np.minimum(rng.normal(40, 12, 60), 52),
}
x = np.stack(list(columns.values()), axis=1).astype(np.float32).astype(np.float64)
# Rows beyond the fitted ones, and values between them.
other = np.vstack([x.min(0) - 1, x.max(0) + 3, x[:8] * 0.75 + x[8:16] * 0.25]).astype(np.float32).astype(np.float64)
log = lambda values: np.sign(values) * np.log1p(np.abs(values))

scalers = {
    'StandardScaler': StandardScaler(),
    'MinMaxScaler': MinMaxScaler(),
    'RobustScaler': RobustScaler(),
    'QuantileTransformer': QuantileTransformer(n_quantiles=60, output_distribution='normal', subsample=10**9),
    'QuantileTransformer of 17, uniform': QuantileTransformer(n_quantiles=17, subsample=10**9),
}
golden = {'x': x.tolist(), 'other': other.tolist(), 'scalers': {}}
for name, scaler in scalers.items():
    scaler.fit(x)
    transformed = scaler.transform(other)
    golden['scalers'][name] = {
        'fitted': scaler.transform(x).tolist(),
        'other': transformed.tolist(),
        'inverse': scaler.inverse_transform(transformed.astype(np.float32).astype(np.float64)).tolist(),
    }
standard = StandardScaler().fit(log(x))
golden['scalers']['LogScaler'] = {
    'fitted': standard.transform(log(x)).tolist(),
    'other': standard.transform(log(other)).tolist(),
    'inverse': other.tolist(),
}

holes = x.copy()
holes[rng.random(x.shape) < 0.2] = np.nan
holes[:, 3] = x[:, 3]
golden['holes'] = [[None if np.isnan(v) else v for v in row] for row in holes]
golden['imputers'] = {}
for strategy in ['mean', 'median', 'most_frequent', 'constant']:
    imputer = SimpleImputer(strategy=strategy, fill_value=-1.5 if strategy == 'constant' else None, add_indicator=True)
    filled = imputer.fit_transform(holes)
    golden['imputers'][strategy] = {'statistics': imputer.statistics_.tolist(), 'filled': filled.tolist()}

words = [['near', 3], ['far', 1], ['island', 3], ['Near', 20], ['far', 1], ['near', -2]]
cells = np.array(words, dtype=object)
unknown = np.array([['moon', 3], ['near', 99]], dtype=object)
one_hot = OneHotEncoder(sparse_output=False, handle_unknown='ignore').fit(cells)
ordinal = OrdinalEncoder(handle_unknown='use_encoded_value', unknown_value=-1).fit(cells)
golden['words'] = {
    'cells': words,
    'categories': [list(c) for c in one_hot.categories_],
    'oneHot': one_hot.transform(cells).tolist(),
    'oneHotUnknown': one_hot.transform(unknown).tolist(),
    'names': one_hot.get_feature_names_out().tolist(),
    'ordinal': ordinal.transform(cells).tolist(),
    'ordinalUnknown': ordinal.transform(unknown).tolist(),
}
path = pathlib.Path(__file__).with_suffix('.json')
path.write_text(json.dumps(golden) + '\n')
