// EMNIST's files hold every picture transposed: rows and columns have changed places. Put right once, when a set is
// read, so that pictures stand upright everywhere: in training, prediction, previews and exported models.
// Source: G. Cohen et al., "EMNIST: an extension of MNIST to handwritten letters" (2017).

/**
 * Swaps rows and columns of every picture, in place.
 * @param pictures `side` × `side` values each, one after another.
 */
export function transposeSquares(pictures: Uint8Array | Float32Array, side: number): void {
  const size = side * side
  for (let start = 0; start < pictures.length; start += size) {
    for (let row = 1; row < side; row++) {
      for (let column = 0; column < row; column++) {
        const a = start + row * side + column
        const b = start + column * side + row
        const value = pictures[a]!
        pictures[a] = pictures[b]!
        pictures[b] = value
      }
    }
  }
}
