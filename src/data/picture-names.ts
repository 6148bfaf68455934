// The names under which people have picture sets on disk: as downloaded, as archives unpack, as others save them.

export type PartName = 'train' | 'test'

/** Possible names of the files of a part, without `.gz`; the first that is there is read. */
export interface PairNames {
  images: string[]
  labels: string[]
}

/** For each form the names of a set's files. */
export interface PictureNames {
  idx: Record<PartName, PairNames>
  /** One file with all arrays; then one file an array. */
  npz: string[]
  npzPairs: Record<PartName, PairNames>
  npy: Record<PartName, PairNames>
  csv: Record<PartName, string[]>
}

const mnistIdx: Record<PartName, PairNames> = { train: idxNames('train'), test: idxNames('t10k') }

/** With a dash as on MNIST's page, or with a dot as Windows programs and some archives name them. */
function idxNames(stem: string): PairNames {
  const names = (what: string, rank: number) =>
    ['-', '.'].map((dash) => `${stem}-${what}${dash}idx${String(rank)}-ubyte`)
  return { images: names('images', 3), labels: names('labels', 1) }
}

/** As saved by hand with `numpy.save`; the test files of some are called after the validation. */
const npy: Record<PartName, PairNames> = { train: npyNames('train'), test: npyNames('test') }

function npyNames(part: PartName): PairNames {
  return {
    images: [`${part}_images.npy`, `x_${part}.npy`, `X_${part}.npy`, `${part}_x.npy`, `${part}-images.npy`],
    labels: [`${part}_labels.npy`, `y_${part}.npy`, `${part}_y.npy`, `${part}-labels.npy`],
  }
}

/** Names of arrays within an NPZ file: those of Keras' `mnist.npz`, then others in use. */
export const arrayNames: Record<PartName, PairNames> = {
  train: { images: ['x_train', 'X_train', 'train_images'], labels: ['y_train', 'train_labels'] },
  test: { images: ['x_test', 'X_test', 'test_images'], labels: ['y_test', 'test_labels'] },
}

/** The names of a set of the catalogue that has no splits; of any such set without a name. */
export function picturesOf(set?: string): PictureNames {
  const stems = set === undefined ? ['mnist', 'fashion-mnist', 'kmnist'] : [set]
  const csv = (part: PartName) => [
    ...stems.flatMap((stem) => [`${stem}_${part}.csv`, `${stem}-${part}.csv`]),
    ...(set === undefined ? [`${part}.csv`] : []),
  ]
  const pairs = (part: PartName) => ({
    images: stems.map((stem) => `${stem}-${part}-imgs.npz`),
    labels: stems.map((stem) => `${stem}-${part}-labels.npz`),
  })
  return {
    idx: mnistIdx,
    npz: stems.flatMap((stem) => [`${stem}.npz`, `${stem.replace('-', '_')}.npz`]),
    npzPairs: { train: pairs('train'), test: pairs('test') },
    npy,
    csv: { train: csv('train'), test: csv('test') },
  }
}

/** Those of a split of EMNIST. */
export function emnistPictures(split: string): PictureNames {
  const stem = `emnist-${split}`
  const none = { train: { images: [], labels: [] }, test: { images: [], labels: [] } }
  return {
    idx: { train: idxNames(`${stem}-train`), test: idxNames(`${stem}-test`) },
    npz: [],
    npzPairs: none,
    npy: none,
    csv: { train: [`${stem}-train.csv`], test: [`${stem}-test.csv`] },
  }
}
