// The arrays of the model, decoded to float32: matrices as int8 with a scale for each row, float16 or float32; vectors
// as float32. They lie one behind the other, in the order of the model file.

const HEADER_SIZE = 4; // bytes of a scale

function decodeBase64(text) {
  return Uint8Array.from(atob(text.trim()), character => character.charCodeAt(0));
}

/** IEEE 754 half precision: 1 sign bit, 5 of exponent, 10 of fraction. */
function halfToNumber(bits) {
  const sign = bits & 0x8000 ? -1 : 1, exponent = (bits >> 10) & 31, fraction = bits & 1023;
  if (!exponent) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const DECODERS = {
  float32: (view, start, size) => Float32Array.from({ length: size }, (_, i) => view.getFloat32(start + 4 * i, true)),
  float16: (view, start, size) => Float32Array.from({ length: size }, (_, i) => halfToNumber(view.getUint16(start + 2 * i, true))),
  int8: (view, start, size, width) => {
    const rows = size / width, values = new Float32Array(size);
    for (let row = 0; row < rows; row++) {
      const scale = view.getFloat32(start + HEADER_SIZE * row, true), first = start + HEADER_SIZE * rows + width * row;
      for (let column = 0; column < width; column++) values[width * row + column] = scale * view.getInt8(first + column);
    }
    return values;
  },
};

/** From {name, shape, precision} of every array, and the bytes of all, to {name: Float32Array}. */
function decodeWeights(arrays, bytes) {
  const view = new DataView(bytes.buffer), weights = {};
  let start = 0;
  for (const { name, shape, precision } of arrays) {
    const size = shape.reduce((a, b) => a * b, 1), width = shape[shape.length - 1];
    weights[name] = DECODERS[precision](view, start, size, width);
    start += { float32: 4 * size, float16: 2 * size, int8: size + HEADER_SIZE * (size / width) }[precision];
  }
  return weights;
}

/** The arrays whose names begin with a prefix, under the rest of their names. */
function scope(weights, prefix) {
  const inside = Object.entries(weights).filter(([name]) => name.startsWith(prefix + "."));
  return Object.fromEntries(inside.map(([name, values]) => [name.slice(prefix.length + 1), values]));
}
