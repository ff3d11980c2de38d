'use strict';
const data = JSON.parse(document.getElementById('data').textContent);
const dark = matchMedia('(prefers-color-scheme: dark)').matches;
const charts = [];

function chart(id, options) {
  const one = echarts.init(document.getElementById(id), dark ? 'dark' : null);
  one.setOption({ backgroundColor: 'transparent', animation: false, ...options });
  charts.push(one);
  return one;
}

function curves() {
  const series = (name, column, yAxisIndex, type = 'solid') => ({
    name, type: 'line', yAxisIndex, showSymbol: data.epochs.length < 60, lineStyle: { type },
    data: data.epochs.map(epoch => [epoch[0], epoch[column]]),
  });
  const accuracy = series('validation accuracy', 3, 1);
  accuracy.markLine = {
    symbol: 'none', lineStyle: { type: 'dotted' }, label: { formatter: 'best epoch', position: 'insideEndTop' }, data: [{ xAxis: data.bestEpoch }],
  };
  chart('curves', {
    tooltip: { trigger: 'axis', valueFormatter: value => value === null ? '' : Number(value.toPrecision(4)).toString() },
    legend: { top: 0 }, grid: { left: 70, right: 70, top: 40, bottom: 60 },
    toolbox: { feature: { saveAsImage: {} } },
    dataZoom: data.epochs.length > 30 ? [{ type: 'inside' }, { type: 'slider', height: 18, bottom: 8 }] : [],
    xAxis: { type: 'value', name: 'epoch', nameLocation: 'middle', nameGap: 26, min: 'dataMin', max: 'dataMax', minInterval: 1 },
    yAxis: [
      { type: 'value', name: 'loss', nameLocation: 'middle', nameGap: 48, scale: true },
      { type: 'value', name: 'accuracy', nameLocation: 'middle', nameGap: 40, min: 0, max: 1, splitLine: { show: false } },
      { type: 'value', show: false, min: 0 },
    ],
    series: [series('loss', 1, 0), series('validation loss', 2, 0), accuracy, series('learning rate', 4, 2, 'dashed')],
  });
}

// Each class follows the one, of those left, with which it is confused most.
function byLikeness(indices) {
  const likeness = new Map();
  const add = (a, b, count) => likeness.set(a, (likeness.get(a) ?? new Map()).set(b, (likeness.get(a)?.get(b) ?? 0) + count));
  for (const [label, predicted, count] of data.confusions)
    if (label !== predicted) { add(label, predicted, count); add(predicted, label, count); }
  const left = new Set(indices), order = [];
  for (let next = indices[0]; left.size > 0;) {
    left.delete(next);
    order.push(next);
    const most = [...(likeness.get(next) ?? [])].filter(([other]) => left.has(other)).sort((a, b) => b[1] - a[1])[0];
    next = most ? most[0] : left.values().next().value;
  }
  return order;
}

const orders = {
  name: indices => indices.sort((a, b) => data.classes[a].name.localeCompare(data.classes[b].name)),
  recall: indices => indices.sort((a, b) => data.classes[a].recall - data.classes[b].recall),
  likeness: byLikeness,
};

function matrix() {
  const one = chart('matrix', {});
  const select = document.getElementById('order');
  function draw() {
    const order = orders[select.value](data.classes.map((_, index) => index));
    const place = new Map(order.map((index, position) => [index, position]));
    const names = order.map(index => data.classes[index].name);
    const many = names.length > 20;
    one.setOption({
      tooltip: {
        formatter: ({ value }) => {
          const line = document.createElement('span');
          line.textContent = `${names[value[1]]} predicted as ${names[value[0]]}: ${value[3]} of ${data.classes[order[value[1]]].support}`;
          return line;
        },
      },
      toolbox: { feature: { saveAsImage: {} } },
      grid: { left: 150, right: 40, top: 30, bottom: 150 },
      dataZoom: [
        { type: 'inside', xAxisIndex: 0 }, { type: 'inside', yAxisIndex: 0 },
        ...(many ? [{ type: 'slider', xAxisIndex: 0, bottom: 10, height: 18 }, { type: 'slider', yAxisIndex: 0, right: 4, width: 18 }] : []),
      ],
      xAxis: { type: 'category', data: names, name: 'predicted', nameLocation: 'middle', nameGap: 110,
        axisLabel: { rotate: 60, width: 120, overflow: 'truncate' } },
      yAxis: { type: 'category', data: names, inverse: true, axisLabel: { width: 130, overflow: 'truncate' } },
      visualMap: { show: false, dimension: 2, min: 0, max: 1, inRange: { color: dark ? ['#22262d', '#8ab4f8'] : ['#f4f5f8', '#2f7ed8'] } },
      series: [{
        type: 'heatmap', label: { show: !many, formatter: ({ value }) => value[3] },
        data: data.confusions.map(([label, predicted, count]) =>
          [place.get(predicted), place.get(label), count / data.classes[label].support, count]),
      }],
    }, { replaceMerge: ['series', 'dataZoom'] });
  }
  select.addEventListener('change', draw);
  draw();
}

curves();
matrix();
addEventListener('resize', () => charts.forEach(one => one.resize()));
