// Charts: curves in a frame, with ticks, names and a line where the present stands.

const WIDE = 58,
  LOW = 36,
  RIGHT = 14,
  TOP = 22;

function frameOf(chart, curves) {
  const x = range(
    curves
      .flatMap(one => range(one.x).filter(Number.isFinite))
      .concat(list(chart.x_range).filter(Number.isFinite)),
  );
  let y = range(
    curves
      .flatMap(one => range(Array.from(one.y).filter(Number.isFinite)))
      .filter(Number.isFinite)
      .concat(list(chart.y_range).filter(Number.isFinite)),
  );
  if (!(x[1] > x[0])) x[1] = x[0] + 1;
  if (!Number.isFinite(y[0])) y = [0, 1];
  if (!chart.log && y[0] >= 0 && y[0] < 0.5 * y[1]) y[0] = 0;
  const room = 0.05 * (y[1] - y[0] || Math.abs(y[0]) || 1);
  y = [y[0] === 0 && !chart.log ? 0 : y[0] - room, y[1] + room];
  if (!(y[1] > y[0])) y[1] = y[0] + 1;
  return { x, y };
}

// Draws a chart that `at` made plain; returns where things are, for whoever points at them.
function drawChart(context, chart, width, height, now) {
  const curves = chart.curves.map(one => ({ ...one, x: list(one.x), y: list(one.y) }));
  const frame = chart.frame || frameOf(chart, curves),
    end = list(chart.x_range)[1];
  // What goes to the end of a range that grows goes to the end of the whole one.
  for (const { x } of curves) if (x.length && x[x.length - 1] === end) x[x.length - 1] = frame.x[1];
  const top = TOP + legend(context, chart, curves, width);
  const box = { left: WIDE, right: width - RIGHT, top, bottom: height - LOW };
  const px = x => box.left + ((x - frame.x[0]) / (frame.x[1] - frame.x[0])) * (box.right - box.left);
  const py = y => box.bottom - ((y - frame.y[0]) / (frame.y[1] - frame.y[0])) * (box.bottom - box.top);
  word(context, chart.title, 6, 11, colours.ink);
  axes(context, chart, frame, box, px, py);
  context.save();
  context.beginPath();
  context.rect(box.left - 6, box.top - 6, box.right - box.left + 12, box.bottom - box.top + 12);
  context.clip();
  curves.forEach(one => curve(context, one, px, py, box));
  const present = now ?? chart.now;
  if (present != null && Number.isFinite(present))
    line(
      context,
      [
        [px(present), box.top],
        [px(present), box.bottom],
      ],
      colours.ink,
      1.2,
    );
  context.restore();
  return { box, px, py, frame, curves };
}

function axes(context, chart, frame, box, px, py) {
  const down = Math.max(2, Math.floor((box.bottom - box.top) / 34));
  const rows = chart.log ? decadesOf(frame.y, down) : ticks(...frame.y, down);
  for (const y of rows) {
    line(
      context,
      [
        [box.left, py(y)],
        [box.right, py(y)],
      ],
      colours.post,
    );
    word(context, chart.log ? power(y) : tick(y), box.left - 6, py(y), colours.faint, "right");
  }
  const columns = ticks(...frame.x, Math.max(2, Math.floor((box.right - box.left) / 70)));
  for (const x of columns) {
    line(
      context,
      [
        [px(x), box.bottom],
        [px(x), box.bottom + 4],
      ],
      colours.frame,
    );
    word(context, tick(x), px(x), box.bottom + 6, colours.faint, "center", "top");
  }
  line(
    context,
    [
      [box.left, box.top],
      [box.left, box.bottom],
      [box.right, box.bottom],
    ],
    colours.frame,
  );
  word(context, chart.x, box.right, box.bottom + 21, colours.faint, "right", "top");
  context.save();
  context.translate(9, (box.top + box.bottom) / 2);
  context.rotate(-Math.PI / 2);
  word(context, chart.y, 0, 0, colours.faint, "center");
  context.restore();
}

const decadesOf = ([low, high], count) => {
  const step = Math.max(1, Math.ceil((high - low) / count)),
    found = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) found.push(i * step);
  return found.length ? found : [low];
};
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const power = y => {
  if (!Number.isInteger(y)) return tick(10 ** y);
  if (y >= 0 && y < 4) return String(10 ** y);
  return "10" + (y < 0 ? "⁻" : "") + [...String(Math.abs(y))].map(digit => RAISED[digit]).join("");
};

function legend(context, chart, curves, width) {
  let x = WIDE,
    rows = 0;
  for (const one of curves.filter(one => one.name)) {
    const wide = 28 + context.measureText(text(one.name)).width;
    if (!rows || (x + wide > width && x > WIDE)) {
      rows += 1;
      x = WIDE;
    }
    const y = TOP + 17 * rows - 10,
      colour = ink(one.ink);
    if (one.filled) {
      context.fillStyle = colour;
      context.fillRect(x, y - 4, 16, 8);
    } else
      line(
        context,
        [
          [x, y],
          [x + 16, y],
        ],
        colour,
        2,
        one.dashed ? [5, 3] : [],
      );
    if (one.mark) mark(context, one.mark, x + 8, y, 5);
    word(context, one.name, x + 20, y, colours.ink);
    x += wide + 8;
  }
  return 17 * rows;
}

function curve(context, one, px, py, box) {
  const points = [];
  let part = [];
  for (let i = 0; i < one.x.length; i++) {
    if (!Number.isFinite(one.y[i]) || !Number.isFinite(one.x[i])) {
      if (part.length) points.push(part);
      part = [];
      continue;
    }
    const spot = [px(one.x[i]), py(one.y[i])];
    if (one.stairs && part.length) part.push([spot[0], part[part.length - 1][1]]);
    part.push(spot);
  }
  if (part.length) points.push(part);
  for (const each of points) {
    if (one.filled) fill(context, each, one, Math.min(py(0), box.bottom));
    else line(context, each, ink(one.ink), one.bold ? 2.4 : 1.6, one.dashed ? [6, 4] : []);
    if (each.length === 1 && !one.filled) dot(context, each[0], ink(one.ink));
  }
  const last = points.length ? points[points.length - 1] : [];
  if (one.mark && last.length) mark(context, one.mark, ...last[last.length - 1], 5);
}

function fill(context, points, one, floor) {
  context.beginPath();
  context.moveTo(points[0][0], floor);
  points.forEach(([x, y]) => context.lineTo(x, y));
  context.lineTo(points[points.length - 1][0], floor);
  context.closePath();
  context.fillStyle = ink(one.ink);
  context.fill();
}

function dot(context, [x, y], colour) {
  context.beginPath();
  context.arc(x, y, 2.5, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
}
