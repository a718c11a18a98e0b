// Columns of very many whole numbers, which the page holds as text (io/page/packed.hpp), as arrays.

const packedValues = new Map([..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"].map((character, i) => [character.charCodeAt(0), i]));

// Numbers of more than 32 bits are put together by multiplication.
function unpacked(text) {
  const numbers = [];
  let magnitude = 0, size = 1, isNegative = false, isFirst = true;
  for (let i = 0; i < text.length; i++) {
    const value = packedValues.get(text.charCodeAt(i));
    const digit = value % 32;
    if (isFirst) {
      isNegative = digit % 2 === 1;
      magnitude = (digit - digit % 2) / 2;
      size = 16;
    } else {
      magnitude += digit * size;
      size *= 32;
    }
    isFirst = value < 32;
    if (isFirst) numbers.push(isNegative ? -magnitude : magnitude);
  }
  return numbers;
}

function stepsOf(text) {
  let at = 0;
  return unpacked(text).map(step => at += step);
}

// Starts are told from where the operation before ended; times and bytes by those of the last one of its kind and stage.
function unpackOperations(die, labels) {
  die.label = stepsOf(die.label);
  const [starts, times, counts] = [unpacked(die.start_ps), unpacked(die.ps), unpacked(die.bytes)];
  const last = new Map();
  let end = 0;
  die.label.forEach((label, i) => {
    const alike = `${labels[label][0]}\n${labels[label][1]}`;
    const [ps, count] = last.get(alike) || [0, 0];
    times[i] += ps;
    counts[i] += count;
    starts[i] += end;
    end = starts[i] + times[i];
    last.set(alike, [times[i], counts[i]]);
  });
  Object.assign(die, {start_ps: starts, ps: times, bytes: counts});
}

function unpackTrace({content}) {
  const {busy, operations} = content;
  if (busy) for (const column of ["links", "of_channels"]) busy[column] = stepsOf(busy[column]);
  if (operations) for (const die of operations.detail.dies) unpackOperations(die, operations.detail.labels);
}
