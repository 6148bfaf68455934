// The data sets that the library knows by name. The same as datasets/catalog.json, which is for people and other
// tools; a test holds the two equal. Here as code, so that it is there in every runtime without reading a file.

export interface CatalogFile {
  /** As users download it. */
  name: string
  bytes: number
  sha256: string
}

/** Training options of the command line that serve a set better than the general defaults. */
export interface Recommended {
  /** The optimizer that the other two are for. */
  optimizer?: string
  /** Learning rate, and its schedule. */
  lr?: number
  schedule?: string
}

export interface CatalogEntry {
  name: string
  title: string
  task: 'classification' | 'regression'
  /** What to call class 0, 1, … */
  classes: string[]
  sampleShape: number[]
  rows: { train: number; test: number }
  licence: string
  citation: string
  /** Folders of a data directory in which the files are looked for, besides that directory itself. */
  folders: string[]
  /** Addresses in front of the file names. */
  mirrors: string[]
  recommended: Recommended
  /** None for a set that is generated. */
  files: CatalogFile[]
}

const digitNames = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']

export const catalog: readonly CatalogEntry[] = [
  {
    name: 'mnist',
    title: 'MNIST database of handwritten digits',
    task: 'classification',
    classes: digitNames,
    sampleShape: [28, 28],
    rows: { train: 60000, test: 10000 },
    licence: 'none stated on the original page; several redistributors state CC BY-SA 3.0',
    citation:
      'Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document recognition, ' +
      'Proceedings of the IEEE 86(11), 1998',
    folders: ['mnist', 'MNIST/raw'],
    mirrors: [
      'https://storage.googleapis.com/cvdf-datasets/mnist/',
      'https://ossci-datasets.s3.amazonaws.com/mnist/',
    ],
    recommended: { optimizer: 'adam', lr: 0.002, schedule: 'cosine' },
    files: [
      {
        name: 'train-images-idx3-ubyte.gz',
        bytes: 9912422,
        sha256: '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609',
      },
      {
        name: 'train-labels-idx1-ubyte.gz',
        bytes: 28881,
        sha256: '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c',
      },
      {
        name: 't10k-images-idx3-ubyte.gz',
        bytes: 1648877,
        sha256: '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6',
      },
      {
        name: 't10k-labels-idx1-ubyte.gz',
        bytes: 4542,
        sha256: 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6',
      },
    ],
  },
  {
    name: 'digits',
    title: 'Lanewise digits, drawn by a seeded generator',
    task: 'classification',
    classes: digitNames,
    sampleShape: [28, 28],
    rows: { train: 10000, test: 2000 },
    licence: 'MIT, part of Lanewise',
    citation: 'none needed',
    folders: [],
    mirrors: [],
    recommended: { optimizer: 'adam', lr: 0.002, schedule: 'cosine' },
    files: [],
  },
]
