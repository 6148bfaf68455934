// The data sets that the library knows by name. The same as datasets/catalog.json, which is for people and other
// tools; a test holds the two equal. Here as code, so that it is there in every runtime without reading a file.
import type { Scaling } from './transforms/fit-map.js'

export interface CatalogFile {
  /** As users download it; in an archive, the name without its folder. */
  name: string
  /** Size and checksum of the file as downloaded, where they are known. */
  bytes?: number
  sha256?: string
  /** Of a set with splits: the split that the file belongs to. */
  split?: string
}

/** An archive that holds `files`, where they cannot be had one by one. */
export interface CatalogArchive {
  name: string
  bytes: number
  sha256: string
  /** The folder of the archive in which the files lie, as `gzip/`; empty for its top. */
  folder: string
}

/** One of several ways in which a set is cut and labelled. */
export interface CatalogSplit {
  name: string
  title: string
  classes: string[]
  rows: { train: number; test: number }
  /** The number that the files give to class 0; default 0. */
  firstLabel?: number
}

/** SHA-256 of the labels of a part, one byte each in the order of the files: tells sets apart that share file names. */
export interface LabelSums {
  train: string
  test: string
}

/** Training options of the command line that serve a set better than the general defaults. */
export interface Recommended {
  /** With learning rate, schedule and weight decay that are for it. */
  optimizer?: string
  lr?: number
  schedule?: string
  weightDecay?: number
  /** Of multi-layer perceptrons: units of the hidden layers, dropout after them, scaling of columns. */
  hidden?: readonly number[]
  dropout?: number
  activation?: string
  scaling?: Scaling
  epochs?: number
  batchSize?: number
}

export interface CatalogEntry {
  name: string
  title: string
  task: 'classification' | 'regression'
  /** What to call class 0, 1, …; of a set with splits, of its first. */
  classes: string[]
  sampleShape: number[]
  /** Of pictures: whether the mirror image, left to right, shows the same class. */
  flips?: boolean
  /** Of a set with splits, of its first. Where there is no test part, `test` counts what a split of 80:20 sets aside. */
  rows: { train: number; test: number }
  /** Of a regression: what is learned, and the unit that metrics are in. */
  targetName?: string
  targetUnit?: string
  licence: string
  citation: string
  /** Folders of a data directory in which the files are looked for, besides that directory itself. */
  folders: string[]
  /** Addresses in front of the names of the files, or of the archive where there is one. */
  mirrors: string[]
  archive?: CatalogArchive
  recommended: Recommended
  /** None for a set that is generated. */
  files: CatalogFile[]
  labelSums?: LabelSums
  /** The default is the first. */
  splits?: CatalogSplit[]
}

const digits = [...'0123456789']
const capitals = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
/** Digits, capitals, and those small letters that do not look like their capitals. */
const merged = [...digits, ...capitals, ...'abdefghnqrt']
const recommended: Recommended = { optimizer: 'adam', lr: 0.002, schedule: 'cosine' }

/** The four files under the names that MNIST gave them, with sizes and SHA-256 sums. */
function mnistFiles(...known: readonly [bytes: number, sha256: string][]): CatalogFile[] {
  const names = ['train-images-idx3', 'train-labels-idx1', 't10k-images-idx3', 't10k-labels-idx1']
  return known.map(([bytes, sha256], i) => ({ name: `${names[i]!}-ubyte.gz`, bytes, sha256 }))
}

/** Class names from the mapping files of EMNIST; numbers of rows from its paper. */
const emnistSplits: CatalogSplit[] = [
  {
    name: 'balanced',
    title: '47 classes of equal size',
    classes: merged,
    rows: { train: 112800, test: 18800 },
  },
  {
    name: 'byclass',
    title: '62 classes',
    classes: [...digits, ...capitals, ...'abcdefghijklmnopqrstuvwxyz'],
    rows: { train: 697932, test: 116323 },
  },
  {
    name: 'bymerge',
    title: '47 classes, alike upper and lower case letters merged',
    classes: merged,
    rows: { train: 697932, test: 116323 },
  },
  { name: 'digits', title: '10 digits', classes: digits, rows: { train: 240000, test: 40000 } },
  {
    name: 'letters',
    title: '26 letters, upper and lower case merged',
    classes: capitals,
    rows: { train: 124800, test: 20800 },
    firstLabel: 1,
  },
  {
    name: 'mnist',
    title: '10 digits, MNIST made anew from the same source',
    classes: digits,
    rows: { train: 60000, test: 10000 },
  },
]

function emnistFiles({ name }: CatalogSplit): CatalogFile[] {
  const parts = ['train', 'test'].flatMap((part) => [
    `${part}-images-idx3-ubyte.gz`,
    `${part}-labels-idx1-ubyte.gz`,
  ])
  return [...parts, 'mapping.txt'].map((end) => ({ name: `emnist-${name}-${end}`, split: name }))
}

export const catalog: readonly CatalogEntry[] = [
  {
    name: 'mnist',
    title: 'MNIST database of handwritten digits',
    task: 'classification',
    classes: digits,
    sampleShape: [28, 28],
    flips: false,
    rows: { train: 60000, test: 10000 },
    licence: 'none stated on the original page; several redistributors state CC BY-SA 3.0',
    citation:
      'Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document recognition, Proceedings of the IEEE 86(11), 1998',
    folders: ['mnist', 'MNIST/raw'],
    mirrors: [
      'https://storage.googleapis.com/cvdf-datasets/mnist/',
      'https://ossci-datasets.s3.amazonaws.com/mnist/',
    ],
    recommended,
    files: mnistFiles(
      [9912422, '440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609'],
      [28881, '3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c'],
      [1648877, '8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6'],
      [4542, 'f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6'],
    ),
    labelSums: {
      train: '1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13',
      test: 'ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5',
    },
  },
  {
    name: 'fashion-mnist',
    title: 'Fashion-MNIST, articles of clothing',
    task: 'classification',
    classes: [
      'T-shirt/top',
      'Trouser',
      'Pullover',
      'Dress',
      'Coat',
      'Sandal',
      'Shirt',
      'Sneaker',
      'Bag',
      'Ankle boot',
    ],
    sampleShape: [28, 28],
    flips: true,
    rows: { train: 60000, test: 10000 },
    licence: 'MIT',
    citation:
      'H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking machine learning algorithms, arXiv:1708.07747, 2017',
    folders: ['fashion-mnist', 'fashion_mnist', 'FashionMNIST/raw'],
    mirrors: [
      'https://storage.googleapis.com/tensorflow/tf-keras-datasets/',
      'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    ],
    recommended,
    files: mnistFiles(
      [26421880, '3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84'],
      [29515, 'a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845'],
      [4422102, '346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073'],
      [5148, '67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5'],
    ),
    labelSums: {
      train: '657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7',
      test: '3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9',
    },
  },
  {
    name: 'kmnist',
    title: 'Kuzushiji-MNIST, cursive hiragana',
    task: 'classification',
    classes: ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo'],
    sampleShape: [28, 28],
    flips: false,
    rows: { train: 60000, test: 10000 },
    licence: 'CC BY-SA 4.0',
    citation:
      'T. Clanuwat, M. Bober-Irizar, A. Kitamoto, A. Lamb, K. Yamamoto, D. Ha, Deep learning for classical Japanese literature, arXiv:1812.01718, 2018',
    folders: ['kmnist', 'KMNIST/raw'],
    mirrors: [
      'https://codh.rois.ac.jp/kmnist/dataset/kmnist/',
      'http://codh.rois.ac.jp/kmnist/dataset/kmnist/',
    ],
    recommended: {},
    files: mnistFiles(
      [18165135, '51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4'],
      [29497, 'e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17'],
      [3041136, 'edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5'],
      [5120, '20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c'],
    ),
  },
  {
    name: 'emnist',
    title: 'EMNIST, handwritten digits and letters',
    task: 'classification',
    classes: merged,
    sampleShape: [28, 28],
    flips: false,
    rows: { train: 112800, test: 18800 },
    licence: 'none stated on the page of NIST, which asks for citation',
    citation:
      'G. Cohen, S. Afshar, J. Tapson, A. van Schaik, EMNIST: an extension of MNIST to handwritten letters, arXiv:1702.05373, 2017',
    folders: ['emnist', 'emnist/gzip', 'emnist/emnist_source_files', 'EMNIST/raw'],
    mirrors: [
      'https://biometrics.nist.gov/cs_links/EMNIST/',
      'https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/',
    ],
    archive: {
      name: 'gzip.zip',
      bytes: 561753746,
      sha256: 'fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e',
      folder: 'gzip/',
    },
    recommended,
    files: emnistSplits.flatMap(emnistFiles),
    splits: emnistSplits,
  },
  {
    name: 'digits',
    title: 'Lanewise digits, drawn by a seeded generator',
    task: 'classification',
    classes: digits,
    sampleShape: [28, 28],
    flips: false,
    rows: { train: 10000, test: 2000 },
    licence: 'MIT, part of Lanewise',
    citation: 'none needed',
    folders: [],
    mirrors: [],
    recommended,
    files: [],
  },
  {
    name: 'california-housing',
    title: 'California Housing, median house values of block groups in the census of 1990',
    task: 'regression',
    classes: [],
    sampleShape: [8],
    rows: { train: 16512, test: 4128 },
    targetName: 'MedHouseVal',
    targetUnit: '100,000 $',
    licence:
      'none stated with the original (US census figures); housing.csv comes with code under Apache-2.0',
    citation:
      'R. K. Pace, R. Barry, Sparse Spatial Autoregressions, Statistics and Probability Letters 33, 1997',
    folders: ['california-housing', 'california_housing', 'CaliforniaHousing'],
    mirrors: ['https://raw.githubusercontent.com/ageron/handson-ml2/master/datasets/housing/'],
    recommended: {
      optimizer: 'adam',
      lr: 0.003,
      schedule: 'cosine',
      hidden: [128, 64],
      activation: 'gelu',
      scaling: 'quantile',
      epochs: 30,
      batchSize: 128,
    },
    files: [
      {
        name: 'housing.csv',
        bytes: 1423529,
        sha256: '8a3727f4cf54ac1a327f69b1d5b4db54c5834ea81c6e4efc0d163300022a685e',
      },
    ],
  },
]
