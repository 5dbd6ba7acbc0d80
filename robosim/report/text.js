"use strict";

// Everything that is shown comes through `text`: as a text node, with what could hide or turn it written out.
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;
const text = value =>
  String(value).replace(HIDDEN, c => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));

// An element with attributes that this script names itself, and children: elements, or values as text.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  for (const child of children.flat()) {
    if (child != null && child !== false && child !== "")
      element.append(child instanceof Node ? child : document.createTextNode(text(child)));
  }
  return element;
}

const say = (element, value) => {
  element.textContent = text(value);
};

// Six digits, no more zeros than needed, as people write numbers.
function figure(value, digits = 6) {
  if (value == null) return "–";
  if (typeof value !== "number") return value;
  if (value !== 0 && (Math.abs(value) < 1e-4 || Math.abs(value) >= 1e9))
    return value.toExponential(2).replace("-", "−").replace("e−", "e-").replace("e+", "e");
  return String(Number(value.toPrecision(digits))).replace("-", "−");
}

const sum = values => values.reduce((a, b) => a + (b ?? 0), 0);

function download(name, content, kind) {
  const place = URL.createObjectURL(new Blob([content], { type: kind }));
  make("a", { href: place, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(place), 10000);
}

// A table as CSV; text that a spreadsheet would run as a formula begins with an apostrophe.
function csv(columns, rows) {
  const cell = value => {
    if (value == null) return "";
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    const safe = /^[=+\-@\t\r]/.test(value) ? "'" + value : value;
    return '"' + safe.replaceAll('"', '""') + '"';
  };
  return [columns, ...rows].map(row => row.map(cell).join(",")).join("\r\n") + "\r\n";
}
