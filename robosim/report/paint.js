// Canvases: sharp on every screen, redrawn when their size or the theme changes.
const sheets = new Set();
const redraw = () => sheets.forEach(sheet => sheet.draw());

// A canvas in its box; `paint(context, width, height)` draws it in CSS pixels.
function sheet(canvas, ratio, paint) {
  const one = {
    canvas,
    draw() {
      const width = canvas.clientWidth;
      if (!width) return;
      const height = Math.round(ratio(width)),
        sharp = Math.max(2, devicePixelRatio || 1);
      if (canvas.width !== Math.round(width * sharp) || canvas.height !== Math.round(height * sharp)) {
        canvas.width = Math.round(width * sharp);
        canvas.height = Math.round(height * sharp);
        canvas.style.height = height + "px";
      }
      const context = canvas.getContext("2d");
      context.setTransform(sharp, 0, 0, sharp, 0, 0);
      context.clearRect(0, 0, width, height);
      context.font = "12px " + FONT;
      context.lineJoin = "round";
      paint(context, width, height);
    },
  };
  sheets.add(one);
  new ResizeObserver(one.draw).observe(canvas);
  return one;
}

const FONT = "system-ui, sans-serif";
let colours = {};

// The page's colours, as its style has them in the theme of now.
function recolour() {
  const style = getComputedStyle(document.documentElement);
  const names =
    "paper ink faint frame link heard lost wall pad post load crowded good bad price demand".split(" ");
  colours = Object.fromEntries(names.map(name => [name, style.getPropertyValue("--" + name).trim()]));
  colours.dark = style.getPropertyValue("--theme").trim() === "dark";
}

// A colour of a film: one of the page's by name, or #rrggbb, which is lightened where it would vanish on black.
function ink(name) {
  if (Object.hasOwn(colours, name)) return colours[name];
  if (!/^#[0-9a-f]{6}$/i.test(name)) return colours.ink;
  const parts = [1, 3, 5].map(i => parseInt(name.slice(i, i + 2), 16));
  const light = (0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]) / 255;
  if (!colours.dark || light > 0.5) return name;
  const share = light < 0.05 ? 0.9 : 0.35;
  return "rgb(" + parts.map(x => Math.round(x + (255 - x) * share)).join(",") + ")";
}

function line(context, points, colour, width = 1, dashes = []) {
  if (points.length < 2) return;
  context.beginPath();
  points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.setLineDash(dashes);
  context.stroke();
  context.setLineDash([]);
}

// The shape of a strategy, as robosim.palette.Look has it: a polygon or a star, or a disc where it has many corners.
function mark(context, look, x, y, radius) {
  const [corners, star, turned] = look.shape,
    count = corners * (star ? 2 : 1);
  context.beginPath();
  if (corners > 8) context.arc(x, y, radius, 0, 2 * Math.PI);
  else {
    for (let i = 0; i < count; i++) {
      const angle = (turned * Math.PI) / 180 + (2 * Math.PI * i) / count,
        reach = star && i % 2 ? radius / 2 : radius;
      context.lineTo(x - reach * Math.sin(angle), y - reach * Math.cos(angle));
    }
    context.closePath();
  }
  context.fillStyle = ink(look.colour);
  context.fill();
  context.strokeStyle = colours.paper;
  context.lineWidth = 1;
  context.stroke();
}

function word(context, value, x, y, colour, align = "left", baseline = "middle") {
  context.fillStyle = colour;
  context.textAlign = align;
  context.textBaseline = baseline;
  context.fillText(text(value), x, y);
}

// Round numbers that divide a range into about `count` parts.
function ticks(low, high, count) {
  const raw = (high - low) / Math.max(count, 1),
    power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map(x => x * power).find(x => x >= raw * 0.999) || power;
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i++) found.push(i * step);
  return found;
}

const SHORT = { P: 1e15, T: 1e12, G: 1e9, M: 1e6, k: 1e3 };

// A number beside a tick: short.
function tick(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3) return value.toExponential(0).replace(/^-/, "−");
  for (const [letter, unit] of Object.entries(SHORT)) {
    if (unit >= 1e4 ? size >= unit : size >= 1e4 && size < 1e6)
      return figure(Number((value / unit).toPrecision(4))) + " " + letter;
  }
  return figure(Number(value.toPrecision(6)));
}
