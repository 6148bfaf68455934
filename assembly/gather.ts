// Collects the rows of a batch out of the data set and brings them into panels: one call a row.
//   gatherU8  x[b, c] = data[row, c] · scale[c] + shift[c]      bytes, as images are kept
//   gatherF32 the same from float32 rows
// Layout: `data` row-major; `x` points at row b of the first panel (see gemm.ts), `stride` bytes from panel to panel.
// `scale` and `shift` hold one float a column, padded with zeros to a multiple of 16, so that padded lanes come out zero.
// The products and sums are rounded separately in both variants: the input of a model does not depend on the variant.

/** One byte row of `columns` values. Reads 16 bytes at a time; the last, shorter group byte by byte. */
export function gatherU8(x: usize, stride: usize, data: usize, columns: i32, scale: usize, shift: usize): void {
  let c = 0
  for (; c + 16 <= columns; c += 16) {
    const bytes = v128.load(data)
    const low = i16x8.extend_low_i8x16_u(bytes)
    const high = i16x8.extend_high_i8x16_u(bytes)
    convert(x, 0, i32x4.extend_low_i16x8_u(low), scale, shift)
    convert(x, 16, i32x4.extend_high_i16x8_u(low), scale, shift)
    convert(x, 32, i32x4.extend_low_i16x8_u(high), scale, shift)
    convert(x, 48, i32x4.extend_high_i16x8_u(high), scale, shift)
    data += 16
    scale += 64
    shift += 64
    x += stride
  }
  for (; c < columns; c++) {
    f32.store(x, <f32>load<u8>(data) * load<f32>(scale) + load<f32>(shift))
    data++
    scale += 4
    shift += 4
    x += 4
  }
}

// @ts-ignore: decorator
@inline
function convert(x: usize, at: usize, values: v128, scale: usize, shift: usize): void {
  const scaled = f32x4.mul(f32x4.convert_i32x4_u(values), v128.load(scale + at))
  v128.store(x + at, f32x4.add(scaled, v128.load(shift + at)))
}

/** One float row of `columns` values; `data` is 4-byte aligned. */
export function gatherF32(x: usize, stride: usize, data: usize, columns: i32, scale: usize, shift: usize): void {
  let c = 0
  for (; c + 16 <= columns; c += 16) {
    for (let at: usize = 0; at < 64; at += 16) {
      const scaled = f32x4.mul(v128.load(data + at), v128.load(scale + at))
      v128.store(x + at, f32x4.add(scaled, v128.load(shift + at)))
    }
    data += 64
    scale += 64
    shift += 64
    x += stride
  }
  for (; c < columns; c++) {
    f32.store(x, load<f32>(data) * load<f32>(scale) + load<f32>(shift))
    data += 4
    scale += 4
    shift += 4
    x += 4
  }
}

/** One row of a panel matrix to a row-major row: the way out for predictions and weights. */
export function scatterRow(out: usize, x: usize, stride: usize, columns: i32): void {
  for (let c = 0; c < columns; c += 16) {
    memory.copy(out + ((<usize>c) << 2), x, (<usize>min(columns - c, 16)) << 2)
    x += stride
  }
}
