'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const shown = data.trials.filter(trial => trial.metric !== null && trial.values.every(value => value !== null));
const axes = [...data.axes, { name: 'epochs trained', type: 'value' }, { name: 'seconds', type: 'value' }, { name: data.metric, type: 'value', scale: true }];
const metricAxis = axes.length - 1;
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
const number = value => typeof value === 'number' ? Number(value.toPrecision(4)).toString() : String(value ?? '');

function row(trial) {
  const values = trial.values.map((value, i) => axes[i].type === 'category' ? String(value) : value);
  return { value: [...values, trial.epochs, trial.seconds, trial.metric], name: String(trial.id) };
}

const groups = ['Pruned', 'Finished'].map(outcome => shown.filter(trial => trial.outcome === outcome));
const metrics = shown.map(trial => trial.metric);
// Viridis, without what a dark or a light page hides.
const colors = dark ? ['#8a6fd1', '#4f9bc9', '#35b779', '#fde725'] : ['#440154', '#31688e', '#2aa36b', '#d8b400'];

// Names stand in lines of a few letters, as axes are narrow.
function inLines(name) {
  const lines = [];
  for (const word of name.split(/(?<=-)| /))
    if (lines.length > 0 && lines.at(-1).length + word.length <= 9) lines.push(lines.pop() + word);
    else lines.push(word);
  return lines.join('\n');
}

// Of files, what is after the folder that all of them share; axes have room for a few letters.
function shortName(name, names) {
  let same = 0;
  while (names.length > 1 && same < name.length && names.every(other => other[same] === name[same])) same++;
  const rest = name.slice(name.slice(0, same).lastIndexOf('/') + 1);
  return rest.length > 12 ? `${rest.slice(0, 11)}…` : rest;
}

if (shown.length === 0) document.getElementById('chart').remove();
const chart = shown.length === 0 ? null : echarts.init(document.getElementById('chart'), dark ? 'dark' : null);
chart?.setOption({
  backgroundColor: 'transparent', animation: false,
  parallel: { left: 40, right: 130, top: 70, bottom: 30, parallelAxisDefault: { nameGap: 12, realtime: true } },
  parallelAxis: axes.map((axis, dim) => ({
    dim, ...axis, name: inLines(axis.name), nameTextStyle: { lineHeight: 14 },
    axisLabel: axis.type === 'category' ? { formatter: value => shortName(value, axis.data) } : { formatter: value => axis.type === 'log' ? value.toExponential(0) : number(value) },
  })),
  visualMap: {
    type: 'continuous', dimension: metricAxis, right: 0, top: 'middle', calculable: true, precision: 3,
    min: Math.min(...metrics), max: Math.max(...metrics), inRange: { color: data.lowerIsBetter ? [...colors].reverse() : colors },
  },
  series: groups.map((trials, i) => ({
    type: 'parallel', name: i === 0 ? 'pruned' : 'finished', smooth: false, inactiveOpacity: .05,
    progressive: 0, lineStyle: { width: i === 0 ? 1 : 3, opacity: i === 0 ? .7 : .9 }, data: trials.map(row),
  })),
});
addEventListener('resize', () => chart?.resize());

const count = outcome => data.trials.filter(trial => trial.outcome === outcome).length;
const best = data.bestId === null ? '' : ` The best is trial ${data.bestId} with ${data.metric} ${number(data.bestMetric)}` +
  (data.isCutShort ? ', which the end of the sweep cut short; it is not below.' : '.');
document.getElementById('summary').textContent = `${data.trials.length} trials: ${count('Finished')} finished, ${count('Pruned')} pruned, ` +
  `${count('Failed')} failed.${best}`;

function cells(kind, texts, target) {
  const line = document.createElement('tr');
  for (const text of texts) line.appendChild(document.createElement(kind)).textContent = text;
  target.appendChild(line);
  return line;
}
cells('th', ['trial', 'outcome', data.metric, 'epochs', 'seconds', ...data.axes.map(axis => axis.name), ''], document.querySelector('thead'));
const better = (a, b) => (data.lowerIsBetter ? 1 : -1) * (a - b);
const order = [...data.trials].sort((a, b) => ['Finished', 'Pruned', 'Failed'].indexOf(a.outcome) - ['Finished', 'Pruned', 'Failed'].indexOf(b.outcome) || better(a.metric, b.metric));
const lines = new Map();
for (const trial of order) {
  const line = cells('td', [trial.id, trial.outcome.toLowerCase(), number(trial.metric), trial.epochs, number(trial.seconds),
    ...trial.values.map((value, i) => trial.hasPart[i] ? number(value) : ''), trial.error ?? ''], document.querySelector('tbody'));
  line.className = trial.outcome + (trial.id === data.bestId ? ' best' : '');
  line.lastChild.className = 'error';
  lines.set(trial.id, line);
}
chart?.on('axisareaselected', () => groups.forEach((trials, i) => {
  const inactive = new Set(chart.getModel().getSeries()[i].getRawIndicesByActiveState('inactive'));
  trials.forEach((trial, index) => lines.get(trial.id).classList.toggle('outside', inactive.has(index)));
}));
