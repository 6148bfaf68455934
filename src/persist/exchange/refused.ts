// Files that are known but not read, each with the reason and the way round it.
import { FormatError } from '../../core/errors.js'

/** @throws FormatError for pickles, PyTorch's checkpoints and HDF5. */
export function refuseUnreadable(bytes: Uint8Array, file: string): void {
  const starts = (...values: number[]) => values.every((value, i) => bytes[i] === value)
  const isPickle =
    starts(0x80) && bytes[1]! >= 2 && bytes[1]! <= 5 && /\.(pkl|pickle|joblib|pt|pth|bin)$/i.test(file)
  const isOldPickle = /\.(pkl|pickle|joblib)$/i.test(file)
  if (isPickle || isOldPickle) {
    throw new FormatError({
      file,
      rule: 'pickles are not read, for reading one runs whatever code is in it',
      received: 'a pickle',
      remedy:
        'if you trust it, write NPZ with two lines of Python: ' +
        `import pickle, numpy; model = pickle.load(open('model.pkl', 'rb')) ⏎ ` +
        `numpy.savez('model.npz', classes_=getattr(model, 'classes_', []), ` +
        `**{f'coefs_{i}': w for i, w in enumerate(model.coefs_)}, ` +
        `**{f'intercepts_{i}': b for i, b in enumerate(model.intercepts_)})`,
    })
  }
  if (starts(0x50, 0x4b) && /\.(pt|pth|bin)$/i.test(file)) {
    throw new FormatError({
      file,
      rule: "PyTorch's own files are not read, for they hold a pickle, which runs code",
      received: 'a file of torch.save',
      remedy: `write safetensors in Python: from safetensors.torch import save_file; save_file(model.state_dict(), 'model.safetensors')`,
    })
  }
  if (starts(0x89, 0x48, 0x44, 0x46) || (starts(0x50, 0x4b) && /\.keras$/i.test(file))) {
    throw new FormatError({
      file,
      rule: "Keras's own files are not read",
      received: starts(0x50) ? 'a .keras file' : 'an HDF5 file',
      remedy: `write NPZ in Python: numpy.savez('model.npz', *keras.models.load_model('model').get_weights())`,
    })
  }
}
