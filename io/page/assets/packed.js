// Columns of very many whole numbers, which the page holds as text (io/page/packed.hpp), as arrays. Operations of a die are
// unpacked only when they are to be drawn.

const packedValues = new Uint8Array(128);
[..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].forEach((character, i) => { packedValues[character.charCodeAt(0)] = i; });

// How many numbers a text holds: each ends with a character that says that no more follow.
function packedCount(text) {
  let count = 0;
  for (let i = 0; i < text.length; i++) if (packedValues[text.charCodeAt(i)] < 32) count += 1;
  return count;
}

// Numbers of more than 32 bits are put together by multiplication.
function unpacked(text, numbers = new Float64Array(packedCount(text))) {
  let magnitude = 0, size = 1, count = 0;
  for (let i = 0; i < text.length; i++) {
    const value = packedValues[text.charCodeAt(i)];
    magnitude += (value & 31) * size;
    size *= 32;
    if (value >= 32) continue;
    const half = Math.floor(magnitude / 2);
    numbers[count++] = magnitude % 2 === 1 ? -half : half;
    magnitude = 0;
    size = 1;
  }
  return numbers;
}

function stepsOf(text) {
  const numbers = unpacked(text);
  for (let i = 1; i < numbers.length; i++) numbers[i] += numbers[i - 1];
  return numbers;
}

const mostRecent = 14;

// The next of some numbers that are told by their places among those before, the last one first.
function recentNumber(packed, at, recent) {
  const place = packed[at.next++];
  const number = place === mostRecent ? packed[at.next++] : recent[place];
  recent.splice(place === mostRecent ? Math.min(recent.length, mostRecent - 1) : place, 1);
  recent.unshift(number);
  return number;
}

// Labels and bytes are columns that dies share. Starts are told from where the program's last operation ended; times by that of the last one of its kind and stage.
// `alike`: a number for each label, the same for those of one kind and stage; `isTransfer`: likewise, whether it lies beside the program.
function unpackOperations(die, shared, alike, isTransfer) {
  const label = stepsOf(shared[die.label]), start_ps = unpacked(die.start_ps), ps = unpacked(die.ps), packedBytes = unpacked(shared[die.bytes]);
  const bytes = new Float64Array(label.length), lastPs = new Float64Array(alike.length), recent = alike.map(() => []), at = {next: 0};
  let end = 0;
  for (let i = 0; i < label.length; i++) {
    const kind = alike[label[i]];
    lastPs[kind] = ps[i] += lastPs[kind];
    bytes[i] = recentNumber(packedBytes, at, recent[kind]);
    start_ps[i] += end;
    if (!isTransfer[label[i]]) end = start_ps[i] + ps[i];
  }
  return {die: die.die, cut: die.cut, label, start_ps, ps, bytes, last_from: die.last_from ? unpacked(die.last_from) : null};
}

// Segments of a path, each from where the one before ended.
function unpackSegments(segments) {
  const die = stepsOf(segments.die), from = stepsOf(segments.from), label = stepsOf(segments.label), ps = unpacked(segments.ps);
  const start_ps = new Float64Array(ps.length);
  for (let i = 1; i < ps.length; i++) start_ps[i] = start_ps[i - 1] + ps[i - 1];
  for (let i = 0; i < from.length; i++) from[i] += die[i];
  return {labels: segments.labels, die, from, label, ps, start_ps, merged: unpacked(segments.merged)};
}

function unpackTrace({content}) {
  const {busy, path, stalls} = content;
  if (busy) for (const column of ["links", "of_channels"]) busy[column] = stepsOf(busy[column]);
  if (path) path.segments = unpackSegments(path.segments);
  if (stalls) for (const [column, text] of Object.entries(stalls)) stalls[column] = unpacked(text);
}
