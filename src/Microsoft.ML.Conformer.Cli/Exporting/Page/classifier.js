// Runs in a worker: loads the model, makes a photo the pixels that it takes, and gives its scores.

import * as ort from './onnxruntime/ort.wasm.bundle.min.js';

let base = null;
let session = null;
let model = null;
let busy = null; // the photos that are waited for

addEventListener('message', ({ data }) => {
  if (data.base) {
    base = data.base;
    busy = load();
  } else
    busy = busy.then(() => classify(data));
});

async function load() {
  try {
    ort.env.logLevel = 'error';
    ort.env.wasm.wasmPaths = { wasm: new URL('onnxruntime/ort-wasm-simd-threaded.wasm', base).href };
    ort.env.wasm.numThreads = self.crossOriginIsolated ? Math.min(4, navigator.hardwareConcurrency) : 1;
    model = await (await get('model.json')).json();
    session = await ort.InferenceSession.create(await download(), { executionProviders: ['wasm'], logSeverityLevel: 3 });
    postMessage({ kind: 'ready', model });
  } catch (error) {
    postMessage({ kind: 'failed', reason: `The model cannot be loaded: ${error.message}` });
  }
}

async function get(name) {
  const answer = await fetch(new URL(name, base));
  if (!answer.ok)
    throw new Error(`the server answers ${answer.status} for ${name}.`);
  return answer;
}

async function download() {
  const bytes = new Uint8Array(model.bytes);
  const reader = (await get('model.onnx')).body.getReader();
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done && length === bytes.length)
      return bytes;
    if (done || length + value.length > bytes.length)
      throw new Error('model.onnx has another length than model.json says. Export the page anew.');
    bytes.set(value, length);
    length += value.length;
    postMessage({ kind: 'progress', fraction: length / bytes.length });
  }
}

async function classify({ id, file }) {
  if (!session)
    return;
  const start = performance.now();
  try {
    const { image } = await pixels(file);
    const { Score } = await session.run({ image });
    postMessage({ kind: 'scores', id, scores: Score.data, milliseconds: performance.now() - start });
  } catch (error) {
    postMessage({ kind: 'unreadable', id, reason: error.message });
  }
}

// uint8 [1, height, width, 3]: upright, and the colors as they stand in the file, whatever its profile says of them, as in training.
async function pixels(file) {
  let photo;
  try {
    photo = await createImageBitmap(file, { imageOrientation: 'from-image', colorSpaceConversion: 'none' });
  } catch {
    throw new Error('It cannot be read as an image. Take a JPEG, PNG, WebP, GIF or BMP file.');
  }
  const { width, height } = photo;
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  context.fillStyle = model.background;
  context.fillRect(0, 0, width, height);
  context.drawImage(photo, 0, 0);
  photo.close();
  const { data } = context.getImageData(0, 0, width, height);
  const rgb = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    rgb[to++] = data[from];
    rgb[to++] = data[from + 1];
    rgb[to++] = data[from + 2];
  }
  return { image: new ort.Tensor('uint8', rgb, [1, height, width, 3]) };
}
