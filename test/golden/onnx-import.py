"""ONNX files as PyTorch's exporter writes them, and made by hand as other exporters do, with their outputs: onnx-import.json.

    /usr/bin/python3 test/golden/onnx-import.py > test/golden/onnx-import.json

Each case has the file, `outputs` for the rows of `x`, and what the import must tell: task, classes. With a path of an ONNX file
as argument it runs ONNX's checker on that instead.
"""
import base64
import io
import json
import sys
import warnings

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

cases = []
rng = np.random.default_rng(5)
x = (rng.normal(size=(7, 6)) * 1.5).astype('f4')


def case(name, data, outputs, task, classes=None):
    cases.append(
        {
            'name': name,
            'file': base64.b64encode(data).decode(),
            'outputs': np.asarray(outputs, 'f8').tolist(),
            'task': task,
            **({} if classes is None else {'classes': classes}),
        }
    )


def torch_cases():
    import torch
    from torch import nn

    torch.manual_seed(3)

    def export(name, net, task, opset, shape=(6,), dynamic=True):
        for module in net.modules():
            if isinstance(module, nn.BatchNorm1d):
                module.running_mean.normal_()
                module.running_var.uniform_(0.3, 2)
                nn.init.normal_(module.weight)
                nn.init.normal_(module.bias)
        net.eval()
        sample = torch.tensor(x).reshape(7, *shape)
        out = io.BytesIO()
        axes = {'dynamic_axes': {'in': {0: 'n'}, 'out': {0: 'n'}}} if dynamic else {}
        torch.onnx.export(net, sample[:1], out, opset_version=opset, input_names=['in'], output_names=['out'], **axes)
        with torch.no_grad():
            case(f'torch {name}, set {opset}', out.getvalue(), net(sample).numpy(), task)

    class Silu(nn.Module):
        def forward(self, value):
            return value * torch.sigmoid(1.702 * value)

    class Tanh(nn.Module):
        """GELU by tanh as older programs spell it."""

        def forward(self, value):
            return 0.5 * value * (1 + torch.tanh(0.7978845608 * value * (1 + 0.044715 * value * value)))

    class View(nn.Module):
        def forward(self, value):
            return value.view(value.size(0), -1)

    activations = {
        'ReLU': nn.ReLU(),
        'LeakyReLU': nn.LeakyReLU(0.2),
        'ELU': nn.ELU(0.7),
        'SELU': nn.SELU(),
        'Sigmoid': nn.Sigmoid(),
        'Tanh': nn.Tanh(),
        'Softplus': nn.Softplus(),
        'GELU': nn.GELU(),
        'GELU by tanh': nn.GELU('tanh'),
        'GELU by tanh, by hand': Tanh(),
        'SiLU': nn.SiLU(),
        'SiLU with a factor': Silu(),
        'PReLU': nn.PReLU(),
    }
    for i, (name, layer) in enumerate(activations.items()):
        opset = 9 + i % 9
        export(name, nn.Sequential(nn.Linear(6, 5), layer, nn.Linear(5, 3), nn.Softmax(1)), 'classification', opset)
    for opset in range(9, 18):
        net = nn.Sequential(
            *[nn.Flatten(), nn.BatchNorm1d(6), nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3)],
            *[nn.Linear(8, 7, bias=False), nn.Tanh(), nn.BatchNorm1d(7), nn.Linear(7, 2), nn.BatchNorm1d(2)],
        )
        export('batch norms and dropout', net, 'regression', opset, (2, 3))
    export('batch norm between activations', nn.Sequential(nn.Linear(6, 4), nn.Tanh(), nn.BatchNorm1d(4), nn.GELU(), nn.Linear(4, 1)), 'regression', 14)
    export('GELU after a batch norm', nn.Sequential(nn.Linear(6, 4), nn.BatchNorm1d(4), nn.GELU('tanh'), nn.Linear(4, 4), nn.BatchNorm1d(4), nn.SiLU()), 'regression', 15)
    export('view', nn.Sequential(View(), nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3), nn.Sigmoid()), 'classification', 13, (1, 2, 3))
    export('view of one row', nn.Sequential(View(), nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 1), nn.Sigmoid()), 'classification', 11, (2, 3), dynamic=False)
    net = nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 3), nn.LogSoftmax(1))
    export('LogSoftmax', net, 'classification', 12)
    cases[-1]['outputs'] = np.exp(cases[-1]['outputs']).tolist()


def build(nodes, weights, inputs=None, outputs=None, opset=13, ml=True, metadata=None):
    """A model of hand-made nodes; weights are arrays or tensors by name."""
    tensors = [
        value if isinstance(value, TensorProto) else numpy_helper.from_array(np.asarray(value), name)
        for name, value in weights.items()
    ]
    inputs = inputs or [helper.make_tensor_value_info('x', TensorProto.FLOAT, ['n', 6])]
    outputs = outputs or [helper.make_tensor_value_info('y', TensorProto.FLOAT, None)]
    graph = helper.make_graph(nodes, 'g', inputs, outputs, tensors)
    sets = [helper.make_opsetid('', opset)] + ([helper.make_opsetid('ai.onnx.ml', 1)] if ml else [])
    model = helper.make_model(graph, opset_imports=sets, producer_name='hand')
    model.ir_version = 8
    return model.SerializeToString()


def value(name, kind=TensorProto.FLOAT, shape=None):
    return helper.make_tensor_value_info(name, kind, shape)


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def erf(z):
    from scipy.special import erf as exact

    return exact(z)


def scikit_cases():
    """As skl2onnx writes MLPs: MatMul and Add, labels by ArgMax and ArrayFeatureExtractor, ZipMap on demand."""
    from sklearn.linear_model import LinearRegression, LogisticRegression
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    names = {'relu': 'Relu', 'tanh': 'Tanh', 'logistic': 'Sigmoid'}
    labels = rng.integers(0, 3, 90)
    rows = rng.normal(size=(90, 6)) + labels[:, None]

    def forward(model, kind):
        nodes, weights, at = [helper.make_node('Cast', ['x'], ['cast_input'], to=kind)], {}, 'cast_input'
        dtype = 'f8' if kind == TensorProto.DOUBLE else 'f4'
        for i, (w, b) in enumerate(zip(model.coefs_, model.intercepts_)):
            weights[f'coefficient{i}'] = w.astype(dtype)
            weights[f'intercepts{i}'] = b.reshape(1, -1).astype(dtype)
            nodes.append(helper.make_node('MatMul', [at, f'coefficient{i}'], [f'mul_result{i}'], name=f'MatMul{i}'))
            nodes.append(helper.make_node('Add', [f'mul_result{i}', f'intercepts{i}'], [f'add_result{i}'], name=f'Add{i}'))
            at = f'add_result{i}'
            if i + 1 < len(model.coefs_) and model.activation != 'identity':
                nodes.append(helper.make_node(names[model.activation], [at], [f'next_activations{i}']))
                at = f'next_activations{i}'
        return nodes, weights, at

    def classifier(name, model, y, zipmap=False, kind=TensorProto.FLOAT):
        model.fit(rows, y)
        nodes, weights, at = forward(model, kind)
        isText = model.classes_.dtype.kind == 'U'
        nodes.append(helper.make_node('Softmax' if model.out_activation_ == 'softmax' else 'Sigmoid', [at], ['out']))
        if model._label_binarizer.y_type_ == 'multilabel-indicator':
            weights['threshold'] = np.array([0.5], 'f4')
            nodes.append(helper.make_node('Greater', ['out', 'threshold'], ['is_yes']))
            nodes.append(helper.make_node('Cast', ['is_yes'], ['label'], to=TensorProto.INT64))
            nodes.append(helper.make_node('Identity', ['out'], ['probabilities']))
        else:
            if len(model.classes_) == 2:
                weights['unity'] = np.array(1, 'f4')
                nodes.append(helper.make_node('Sub', ['unity', 'out'], ['negative']))
                nodes.append(helper.make_node('Concat', ['negative', 'out'], ['probabilities'], axis=1))
            else:
                nodes.append(helper.make_node('Identity', ['out'], ['probabilities']))
            weights['classes'] = (
                helper.make_tensor('classes', TensorProto.STRING, [len(model.classes_)], [c.encode() for c in model.classes_])
                if isText
                else model.classes_.astype('i4')
            )
            weights['shape'] = np.array([-1], 'i8')
            nodes.append(helper.make_node('ArgMax', ['probabilities'], ['argmax'], axis=1))
            nodes.append(helper.make_node('ArrayFeatureExtractor', ['classes', 'argmax'], ['picked'], domain='ai.onnx.ml'))
            if not isText:
                nodes.append(helper.make_node('Cast', ['picked'], ['cast'], to=TensorProto.INT64))
            nodes.append(helper.make_node('Reshape', ['picked' if isText else 'cast', 'shape'], ['label']))
        end = 'probabilities'
        if zipmap:
            key = {'classlabels_strings': model.classes_.tolist()} if isText else {'classlabels_int64s': model.classes_.tolist()}
            nodes.append(helper.make_node('ZipMap', ['probabilities'], ['output_probability'], domain='ai.onnx.ml', **key))
            end = 'output_probability'
        outputs = [value('label', TensorProto.STRING if isText else TensorProto.INT64), value(end)]
        case(f'scikit-learn {name}', build(nodes, weights, outputs=outputs), model.predict_proba(x), 'classification', model.classes_.tolist())

    classifier('many classes', MLPClassifier((6,), random_state=1, max_iter=40), np.array([4, 7, 9])[labels])
    classifier('words, ZipMap', MLPClassifier((5, 4), activation='tanh', random_state=1, max_iter=40), np.array(['a', 'b', 'c'])[labels], True)
    classifier('two classes', MLPClassifier((6,), activation='logistic', random_state=1, max_iter=40), np.array(['no', 'yes'])[labels % 2], True)
    classifier('several yes and no', MLPClassifier((6,), random_state=1, max_iter=40), np.stack([labels > 0, labels > 1, labels == 1], 1).astype(int))
    classifier('double', MLPClassifier((6,), activation='identity', random_state=1, max_iter=40), labels, kind=TensorProto.DOUBLE)

    def linear(name, y, transform, key):
        """As skl2onnx writes LogisticRegression: two classes by opposite rows, then Normalizer and ZipMap."""
        model = LogisticRegression().fit(rows, y)
        isTwo = len(model.classes_) == 2
        w = np.concatenate([-model.coef_, model.coef_]) if isTwo else model.coef_
        b = np.concatenate([-model.intercept_, model.intercept_]) if isTwo else model.intercept_
        names = model.classes_.tolist()
        nodes = [
            helper.make_node('LinearClassifier', ['x'], ['label', 'raw'], name='LinearClassifier', domain='ai.onnx.ml', coefficients=w.ravel().tolist(),
                             intercepts=b.tolist(), multi_class=0 if isTwo else 1, post_transform=transform, **{f'classlabels_{key[0]}': names}),
            helper.make_node('Normalizer', ['raw'], ['probabilities'], domain='ai.onnx.ml', norm='L1'),
            helper.make_node('ZipMap', ['probabilities'], ['output_probability'], domain='ai.onnx.ml', **{f'classlabels_{key[1]}': names}),
        ]
        outputs = [value('label', TensorProto.INT64), value('output_probability')]
        case(f'scikit-learn {name}', build(nodes, {}, outputs=outputs), model.predict_proba(x), 'classification', names)

    linear('LogisticRegression of two', np.array(['no', 'yes'])[labels % 2], 'LOGISTIC', ('strings', 'strings'))
    linear('LogisticRegression of three', np.array([4, 7, 9])[labels], 'SOFTMAX', ('ints', 'int64s'))
    line = LinearRegression().fit(rows, rows @ rng.normal(size=(6, 2)) + 3)
    nodes = [helper.make_node('LinearRegressor', ['x'], ['y'], domain='ai.onnx.ml', coefficients=line.coef_.ravel().tolist(), intercepts=line.intercept_.tolist(), targets=2)]
    case('scikit-learn LinearRegression', build(nodes, {}), line.predict(x), 'regression')

    model = MLPRegressor((6,), random_state=1, max_iter=40).fit(rows, rows @ rng.normal(size=(6, 2)))
    nodes, weights, at = forward(model, TensorProto.FLOAT)
    mean, deviation = rng.normal(size=6) * 100, rng.uniform(0.5, 3, 6)
    scaled = x * deviation + mean
    nodes[0] = helper.make_node('Scaler', ['x'], ['cast_input'], domain='ai.onnx.ml', offset=mean.tolist(), scale=(1 / deviation).tolist())
    nodes.append(helper.make_node('Identity', [at], ['y']))
    case('scikit-learn regression behind a scaler', build(nodes, weights), model.predict((scaled.astype('f4').astype('f8') - mean) / deviation), 'regression')
    cases[-1]['x'] = scaled.astype('f4').tolist()


def hand_cases():
    w1, b1 = rng.normal(size=(6, 5)).astype('f4'), rng.normal(size=5).astype('f4')
    w2, b2 = rng.normal(size=(5, 3)).astype('f4'), rng.normal(size=3).astype('f4')
    z = x @ w1 + b1
    node = helper.make_node
    end = node('Gemm', ['h', 'w2', 'b2'], ['y'])
    tail = {'w2': w2, 'b2': b2}
    head = node('Gemm', ['x', 'w1', 'b1'], ['z'])
    both = {'w1': w1, 'b1': b1, **tail}

    nodes = [
        node('Transpose', ['w1t'], ['w1'], perm=[1, 0]),
        node('Unsqueeze', ['b1', 'first'], ['row']),
        node('MatMul', ['x', 'w1'], ['m']),
        node('Add', ['row', 'm'], ['z']),
        node('Relu', ['z'], ['h']),
        node('Gemm', ['h', 'w2t', 'b2'], ['y'], alpha=0.5, beta=2.0, transB=1),
    ]
    weights = {'w1t': w1.T.copy(), 'b1': b1, 'first': np.array([0]), 'w2t': w2.T.copy(), 'b2': b2}
    case('folded constants, alpha and beta', build(nodes, weights), 0.5 * np.maximum(z, 0) @ w2 + 2 * b2, 'regression')

    nodes = [head, node('Relu', ['z'], ['h']), end]
    stored = {
        'w1': numpy_helper.from_array(w1.astype('f2'), 'w1'),
        'b1': helper.make_tensor('b1', TensorProto.FLOAT16, [5], b1.astype('f2')),
        'w2': numpy_helper.from_array(w2.astype('f8'), 'w2'),
        'b2': helper.make_tensor('b2', TensorProto.DOUBLE, [3], b2),
    }
    half = np.maximum(x @ w1.astype('f2').astype('f8') + b1.astype('f2').astype('f8'), 0) @ w2 + b2
    case('float16 and double, raw and as fields', build(nodes, stored), half, 'regression')
    stored = {name: helper.make_tensor(name, TensorProto.FLOAT, a.shape, a.ravel()) for name, a in both.items()}
    case('floats as fields', build(nodes, stored), np.maximum(z, 0) @ w2 + b2, 'regression')

    mean, deviation = rng.normal(size=6).astype('f4'), rng.uniform(0.5, 2, 6).astype('f4')
    nodes = [node('Sub', ['x', 'mean'], ['c']), node('Div', ['c', 'deviation'], ['s']), node('Gemm', ['s', 'w1', 'b1'], ['z']), node('Relu', ['z'], ['h']), end]
    scaled = np.maximum((x - mean) / deviation @ w1 + b1, 0) @ w2 + b2
    case('Sub and Div of the input', build(nodes, {'mean': mean, 'deviation': deviation, **both}), scaled, 'regression')
    nodes = [node('Mul', ['factor', 'x'], ['c']), node('Add', ['c', 'summand'], ['s']), node('Gemm', ['s', 'w1', 'b1'], ['z']), node('Relu', ['z'], ['h']), end]
    scalars = {'factor': np.array(0.25, 'f4'), 'summand': np.array([-0.5], 'f4')}
    case('one factor and summand', build(nodes, {**scalars, **both}), np.maximum((x * 0.25 - 0.5) @ w1 + b1, 0) @ w2 + b2, 'regression')

    gelu = 0.5 * z * (1 + erf(z / np.sqrt(2)))
    constants = {'root': np.array(np.sqrt(2), 'f4'), 'one': np.array(1, 'f4'), 'half': np.array(0.5, 'f4')}
    nodes = [
        head,
        node('Div', ['z', 'root'], ['d']),
        node('Erf', ['d'], ['e']),
        node('Add', ['one', 'e'], ['a']),
        node('Mul', ['half', 'z'], ['hz']),
        node('Mul', ['a', 'hz'], ['h']),
        end,
    ]
    case('GELU by Div', build(nodes, {**constants, **both}), gelu @ w2 + b2, 'regression')
    nodes = [head, node('Gelu', ['z'], ['h']), end]
    case('Gelu of set 20', build(nodes, both, opset=20), gelu @ w2 + b2, 'regression')
    by_tanh = 0.5 * z * (1 + np.tanh(np.sqrt(2 / np.pi) * (z + 0.044715 * z**3)))
    nodes = [head, node('Gelu', ['z'], ['h'], approximate='tanh'), end]
    case('Gelu of set 20 by tanh', build(nodes, both, opset=20), by_tanh @ w2 + b2, 'regression')
    nodes = [
        head,
        node('Pow', ['z', 'three'], ['p']),
        node('Mul', ['p', 'c'], ['pc']),
        node('Add', ['z', 'pc'], ['s']),
        node('Mul', ['s', 'f'], ['t']),
        node('Tanh', ['t'], ['g']),
        node('Add', ['g', 'one'], ['a']),
        node('Mul', ['z', 'a'], ['za']),
        node('Mul', ['za', 'half'], ['h']),
        end,
    ]
    powers = {'three': np.array(3, 'f4'), 'c': np.array(0.044715, 'f4'), 'f': np.array(0.7978846, 'f4')}
    case('GELU by tanh with Pow', build(nodes, {**constants, **powers, **both}), by_tanh @ w2 + b2, 'regression')
    nodes = [head, node('Sigmoid', ['z'], ['s']), node('Mul', ['s', 'z'], ['h']), node('Gemm', ['h', 'w2', 'b2'], ['l']), node('Softmax', ['l'], ['y'])]
    silu = z / (1 + np.exp(-z))
    case('SiLU', build(nodes, both, opset=9), softmax(silu @ w2 + b2), 'classification', [0, 1, 2])

    nodes = [
        node('Shape', ['x'], ['all']),
        node('Gather', ['all', 'zero'], ['rows']),
        node('Unsqueeze', ['rows', 'first'], ['rows1']),
        node('Concat', ['rows1', 'rest'], ['target'], axis=0),
        node('Reshape', ['x', 'target'], ['flat']),
        node('Gemm', ['flat', 'w1', 'b1'], ['z']),
        node('Constant', [], ['slope'], value_floats=[0.25]),
        node('PRelu', ['z', 'slope'], ['h0']),
        node('Dropout', ['h0', 'ratio'], ['h']),
        end,
    ]
    shapes = {'zero': np.array(0), 'first': np.array([0]), 'rest': np.array([-1]), 'ratio': np.array(0.25, 'f4')}
    leaky = np.where(z > 0, z, 0.25 * z)
    inputs = [value('x', TensorProto.FLOAT, ['n', 3, 2])]
    case('a shape that is computed, PRelu, Dropout', build(nodes, {**shapes, **both}, inputs), leaky @ w2 + b2, 'regression')
    cases[-1]['shape'] = [3, 2]


def refused():
    node = helper.make_node
    w = rng.normal(size=(6, 3)).astype('f4')
    dense = node('MatMul', ['x', 'w'], ['y'], name='dense')
    four = [value('x', TensorProto.FLOAT, ['n', 1, 3, 3])]
    external = numpy_helper.from_array(w, 'w')
    onnx.external_data_helper.set_external_data(external, 'weights.bin')
    external.ClearField('raw_data')
    long = helper.make_tensor('w', TensorProto.FLOAT, [6, 3], w.ravel())
    del long.dims[:]
    long.dims.extend([6, 2**40])
    wide = [value('x', TensorProto.FLOAT, ['n', 2**50])]
    spread = [node('Add', ['column', 'row'], ['z'], name='spread'), node('MatMul', ['x', 'z'], ['y'])]
    grown = [node('ConstantOfShape', ['sizes'], ['z'], name='grown'), node('MatMul', ['x', 'z'], ['y'])]
    doubled = [node('Concat', [f'd{i}', f'd{i}'], [f'd{i + 1}'], axis=0) for i in range(60)]
    ones = np.ones((2, 1, 2, 2), 'f4')
    training = node('Dropout', ['z', 'ratio', 'yes'], ['y'], name='drop')
    files = {
        'Conv': (build([node('Conv', ['x', 'k'], ['y'], name='/conv1/Conv')], {'k': ones}, four), 'node "/conv1/Conv" of operator Conv (ai.onnx)'),
        'a custom domain': (build([node('MatMul', ['x', 'w'], ['y'], domain='com.acme', name='m')], {'w': w}), 'node "m" of operator MatMul (com.acme)'),
        'external data': (build([dense], {'w': external}), 'tensor "w" with its data in another file'),
        'a shape that does not fit': (build([dense], {'w': w[:5]}), 'a matrix [5, 3] has a row for each of 6 inputs; received node "dense"'),
        'a cycle': (build([node('Add', ['x', 'y'], ['z']), node('Relu', ['z'], ['y'])], {}), '"y", which is made later, or out of itself'),
        'an input that nothing makes': (build([dense], {}), '"w", which nothing makes, in node "dense"'),
        'a huge declared size': (build([dense], {'w': long}), 'tensor "w" of shape [6, 1099511627776] has as many values'),
        'a huge input': (build([dense], {'w': w}, wide), '"x" of shape [any, 1125899906842624]'),
        'constants that grow': (build(spread, {'column': np.ones((5000, 1), 'f4'), 'row': np.ones((1, 5000), 'f4')}), 'node "spread"'),
        'a constant of any size': (build(grown, {'sizes': np.array([2**20, 2**20])}), 'node "grown"'),
        'constants that double': (build([*doubled, node('MatMul', ['x', 'd60'], ['y'])], {'d0': w}), 'operator Concat (ai.onnx)'),
        'a branch': (build([node('MatMul', ['x', 'w'], ['a']), node('Relu', ['a'], ['b']), node('Add', ['a', 'b'], ['y'], name='skip')], {'w': w}), 'node "skip"'),
        'two inputs': (build([node('Add', ['x', 'u'], ['y'])], {}, [value('x', TensorProto.FLOAT, ['n', 6]), value('u', TensorProto.FLOAT, ['n', 6])]), '"x", "u"'),
        'a size that is not told': (build([dense], {'w': w}, [value('x', TensorProto.FLOAT, ['n', 'm'])]), '"x" of shape [any, any]'),
        'Erf alone': (build([node('MatMul', ['x', 'w'], ['z']), node('Erf', ['z'], ['y'], name='e')], {'w': w}), 'node "e" of operator Erf'),
        'a square': (build([node('MatMul', ['x', 'w'], ['z']), node('Mul', ['z', 'z'], ['y'])], {'w': w}), 'powers of computed values'),
        'dropout in training': (build([node('MatMul', ['x', 'w'], ['z']), training], {'w': w, 'ratio': np.array(0.5, 'f4'), 'yes': np.array(True)}), 'node "drop"'),
        'a weight that is not finite': (build([dense], {'w': np.full((6, 3), np.inf, 'f4')}), 'node "dense"'),
        'an old operator set': (build([dense], {'w': w}, opset=6), 'the operator set is one from 7 to'),
        'two results': (build([dense, node('Relu', ['y'], ['h'])], {'w': w}, outputs=[value('y'), value('h')]), '"y", "h"'),
        'one-versus-rest of three classes': (
            build(
                [node('LinearClassifier', ['x'], ['label', 'y'], name='ovr', domain='ai.onnx.ml', coefficients=w.ravel().tolist(), post_transform='LOGISTIC', classlabels_ints=[0, 1, 2])],
                {},
            ),
            'node "ovr" of operator LinearClassifier (ai.onnx.ml)',
        ),
        'no dense layer': (build([node('Relu', ['x'], ['y'])], {}), 'a network has a dense layer'),
    }
    return [{'name': name, 'file': base64.b64encode(data).decode(), 'message': message} for name, (data, message) in files.items()]


if len(sys.argv) > 1:
    onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True)
else:
    warnings.simplefilter('ignore')
    torch_cases()
    scikit_cases()
    hand_cases()
    print(json.dumps({'x': x.tolist(), 'cases': cases, 'refused': refused()}))
