// Maps: where agents are, what stands there, and who hears whom.

const OBLIQUE = [0.5 * Math.cos(Math.PI / 5), 0.5 * Math.sin(Math.PI / 5)];
const MARGIN = 34,
  CROWD = 200,
  NAMED = 32,
  TRAIL = 20000;

// A point of a map on its plane; space is turned about its middle, and its second axis goes to the upper right.
function plane(values, i, d, view) {
  if (d !== 3) return [values[d * i], d > 1 ? values[d * i + 1] : 0];
  const [x, y, z] = [values[3 * i], values[3 * i + 1], values[3 * i + 2]];
  const [dx, dy] = [x - view.middle[0], y - view.middle[1]],
    [c, s] = [Math.cos(view.turn), Math.sin(view.turn)];
  const across = view.middle[0] + c * dx - s * dy,
    away = view.middle[1] + s * dx + c * dy;
  return [across + away * OBLIQUE[0], z + away * OBLIQUE[1]];
}

const corners = box => {
  const values = list(box),
    d = values.length / 2,
    found = [];
  for (let k = 0; k < 2 ** d; k++) for (let j = 0; j < d; j++) found.push(values[((k >> j) & 1) * d + j]);
  return { values: found, d };
};

// Everything that is ever in sight, on the plane: [[lowest x, y], [highest x, y]].
function extent(film, turn = 0) {
  const first = at(film.main, 0),
    { values, d } = corners(first.box),
    points = [],
    last_ = values.length - d;
  const view = { turn, middle: [0, 1].map(j => (values[j] + values[last_ + j]) / 2) };
  for (let i = 0; i < values.length / d; i++) points.push(plane(values, i, d, view));
  const where = film.main.agents && film.main.agents.at,
    last = where ? at(where, 0) : [];
  if (where && where["~bits"] && !where["~still"]) {
    const low = where["~low"],
      high = low.map((x, j) => x + 65534 * where["~step"][j]),
      most = corners([low, high]).values;
    for (let i = 0; i < most.length / d; i++) points.push(plane(most, i, d, view));
  } else for (let i = 0; i < list(last).length / d; i++) points.push(plane(list(last), i, d, view));
  for (const area of first.areas) {
    const spots = list(area.corners);
    for (let i = 0; i < spots.length / 2 && d === 2; i++) points.push(plane(spots, i, 2, view));
  }
  const real = points.filter(point => point.every(Number.isFinite));
  const [x, y] = [0, 1].map(axis => range(real.map(point => point[axis])));
  return { low: [x[0], y[0]], high: [x[1], y[1]], d, view };
}

function projection(scene, sight, width, height) {
  const wide = sight.high[0] - sight.low[0] || 1,
    high = sight.high[1] - sight.low[1] || 1;
  const left = scene.axes ? 50 : MARGIN,
    room = [width - left - MARGIN, height - 2 * MARGIN];
  const scale = [room[0] / wide, room[1] / high];
  // Where places mean nothing a picture may be stretched a little, to fill its canvas.
  const most = scene.unit ? 1 : 1.6,
    least = Math.min(...scale);
  if (!scene.axes) scale.forEach((x, i) => (scale[i] = Math.min(x, most * least)));
  const middle = [left + room[0] / 2, MARGIN + room[1] / 2];
  const centre = [0, 1].map(i => (sight.low[i] + sight.high[i]) / 2);
  return {
    scale,
    to: ([x, y]) => [middle[0] + (x - centre[0]) * scale[0], middle[1] - (y - centre[1]) * scale[1]],
  };
}

// Draws a map that `at` made plain; returns where its agents are, in pixels.
function drawMap(context, scene, sight, kin, width, height, past, chosen) {
  const { to, scale } = projection(scene, sight, width, height),
    d = sight.d;
  const spots = values => {
    const flatly = list(values);
    return Array.from({ length: flatly.length / d }, (_, i) => to(plane(flatly, i, d, sight.view)));
  };
  backdrop(context, scene, spots, scale, width, height);
  for (const area of scene.areas) areas(context, area, to);
  for (const one of scene.circles) circles(context, one, spots(one.at), scale[0]);
  const agents = scene.agents,
    here = agents ? spots(agents.at) : [];
  for (const lines of scene.lines) links(context, lines, here, spots);
  if (agents && scene.trails && past) trails(context, agents, past, to, sight, kin);
  if (agents) robots(context, agents, here, kin, scale[0], chosen);
  words(context, scene.words, to);
  named(context, [...scene.areas, ...scene.circles, ...scene.lines], height);
  return here;
}

function backdrop(context, scene, spots, scale, width, height) {
  const { values, d } = corners(scene.box),
    ends = spots(values);
  for (let a = 0; a < ends.length; a++) {
    for (let j = 0; j < d; j++)
      if (!((a >> j) & 1)) line(context, [ends[a], ends[a | (1 << j)]], colours.post);
  }
  if (scene.axes) {
    const low = ends[0],
      high = ends[3];
    word(context, scene.axes[0], high[0], height - 10, colours.faint, "right");
    word(context, scene.axes[1], 4, 12, colours.faint);
    for (const x of ticks(values[0], values[6], 6)) {
      word(context, tick(x), low[0] + (x - values[0]) * scale[0], low[1] + 12, colours.faint, "center");
    }
    for (const y of ticks(values[1], values[7], 5)) {
      word(context, tick(y), low[0] - 6, low[1] - (y - values[1]) * scale[1], colours.faint, "right");
    }
  } else if (scene.unit) ruler(context, scene.unit, scale[0], width, height);
}

function ruler(context, unit, scale, width, height) {
  const most = 140 / scale,
    power = 10 ** Math.floor(Math.log10(most));
  const step = [5, 2, 1].map(x => x * power).find(x => x <= most),
    long = step * scale,
    right = width - 12,
    y = height - 10;
  line(
    context,
    [
      [right - long, y - 4],
      [right - long, y],
      [right, y],
      [right, y - 4],
    ],
    colours.faint,
    1.2,
  );
  word(context, tick(step) + " " + unit, right - long - 6, y - 2, colours.faint, "right");
}

function areas(context, area, to) {
  const values = list(area.corners),
    first = list(area.first);
  context.fillStyle = ink(area.ink);
  for (let j = 0; j + 1 < first.length; j++) {
    context.beginPath();
    for (let i = first[j]; i < first[j + 1]; i++) context.lineTo(...to([values[2 * i], values[2 * i + 1]]));
    context.closePath();
    context.fill();
  }
}

function circles(context, one, spots, scale) {
  const radius = list(one.radius);
  context.strokeStyle = ink(one.ink);
  context.lineWidth = 1.5;
  spots.forEach(([x, y], i) => {
    context.beginPath();
    context.arc(x, y, Math.max(radius[i] * scale, 2), 0, 2 * Math.PI);
    context.globalAlpha = 0.18;
    context.fillStyle = ink(one.ink);
    context.fill();
    context.globalAlpha = 1;
    context.stroke();
  });
}

function links(context, lines, here, spots) {
  const pairs = lines.pairs && list(lines.pairs),
    ends = pairs ? pairs.map(row => here[row]) : spots(lines.ends);
  const width = list(lines.width),
    colour = ink(lines.ink);
  for (let i = 0; 2 * i + 1 < ends.length; i++) {
    line(context, [ends[2 * i], ends[2 * i + 1]], colour, width.length ? Math.max(1, 6 * width[i]) : 1);
  }
}

// Where agents came from: their places in all frames up to now, as many of them as can be drawn at once. The faithful
// of a crowd leave dots: lines of so many hide them.
function trails(context, agents, past, to, { d, view }, kin) {
  const rows = list(agents.kin),
    n = rows.length,
    step = Math.max(1, Math.ceil((past.frame * n) / TRAIL));
  const spot = (i, f) => to(plane(past.values, f * n + i, d, view));
  context.lineWidth = 1.2;
  for (let i = 0; i < n; i++) {
    const faint = n > CROWD && !rows[i],
      colour = ink(kin[rows[i]].look.colour);
    context.globalAlpha = faint ? 0.25 : 0.5;
    if (faint) {
      context.fillStyle = colour;
      for (let f = 0; f <= past.frame; f += step) context.fillRect(...spot(i, f), 1, 1);
      continue;
    }
    context.beginPath(); // one path for all of them takes many times as long
    for (let f = 0; f <= past.frame; f += step) context.lineTo(...spot(i, f));
    if (past.frame % step) context.lineTo(...spot(i, past.frame));
    context.strokeStyle = colour;
    context.stroke();
  }
  context.globalAlpha = 1;
}

function robots(context, agents, here, kin, scale, chosen) {
  const rows = list(agents.kin),
    radius = list(agents.radius),
    heading = list(agents.heading_rad),
    level = list(agents.level);
  const order = here.map((_, i) => i).sort((a, b) => rows[a] - rows[b]),
    ids = list(agents.ids),
    small = here.length > CROWD,
    plain = kin.map(one => ink(one.look.colour));
  for (const i of order) {
    const [x, y] = here[i],
      own = Math.max((radius[i] || 0) * scale, small && !rows[i] ? 1.6 : 6);
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    if (own < 2) {
      context.fillStyle = plain[rows[i]];
      context.fillRect(x - own, y - own, 2 * own, 2 * own);
      continue;
    }
    if (Number.isFinite(level[i])) ring(context, x, y, own + 3.5, level[i]);
    mark(context, kin[rows[i]].look, x, y, own);
    if (Number.isFinite(heading[i])) {
      line(
        context,
        [
          [x, y],
          [x + 1.5 * own * Math.cos(heading[i]), y - 1.5 * own * Math.sin(heading[i])],
        ],
        colours.ink,
        1.6,
      );
    }
    if (ids[i] === chosen) ring(context, x, y, own + 7, 1, colours.ink);
  }
  const names = agents.names || [];
  if (here.length > (names.length ? 60 : NAMED)) return;
  const taken = here.map(([x, y]) => [x, y, 6]);
  for (const i of order.reverse()) {
    const name = names[i] ?? String(ids[i]),
      half = context.measureText(text(name)).width / 2 + 2;
    const spot = [
      [1, -1],
      [1, 1],
      [-1, -1],
      [-1, 1],
    ]
      .map(([right, down]) => [here[i][0] + right * (half + 7), here[i][1] + 10 * down, half])
      .find(one => free(one, taken));
    if (!spot) continue;
    taken.push(spot);
    label(context, name, spot[0], spot[1], "center");
  }
}

const free = ([x, y, half], taken) =>
  !taken.some(other => Math.abs(other[0] - x) < half + other[2] && Math.abs(other[1] - y) < 11);

function ring(context, x, y, radius, share, colour = colours.good) {
  context.beginPath();
  context.arc(x, y, radius, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * Math.min(Math.max(share, 0), 1));
  context.strokeStyle = colour;
  context.lineWidth = 2.5;
  context.stroke();
}

function label(context, value, x, y, align = "left") {
  context.strokeStyle = colours.paper;
  context.lineWidth = 3;
  context.textAlign = align;
  context.textBaseline = "middle";
  context.strokeText(text(value), x, y);
  word(context, value, x, y, colours.ink, align);
}

// Words that would stand on other words are left out.
function words(context, all, to) {
  const taken = [];
  for (const one of all) {
    const values = list(one.at);
    one.text.forEach((value, i) => {
      const [x, y] = to([values[2 * i], values[2 * i + 1]]),
        half = context.measureText(text(value)).width / 2 + 2;
      if (!free([x, y, half], taken)) return;
      taken.push([x, y, half]);
      label(context, value, x, y, "center");
    });
  }
}

function named(context, layers, height) {
  let x = 10;
  for (const one of layers.filter(one => one.name)) {
    context.fillStyle = ink(one.ink);
    context.fillRect(x, height - 14, 12, 4);
    word(context, one.name, x + 16, height - 12, colours.faint);
    x += 26 + context.measureText(text(one.name)).width;
  }
}
