// An object that was found: its box and mask on the photo, and its line beside it.

import { element, percent, visible } from './text.js';

const goldenAngle = 137.508; // in degrees: the colors of however many classes are far apart
const mostMaskPixels = 512; // of a side of a mask on the page

export const hueOf = classIndex => classIndex * goldenAngle % 360;

export function row({ class: name, score, box: [x0, y0, x1, y1] }, hue) {
  const part = element('object').content.firstElementChild.cloneNode(true);
  part.style.setProperty('--hue', hue);
  part.querySelector('.class').textContent = visible(name);
  part.querySelector('.percent').textContent = percent(score);
  const [left, top, right, bottom] = [x0, y0, x1, y1].map(Math.round);
  part.querySelector('.place').textContent = `x ${left}–${right}, y ${top}–${bottom}`;
  return part;
}

// On the photo, in whatever size it is shown.
export function box({ class: name, score, box: [x0, y0, x1, y1], mask }, width, height, hue) {
  const part = element('box').content.firstElementChild.cloneNode(true);
  part.style.setProperty('--hue', hue);
  Object.assign(part.style, {
    left: `${100 * x0 / width}%`,
    top: `${100 * y0 / height}%`,
    width: `${100 * (x1 - x0) / width}%`,
    height: `${100 * (y1 - y0) / height}%`,
  });
  part.querySelector('span').textContent = `${visible(name)} ${percent(score)}`;
  if (mask)
    paint(part.querySelector('canvas'), mask, [x0, y0, x1, y1], hue);
  else
    part.querySelector('canvas').remove();
  return part;
}

// The part of a mask that is within its box, at the page's size.
function paint(canvas, { size: [height, width], counts }, [x0, y0, x1, y1], hue) {
  const scale = Math.min(1, mostMaskPixels / Math.max(x1 - x0, y1 - y0));
  canvas.width = Math.max(1, Math.round(scale * (x1 - x0)));
  canvas.height = Math.max(1, Math.round(scale * (y1 - y0)));
  const context = canvas.getContext('2d');
  context.fillStyle = `oklch(.78 .17 ${hue})`;
  const ends = runEnds(counts);
  let run = 0; // pixels are gone through column by column, as runs are; a column may come twice
  for (let x = 0; x < canvas.width; x++) {
    const column = Math.min(width - 1, Math.floor(x0 + (x + 0.5) * (x1 - x0) / canvas.width));
    let start = 0; // of the pixels that are the object's, up to here
    for (let y = 0; y < canvas.height; y++) {
      const place = column * height + Math.min(height - 1, Math.floor(y0 + (y + 0.5) * (y1 - y0) / canvas.height));
      while (run > 0 && ends[run - 1] > place)
        run--;
      while (run < ends.length && ends[run] <= place)
        run++;
      if (run % 2 === 0) {
        context.fillRect(x, start, 1, y - start);
        start = y + 1;
      }
    }
    context.fillRect(x, start, 1, canvas.height - start);
  }
}

// Where each of COCO's compressed runs ends: five bits in each letter, the lowest ones first, and from the fourth on differences to the
// run before the last.
function runEnds(counts) {
  const [lengths, ends] = [[], []];
  for (let at = 0; at < counts.length;) {
    let [value, shift, letter] = [0, 0, 0];
    do {
      letter = counts.charCodeAt(at++) - 48;
      value |= (letter & 31) << shift;
      shift += 5;
    } while (letter & 32);
    if (letter & 16 && shift < 32)
      value |= -1 << shift;
    lengths.push(lengths.length > 2 ? value + lengths.at(-2) : value);
    ends.push((ends.at(-1) ?? 0) + lengths.at(-1));
  }
  return ends;
}
