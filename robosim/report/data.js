// Films: what robosim/report/film.py packed, frame by frame.
const unpacked = new WeakMap();

function bits(column) {
  let found = unpacked.get(column);
  if (!found) {
    const raw = atob(column["~bits"]);
    const low = column["~low"],
      step = column["~step"],
      width = low.length,
      count = raw.length / 2;
    const values = new Float64Array(count);
    for (let i = 0; i < count; i++) {
      const level = raw.charCodeAt(2 * i) | (raw.charCodeAt(2 * i + 1) << 8);
      values[i] = level === 65535 ? NaN : low[i % width] + step[i % width] * level;
    }
    const frames = column["~shape"][0];
    found = { values, each: frames ? count / frames : 0, shape: column["~shape"] };
    unpacked.set(column, found);
  }
  return found;
}

// The value of a tree at a frame; arrays become flat lists of numbers.
function at(node, frame) {
  if (node === null || typeof node !== "object") return node;
  if (Array.isArray(node)) return node.map(one => at(one, frame));
  if ("~bits" in node) {
    const { values, each } = bits(node),
      row = node["~still"] ? 0 : frame;
    return values.subarray(row * each, (row + 1) * each);
  }
  if ("~each" in node) return at(node["~each"][node["~of"][frame]], frame);
  if ("~grows" in node) {
    const whole = flat(at(node["~grows"], frame)),
      rows = node["~upto"];
    const width = whole.length / rows[rows.length - 1];
    return whole.slice(0, rows[frame] * width);
  }
  const found = {};
  for (const key of Object.keys(node)) found[key] = at(node[key], frame);
  return found;
}

const flat = values => (Array.isArray(values) ? values.flat(Infinity) : values);
const number = value => (value == null ? NaN : value);
const list = values => (values == null ? [] : Array.from(flat(values), number));

// Smallest and largest number.
function range(values) {
  let low = Infinity,
    high = -Infinity;
  for (const x of values) {
    if (x < low) low = x;
    if (x > high) high = x;
  }
  return [low, high];
}
