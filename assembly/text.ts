// Rows of decimal numbers in ASCII text straight into a table: what is common goes fast, what is not goes elsewhere.
//   row     columns numbers with a delimiter between them, spaces around them, at the end LF or CR LF
//   bytes   one to three digits, up to 255                                                             out: u8
//   floats  [+-] digits [. digits] [e [+-] digits], or nothing for a missing value (NaN)               out: f32
// A row that holds anything else is not taken, nor is a number whose value is in doubt: the kernels stop before it.
// A float is the float64 nearest to the text, rounded to float32. Up to 15 digits and powers of ten up to 22 are float64s
// themselves, so that one product or quotient rounds once (Clinger, "How to Read Floating Point Numbers Accurately", 1990).
// Up to 19 digits the float64 is known within a bound; that suffices when both ends of the bound round to the same
// float32, for rounding never changes an order.
// Layout: `out` row by row without gaps, with 8 bytes after it that may be written. Text ends with LF, with 16 bytes after it
// that may be read. `powers` holds 10⁰ … 10²² as f64. The delimiter is no digit, sign, point, letter, space, CR or LF.

/** Whole rows as bytes, at most `rows`. @param count gets how many (i32). @returns where the first row that was not taken begins. */
export function byteRows(
  out: usize, text: usize, end: usize, columns: i32, rows: i32, delimiter: i32, count: usize,
): usize {
  let taken = 0
  while (taken < rows && text < end) {
    const next = byteRow(out, text, columns, delimiter)
    if (next === 0) break
    text = next
    out += <usize>columns
    taken++
  }
  store<i32>(count, taken)
  return text
}

/** One row as bytes. @returns the end of its line, or 0. */
export function byteRow(out: usize, text: usize, columns: i32, delimiter: i32): usize {
  const zeros = i16x8.splat(<i16>(48 | (delimiter << 8)))
  const last = columns - 1
  let c = 0
  while (c < last) {
    const digit = <u32>load<u8>(text) - 48
    let next: i32 = load<u8>(text, 1)
    if (next === delimiter) {
      if (digit === 0) {
        // A run of zeros, up to eight of them
        const pairs = i8x16.bitmask(i8x16.ne(v128.load(text), zeros)) | 0x10000
        const run = min(ctz(pairs) >> 1, last - c)
        store<u64>(out + <usize>c, 0)
        text += <usize>run << 1
        c += run
        continue
      }
      if (digit > 9) return 0
      store<u8>(out + <usize>c, digit)
      text += 2
      c++
      continue
    }
    if (digit > 9) {
      if (digit !== 32 - 48) return 0
      text++
      continue
    }
    const second = <u32>next - 48
    if (second > 9) return 0
    let value = digit * 10 + second
    next = load<u8>(text, 2)
    text += 3
    if (next !== delimiter) {
      const third = <u32>next - 48
      if (third > 9 || <i32>load<u8>(text) !== delimiter) return 0
      value = value * 10 + third
      if (value > 255) return 0
      text++
    }
    store<u8>(out + <usize>c, value)
    c++
  }
  while (load<u8>(text) === 32) text++
  let value: u32 = 0
  let digits = 0
  for (let digit = <u32>load<u8>(text) - 48; digit < 10; digit = <u32>load<u8>(text) - 48) {
    value = value * 10 + digit
    text++
    if (++digits > 3) return 0
  }
  if (digits === 0 || value > 255) return 0
  store<u8>(out + <usize>c, value)
  return lineEnd(text)
}

/** Whole rows as floats; arguments and result as for bytes. */
export function floatRows(
  out: usize, text: usize, end: usize, columns: i32, rows: i32, delimiter: i32, powers: usize, count: usize,
): usize {
  let taken = 0
  while (taken < rows && text < end) {
    const next = floatRow(out, text, columns, delimiter, powers)
    if (next === 0) break
    text = next
    out += <usize>columns << 2
    taken++
  }
  store<i32>(count, taken)
  return text
}

/** One row as floats. @returns the end of its line, or 0. */
export function floatRow(out: usize, text: usize, columns: i32, delimiter: i32, powers: usize): usize {
  for (let c = columns; c > 0; c--) {
    let byte = <u32>load<u8>(text)
    while (byte === 32) byte = <u32>load<u8>(++text)
    const start = text
    const negative = byte === 45
    if (negative || byte === 43) byte = <u32>load<u8>(++text)
    let mantissa: u64 = 0
    let from = text
    while (byte - 48 < 10) {
      mantissa = mantissa * 10 + (byte - 48)
      byte = <u32>load<u8>(++text)
    }
    let digits = <i32>(text - from)
    let exponent = 0
    if (byte === 46) {
      byte = <u32>load<u8>(++text)
      from = text
      while (byte - 48 < 10) {
        mantissa = mantissa * 10 + (byte - 48)
        byte = <u32>load<u8>(++text)
      }
      exponent = -<i32>(text - from)
      digits -= exponent
    }
    let value: f32
    if (digits === 0) {
      // A single column that is empty is an empty line, which is no row.
      if (text !== start || columns === 1) return 0
      value = f32.NaN
    } else {
      if ((byte | 32) === 101) {
        byte = <u32>load<u8>(++text)
        const down = byte === 45
        if (down || byte === 43) byte = <u32>load<u8>(++text)
        from = text
        let power = 0
        while (byte - 48 < 10 && text - from < 4) {
          power = power * 10 + <i32>(byte - 48)
          byte = <u32>load<u8>(++text)
        }
        if (text === from) return 0
        exponent += down ? -power : power
      }
      if (digits <= 15 && exponent <= 22 && exponent >= -22) {
        const whole = <f64>(<i64>mantissa)
        const power = load<f64>(powers + (<usize>abs(exponent) << 3))
        value = <f32>(exponent < 0 ? whole / power : whole * power)
      } else {
        value = longFloat(mantissa, digits, exponent, powers)
        if (value < 0) return 0
      }
      if (negative) value = -value
    }
    f32.store(out, value)
    out += 4
    while (byte === 32) byte = <u32>load<u8>(++text)
    if (c > 1) {
      if (byte !== <u32>delimiter) return 0
      text++
    }
  }
  return lineEnd(text)
}

/** mantissa · 10^exponent as float32, for up to 19 digits, or -1 where it is in doubt or out of range. */
function longFloat(mantissa: u64, digits: i32, exponent: i32, powers: usize): f32 {
  if (digits > 19 || exponent > 44 || exponent < -66) return -1
  let value = <f64>mantissa
  for (; exponent > 22; exponent -= 22) value *= load<f64>(powers, 22 << 3)
  for (; exponent < -22; exponent += 22) value /= load<f64>(powers, 22 << 3)
  const power = load<f64>(powers + (<usize>abs(exponent) << 3))
  value = exponent < 0 ? value / power : value * power
  // At most five roundings, each within 2⁻⁵³ of its result, and one of the float64 that is sought.
  const margin = value * 8.881784197001252e-16 // 2⁻⁵⁰
  const low = <f32>(value - margin)
  const high = <f32>(value + margin)
  return low === high && high < Infinity ? low : -1
}

/** Behind LF or CR LF at `text`, or 0. */
// @ts-ignore: decorator
@inline
function lineEnd(text: usize): usize {
  while (load<u8>(text) === 32) text++
  if (load<u8>(text) === 13) text++
  return load<u8>(text) === 10 ? text + 1 : 0
}
