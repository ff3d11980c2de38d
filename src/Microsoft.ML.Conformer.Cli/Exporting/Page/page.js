// Takes a photo, has a worker classify it, and shows the answer. One photo at a time: a new one takes the place of the last.

const classesShown = 5;

const element = id => document.getElementById(id);
const percent = probability => `${(100 * probability).toFixed(1)} %`;

element('unserved').remove(); // scripts run here
element('loading').hidden = false;

// A worker out of a blob obeys this page's policy; one out of a file would obey that of its server alone.
const script = `import ${JSON.stringify(new URL('classifier.js', location.href).href)};`;
const worker = new Worker(URL.createObjectURL(new Blob([script], { type: 'text/javascript' })), { type: 'module' });
worker.onmessage = ({ data }) => receive[data.kind](data);
worker.onerror = () => fail('The page’s program cannot be loaded. Is all of its folder on the server?');
worker.postMessage({ base: location.href });

let model = null;
let current = 0; // the number of the photo that is shown
let url = null;

const receive = {
  progress({ fraction }) {
    element('progress').value = fraction;
  },

  ready(data) {
    model = data.model;
    const { classes, imageSize } = model;
    element('model').textContent = `${classes.length} ${classes.length === 1 ? 'class' : 'classes'}, ` +
      `recognized in this browser at ${imageSize} × ${imageSize} pixels.`;
    element('loading').hidden = true;
    element('drop').hidden = false;
  },

  failed({ reason }) {
    fail(reason);
  },

  scores({ id, scores, milliseconds }) {
    if (id === current)
      show(scores, milliseconds);
  },

  unreadable({ id, reason }) {
    if (id === current)
      showError(reason);
  },
};

function fail(reason) {
  element('loading').hidden = true;
  element('drop').hidden = true;
  element('model').textContent = reason;
  element('model').className = 'error';
  element('status').textContent = reason;
}

function classify(file) {
  if (!model || !file)
    return;
  current++;
  if (url)
    URL.revokeObjectURL(url);
  url = URL.createObjectURL(file);
  element('photo').hidden = false;
  element('photo').src = url;
  element('name').textContent = visible(file.name);
  element('error').hidden = true;
  element('best').textContent = element('status').textContent = 'Looking …';
  element('classes').replaceChildren();
  element('time').textContent = '';
  element('result').hidden = false;
  worker.postMessage({ id: current, file });
}

function show(scores, milliseconds) {
  const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b).slice(0, classesShown);
  const best = scores[order[0]];
  const isNone = model.threshold !== null && best < model.threshold;
  element('best').textContent = isNone ? 'None of these' : model.classes[order[0]];
  element('classes').className = isNone ? 'none' : '';
  element('classes').replaceChildren(...order.map(index => row(model.classes[index], scores[index])));
  element('time').textContent = `${(milliseconds / 1000).toFixed(2)} s` +
    (isNone ? `; no class reaches ${percent(model.threshold)}` : '');
  element('status').textContent = isNone
    ? `None of these: ${model.classes[order[0]]} has only ${percent(best)}.`
    : `${model.classes[order[0]]}, ${percent(best)}.`;
}

function row(name, probability) {
  const item = element('class').content.firstElementChild.cloneNode(true);
  item.querySelector('bdi').textContent = name;
  item.querySelector('.percent').textContent = percent(probability);
  item.querySelector('.fill').style.width = `${100 * probability}%`;
  return item;
}

function showError(reason) {
  element('best').textContent = '';
  element('photo').hidden = true;
  element('error').textContent = element('status').textContent = reason;
  element('error').hidden = false;
}

// A file's name with escapes in the place of what would not be seen or would turn other text around, and not too long.
function visible(name) {
  const longest = 160;
  const shown = name.length > longest ? `${[...name].slice(0, longest - 1).join('')}…` : name;
  return shown.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, hidden => `\\u{${hidden.codePointAt(0).toString(16).toUpperCase()}}`);
}

const input = element('file');
input.addEventListener('change', () => {
  classify(input.files[0]);
  input.value = ''; // so that the same file can be chosen again
});
addEventListener('paste', event => classify(event.clipboardData.files[0]));

let dragged = 0; // elements that the dragged file has entered and not left
addEventListener('dragenter', event => {
  event.preventDefault();
  dragged++;
  element('drop').classList.add('over');
});
addEventListener('dragleave', () => {
  if (--dragged <= 0)
    leave();
});
addEventListener('dragover', event => event.preventDefault());
addEventListener('drop', event => {
  event.preventDefault();
  leave();
  classify(event.dataTransfer.files[0]);
});

function leave() {
  dragged = 0;
  element('drop').classList.remove('over');
}
