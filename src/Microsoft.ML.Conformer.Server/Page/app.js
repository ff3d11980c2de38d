// Sends each image in a request of its own, a few at a time, so that each result shows as soon as it is there;
// the server scores concurrent requests together.

import { box, hueOf, row } from './objects.js';
import { element, list, megabytes, percent, visible } from './text.js';

const concurrentRequests = 4;
const attempts = 8; // at a busy server
const mostClasses = 10; // that can be shown
const leastScore = 0.1; // of objects that can be shown
const formBytes = 4096; // more than a form takes around its file
const mapTitles = {
  classActivation: 'Convolution branch',
  coupled: 'Both branches',
  attentionRollout: 'Transformer branch, any class',
};

const [drop, input, results, count, status, bar, top, least] =
  ['drop', 'files', 'results', 'count', 'status', 'bar', 'top', 'least'].map(element);

const waiting = [];
let running = 0;
let maxFileBytes = Infinity; // until the server tells its limits
let threshold; // below, an image is of none of the classes
let task; // of the model: 'classification' or 'detection'
let classes = []; // the model's

const pause = seconds => new Promise(resolve => setTimeout(resolve, seconds * 1000));

// ---- the model

async function showModel() {
  for (;;) {
    try {
      const answer = await fetch('health');
      const health = await answer.json();
      if (answer.ok) {
        const { maxImageBytes, maxRequestBytes } = health.limits;
        maxFileBytes = Math.min(maxImageBytes, maxRequestBytes - formBytes);
        threshold = health.threshold;
        showTask(health.model.task);
        const { imageSize, longestSide, shortestSide } = health.model;
        classes = health.model.classes;
        const seen = imageSize ? `at ${imageSize} × ${imageSize}` : `within ${longestSide} × ${shortestSide}`;
        element('model').textContent = `${classes.length} classes, seen ${seen} pixels: ${list(classes, 8)}`;
        element('hint').textContent = `JPEG, PNG, WebP, GIF or BMP, up to ${megabytes(maxFileBytes)} each`;
        return;
      }
    } catch {
      element('model').textContent = 'The server does not answer; trying again …';
    }
    await pause(1);
  }
}

function showTask(name) {
  task = name;
  const detects = task === 'detection';
  document.title = element('task').textContent = detects ? 'Find objects in images' : 'Classify images';
  document.body.classList.toggle('detects', detects);
  if (detects && threshold !== undefined)
    selectLeast(threshold);
}

// The server's threshold, among the others where it is none of them.
function selectLeast(score) {
  const options = [...least.options];
  if (!options.some(option => Number(option.value) === score))
    least.add(new Option(`${Number((100 * score).toFixed(1))} %`, score), options.find(option => Number(option.value) > score));
  least.value = score;
}

// ---- one image

function add(file) {
  const card = element('card').content.firstElementChild.cloneNode(true);
  const part = selector => card.querySelector(selector);
  const name = visible(file.name);
  const image = { file, name, card, part, abort: new AbortController(), url: null, explained: null, objects: null, alone: null };
  part('h2').textContent = part('h2').title = name;
  part('.remove').setAttribute('aria-label', `Remove ${name}`);
  part('.remove').addEventListener('click', () => remove(image));
  if (file.type.startsWith('image/'))
    showThumbnail(image);
  card.image = image;
  results.append(card);
  waiting.push(image);
}

function showThumbnail(image) {
  const picture = document.createElement('img');
  picture.alt = '';
  picture.src = image.url = URL.createObjectURL(image.file);
  picture.addEventListener('error', () => picture.remove()); // the empty frame stays
  image.part('.thumbnail').append(picture);
}

function remove(image) {
  image.abort.abort();
  image.explained?.abort.abort();
  if (image.url)
    URL.revokeObjectURL(image.url);
  const next = image.card.nextElementSibling ?? image.card.previousElementSibling;
  image.card.remove();
  (next?.querySelector('.remove') ?? input).focus();
  update();
}

async function score(image) {
  image.part('.pending').textContent = task === 'detection' ? 'Finding objects …' : 'Classifying …';
  try {
    if (image.file.size > maxFileBytes)
      throw new Error(`It has ${megabytes(image.file.size)}; at most ${megabytes(maxFileBytes)} are allowed.`);
    await checkReadable(image.file);
    const detects = task === 'detection';
    let answer = await predict(image);
    if (Boolean(answer.objects) !== detects) { // a model of the other kind has taken over, which takes another query
      await showModel();
      answer = await predict(image);
    }
    finish(image, `${image.name}: ${answer.objects ? showObjects(image, answer) : showClasses(image, answer)}.`);
  } catch (error) {
    if (image.abort.signal.aborted)
      return;
    const reason = reasonOf(error);
    image.part('.error').textContent = reason;
    image.part('.error').hidden = false;
    image.card.classList.add('failed');
    finish(image, `${image.name}: ${reason}`);
  }
}

// What fetch throws does not tell a folder, or a file deleted since, from a server that is gone.
async function checkReadable(file) {
  try {
    const reader = file.stream().getReader(); // a slice would not do: one of a deleted file is empty, and can be read
    await reader.read();
    await reader.cancel();
  } catch {
    throw new Error('The file cannot be read.');
  }
}

const reasonOf = error => error instanceof TypeError ? 'The server does not answer. Is it still running?' : error.message;

async function predict({ file, abort: { signal } }) {
  const query = task === 'detection' ? `threshold=${Math.min(leastScore, threshold ?? 1)}` : `top=${mostClasses}`;
  const body = await send(`predict?${query}`, file, signal);
  return body.images[0];
}

async function send(path, file, signal) {
  for (let attempt = 1; ; attempt++) {
    const form = new FormData();
    form.append('image', file);
    const answer = await fetch(path, { method: 'POST', body: form, signal });
    if (answer.status === 503 && attempt < attempts) {
      await pause(Number(answer.headers.get('Retry-After')) || 1);
      continue;
    }
    const body = await answer.json();
    if (!answer.ok)
      throw new Error(body.detail ?? body.title ?? `The server answers ${answer.status}.`);
    return body;
  }
}

// Each of these gives what is to be announced.

function showClasses(image, { predictions, noneOfThese }) {
  showPredictions(image, predictions);
  const best = `${visible(predictions[0].class)}, ${percent(predictions[0].probability)}`;
  if (noneOfThese)
    showNone(image);
  return noneOfThese ? `none of these; the closest is ${best}` : best;
}

function showPredictions(image, predictions) {
  const rows = predictions.map(({ class: name, probability }) => {
    const row = element('prediction').content.firstElementChild.cloneNode(true);
    row.querySelector('.class').textContent = visible(name);
    row.querySelector('.percent').textContent = percent(probability);
    row.querySelector('.fill').style.width = `${100 * probability}%`;
    const button = row.querySelector('button');
    button.title = `Where the network sees ${visible(name)}`;
    button.addEventListener('click', () => explain(image, name, button));
    return row;
  });
  image.part('.predictions').append(...rows);
  image.part('.predictions').hidden = false;
  showTop(image);
}

function showNone(image) {
  image.part('.none').textContent = `None of these${threshold ? ` (below ${percent(threshold)})` : ''}`;
  image.part('.none').hidden = false;
  image.card.classList.add('unknown');
}

function showTop(image) {
  [...image.part('.predictions').children].forEach((row, i) => row.hidden = i >= Number(top.value));
  if (image.explained?.button.closest('li').hidden)
    hideExplanation(image);
}

// ---- objects

function showObjects(image, { objects, width, height }) {
  image.card.classList.add('scene');
  const frame = image.part('.thumbnail');
  frame.style.aspectRatio = `${width} / ${height}`;
  frame.style.maxWidth = `${Math.max(10, 75 * width / height)}vh`;
  image.objects = objects.map(object => {
    const hue = hueOf(classes.indexOf(object.class));
    const shown = { score: object.score, box: box(object, width, height, hue), row: row(object, hue) };
    shown.button = shown.row.querySelector('button');
    shown.button.addEventListener('click', () => showAlone(image, shown));
    return shown;
  });
  frame.append(...image.objects.map(object => object.box).reverse()); // the best one in front
  image.part('.objects').append(...image.objects.map(object => object.row));
  const seen = objects.slice(0, showLeast(image)).map(object => `${object.class} ${percent(object.score)}`);
  return seen.length === 0 ? 'no objects' : `${seen.length} ${seen.length === 1 ? 'object' : 'objects'}: ${list(seen, 5)}`;
}

// How many objects there are above the score that is chosen.
function showLeast(image) {
  let shown = 0;
  for (const object of image.objects) {
    object.row.hidden = object.box.hidden = object.score < Number(least.value);
    shown += object.row.hidden ? 0 : 1;
    if (object.row.hidden && object === image.alone)
      showAlone(image, object);
  }
  image.part('.objects').hidden = shown === 0;
  image.part('.none').hidden = shown > 0;
  image.part('.none').textContent = `No objects from ${least.selectedOptions[0].textContent} on`;
  return shown;
}

// An object without the others, or all again.
function showAlone(image, object) {
  image.alone = image.alone === object ? null : object;
  for (const one of image.objects) {
    one.button.setAttribute('aria-pressed', one === image.alone);
    one.box.classList.toggle('other', image.alone !== null && one !== image.alone);
  }
}

// ---- where the network looks

async function explain(image, className, button) {
  const shown = image.explained;
  hideExplanation(image);
  if (shown?.button === button)
    return;
  const abort = new AbortController();
  image.explained = { button, abort };
  button.setAttribute('aria-expanded', 'true');
  const caption = image.part('.explanation .caption');
  caption.classList.remove('error');
  caption.textContent = 'Looking …';
  image.part('.explanation').hidden = false;
  try {
    await checkReadable(image.file);
    const { maps } = await send(`explain?class=${encodeURIComponent(className)}`, image.file, abort.signal);
    image.part('.maps').replaceChildren(...maps.map(map => figure(map, className, image.name)));
    caption.textContent = `Where the network sees ${visible(className)}: most at red, least at blue.`;
  } catch (error) {
    if (abort.signal.aborted)
      return;
    caption.textContent = reasonOf(error);
    caption.classList.add('error');
  }
  status.textContent = `${image.name}: ${caption.textContent}`;
}

function hideExplanation(image) {
  image.explained?.abort.abort();
  image.explained?.button.setAttribute('aria-expanded', 'false');
  image.explained = null;
  image.part('.explanation').hidden = true;
  image.part('.maps').replaceChildren();
}

function figure({ kind, png }, className, imageName) {
  const part = element('map').content.firstElementChild.cloneNode(true);
  const title = mapTitles[kind] ?? kind;
  part.querySelector('img').src = `data:image/png;base64,${png}`;
  part.querySelector('img').alt = `${title}: heat map of ${visible(className)} over ${imageName}`;
  part.querySelector('figcaption').textContent = title;
  return part;
}

function finish(image, announcement) {
  image.part('.pending').remove();
  image.card.removeAttribute('aria-busy');
  update(announcement);
}

// ---- all images

function addAll(files) {
  for (const file of files)
    add(file);
  update();
  for (; running < concurrentRequests && waiting.length > 0; running++)
    work();
}

async function work() {
  while (waiting.length > 0) {
    const image = waiting.shift();
    if (!image.abort.signal.aborted)
      await score(image);
  }
  running--;
}

function update(announcement) {
  const cards = [...results.children];
  bar.hidden = cards.length === 0;
  const open = cards.filter(card => card.hasAttribute('aria-busy')).length;
  count.textContent = open > 0 ? `${cards.length - open} of ${cards.length} images done`
    : `${cards.length} ${cards.length === 1 ? 'image' : 'images'}`;
  // Heard by screen readers: each result where they are few, how far it is where they are many.
  status.textContent = announcement && cards.length <= 3 ? announcement : count.textContent;
}

// ---- the ways in

let dragged = 0; // elements that the dragged files have entered and not left

addEventListener('dragenter', event => {
  event.preventDefault();
  dragged++;
  drop.classList.add('over');
});
addEventListener('dragleave', () => {
  if (--dragged <= 0)
    leave();
});
addEventListener('dragover', event => event.preventDefault());
addEventListener('drop', event => {
  event.preventDefault();
  leave();
  addAll(event.dataTransfer.files);
});

function leave() {
  dragged = 0;
  drop.classList.remove('over');
}

addEventListener('paste', event => addAll(event.clipboardData.files));
input.addEventListener('change', () => {
  addAll(input.files);
  input.value = ''; // so that the same file can be chosen again
});
top.addEventListener('change', () => {
  for (const card of results.children)
    showTop(card.image);
});
least.addEventListener('change', () => {
  for (const card of results.children)
    if (card.image.objects)
      showLeast(card.image);
});
element('clear').addEventListener('click', () => {
  for (const card of [...results.children])
    remove(card.image);
  input.focus();
});

showModel();
