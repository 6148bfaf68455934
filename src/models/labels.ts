// A classifier's labels: from what the user gave to the targets of a loss, and from outputs back to the user's labels.
import { DataError, ShapeError } from '../core/errors.js'
import type { Matrix } from '../core/matrix.js'
import type { OutputMeaning } from '../core/state.js'
import { toRows, type Samples, type Tensor } from '../core/tensor.js'
import { classesOf, encodeLabels, labelsOf, type Label, type Targets } from './targets.js'

/** `class`: one of several; `binary`: yes or no by one output; `columns`: several yes/no columns. */
type Mode = 'class' | 'binary' | 'columns'

export class Labels {
  private constructor(
    readonly mode: Mode,
    readonly classes: readonly Label[],
  ) {}

  /** From targets: one label a row; one-hot rows (every row sums to 1), as classes 0, 1, …; or yes/no columns. */
  static of(y: Targets, binaryByOne: boolean): Labels {
    const labels = labelsOf(y)
    if (labels !== undefined) return Labels.ofClasses(classesOf(labels), binaryByOne)
    const { data, rows, columns } = toRows(y as Samples, 'y')
    let oneHot = true
    for (let r = 0; r < rows; r++) {
      let sum = 0
      for (let c = 0; c < columns; c++) {
        const value = data[r * columns + c]!
        if (value !== 0 && value !== 1) {
          throw new DataError({
            rule: 'several label columns hold 0 and 1',
            received: `${String(value)} in row ${String(r)}, column ${String(c)}`,
            remedy: "use task: 'regression' for numbers",
          })
        }
        sum += value
      }
      oneHot &&= sum === 1
    }
    return new Labels(
      oneHot ? 'class' : 'columns',
      Array.from({ length: columns }, (_, c) => c),
    )
  }

  static ofClasses(classes: readonly Label[], binaryByOne = false): Labels {
    if (classes.length < 2) {
      throw new DataError({
        rule: 'a classifier needs rows of at least two classes',
        received: classes.length === 0 ? 'no rows' : `only ${JSON.stringify(classes[0])}`,
        remedy: 'add rows of another class',
      })
    }
    return new Labels(binaryByOne && classes.length === 2 ? 'binary' : 'class', classes)
  }

  static ofMeaning({ task, classes, columns }: OutputMeaning): Labels | undefined {
    if (task === 'regression' || classes === undefined) return undefined
    return new Labels(columns === true ? 'columns' : columns === false ? 'binary' : 'class', classes)
  }

  get meaning(): OutputMeaning {
    const classes = [...this.classes]
    if (this.mode === 'class') return { task: 'classification', classes }
    return { task: 'classification', classes, columns: this.mode === 'columns' }
  }

  get outputs(): number {
    return this.mode === 'binary' ? 1 : this.classes.length
  }

  /** The last activation. */
  get link(): 'softmax' | 'sigmoid' {
    return this.mode === 'class' ? 'softmax' : 'sigmoid'
  }

  /** Class numbers, or rows of 0 and 1, for the loss. */
  encode(y: Targets): Int32Array | Tensor<Float32Array> {
    const labels = labelsOf(y)
    if (labels !== undefined && this.mode !== 'columns') {
      const numbers = encodeLabels(labels, this.classes).data as Int32Array
      return this.mode === 'class'
        ? numbers
        : { data: Float32Array.from(numbers), shape: [numbers.length, 1] }
    }
    const { data, rows, columns } = toRows(y as Samples, 'y')
    if (columns !== this.classes.length) {
      throw new ShapeError({
        rule: `the labels have ${String(this.classes.length)} columns`,
        received: String(columns),
        remedy: 'pass labels of the form that the model was trained on',
      })
    }
    if (this.mode === 'columns') return { data: Float32Array.from(data), shape: [rows, columns] }
    return Int32Array.from({ length: rows }, (_, r) =>
      data.subarray(r * columns, (r + 1) * columns).indexOf(1),
    )
  }

  /** Class weights by class number. */
  encodeWeights(weights: Readonly<Record<Label, number>>): Record<number, number> {
    return Object.fromEntries(
      this.classes.flatMap((label, i) => (label in weights ? [[i, weights[label]!]] : [])),
    )
  }

  /** Labels of outputs: the likeliest class, or each yes of more than one half. */
  decode(outputs: Matrix): Label[] | number[][] {
    if (this.mode === 'columns') return outputs.map((row) => Array.from(row, (p) => Number(p > 0.5)))
    if (this.mode === 'binary') return outputs.map((row) => this.classes[Number(row[0]! > 0.5)]!)
    return outputs.map((row) => {
      let best = 0
      for (let c = 1; c < row.length; c++) if (row[c]! > row[best]!) best = c
      return this.classes[best]!
    })
  }
}
