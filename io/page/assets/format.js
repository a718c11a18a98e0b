"use strict";
// Numbers with their units, as the program prints them, and colours.

const prefixes = ["p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E"];

// Four digits: 12.34, 123.4, 1.234.
function digits(value) {
  const size = Math.abs(value);
  if (value === 0) return "0";
  return value.toFixed(size >= 99.995 ? 1 : size >= 9.9995 ? 2 : 3);
}

function si(value, unit, lowest = 0) {
  if (value === 0 || !Number.isFinite(value)) return `${value} ${unit}`;
  let exponent = Math.floor(Math.log10(Math.abs(value)) / 3);
  if (Math.abs(value) / 1000 ** exponent >= 999.95) exponent += 1;
  exponent = Math.min(Math.max(exponent, lowest - 4), prefixes.length - 5);
  return `${digits(value / 1000 ** exponent)} ${prefixes[exponent + 4]}${unit}`;
}

const seconds = ps => ps === 0 ? "0 s" : si(ps * 1e-12, "s");
const withSign = count => `${count > 0 ? "+" : ""}${count}`;
const signedSeconds = ps => `${ps < 0 ? "-" : "+"}${seconds(Math.abs(ps))}`;
const bytes = count => count < 1000 ? `${count} B` : si(count, "B");
const counted = count => Number.isInteger(count) && Math.abs(count) < 100000 ? String(count) : si(count, "", 4).trim();
const percent = share => `${(share * 100).toFixed(1)} %`;
const letterOf = index => String.fromCharCode(65 + index);

// A time within a window: as many digits as the window asks for.
function placeInTime(ps, window) {
  const [unit, size] = [["s", 1e12], ["ms", 1e9], ["µs", 1e6], ["ns", 1e3], ["ps", 1]]
    .find(([, each]) => window >= each) || ["ps", 1];
  const decimals = Math.min(6, Math.max(0, Math.ceil(Math.log10(size / window * 1000))));
  return `${(ps / size).toFixed(decimals)} ${unit}`;
}

const sum = list => list.reduce((total, each) => total + each, 0);
const largest = list => list.reduce((most, each) => Math.max(most, each), -Infinity);
const smallest = list => list.reduce((least, each) => Math.min(least, each), Infinity);

// Viridis in steps; the same in print, in grey and to all kinds of colour vision.
const heatColours = [[68, 1, 84], [71, 44, 122], [59, 81, 139], [44, 113, 142], [33, 144, 141], [39, 173, 129], [92, 200, 99],
  [170, 220, 50], [253, 231, 37]];

function heatRgb(share) {
  const place = Math.min(Math.max(share, 0), 1) * (heatColours.length - 1);
  const low = Math.min(Math.floor(place), heatColours.length - 2);
  return heatColours[low].map((from, i) => Math.round(from + (heatColours[low + 1][i] - from) * (place - low)));
}

const heat = share => `rgb(${heatRgb(share).join(",")})`;
const inkOn = share => share > 0.55 ? "#10151a" : "#ffffff";
const heatGradient = `linear-gradient(to right, ${[0, 0.25, 0.5, 0.75, 1].map(heat).join(", ")})`;

// A colour of the style, which is another in the dark.
const themed = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
const activityColour = {"matrix engine": "matrix", "vector unit": "vector", "NoP": "nop", "DRAM wait": "dram"};
