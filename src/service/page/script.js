// What the page at / does: a form from the signature, or a digit to draw; asks /predict, and tells /feedback.
'use strict';
const model = JSON.parse(document.getElementById('model').textContent);
const at = id => document.getElementById(id);
const make = (tag, about = {}, ...inside) => {
  const element = Object.assign(document.createElement(tag), about);
  element.append(...inside);
  return element;
};
const read = model.columns.filter(column => column.kind !== 'ignored');
const pixels = model.columns.map(column => /^pixel_(\d+)_(\d+)$/.exec(column.name));
const drawn = pixels.length > 0 && pixels.every(Boolean);
let shown = -1, asked = 0, last = null;

async function post(path, content) {
  const answer = await fetch(path, {method: 'POST', headers: {'Content-Type': 'application/json'},
    body: JSON.stringify(content)});
  const said = await answer.json();
  if (!answer.ok && answer.status !== 409) throw new Error(said.error);
  return said;
}

async function ask(row) {
  const mine = ++asked;
  try {
    const said = await post('predict', {row});
    if (mine === asked) show(said);
  } catch (error) {
    if (mine !== asked) return;
    at('said').hidden = true;
    at('error').textContent = error.message;
  }
}

function show(said) {
  last = said;
  at('error').textContent = '';
  at('hint').hidden = true;
  at('said').hidden = false;
  at('answer').textContent = typeof said.prediction === 'number' && !model.classes
    ? Number(said.prediction.toPrecision(6)).toLocaleString() : said.prediction;
  const chances = Object.entries(said.probabilities || {});
  if (chances.length > 12) chances.sort((a, b) => b[1] - a[1]);
  at('chances').replaceChildren(...chances.slice(0, 12).map(([name, chance]) => {
    const bar = make('i');
    bar.style.width = 100 * chance + '%';
    return make('div', {className: 'chance' + (name === String(said.prediction) ? ' best' : '')},
      make('span', {textContent: name}), make('div', {}, bar),
      make('span', {textContent: (100 * chance).toFixed(1) + '%'}));
  }));
  at('id').textContent = 'request ' + said.request_id;
  at('thanks').textContent = '';
  at('feedback').hidden = false;
}

async function tell(label) {
  try {
    const said = await post('feedback', {request_id: last.request_id, label});
    at('thanks').textContent = 'Noted: ' + said.outcome + '.';
  } catch (error) {
    at('thanks').textContent = error.message;
  }
}

function field(column) {
  const name = column.name;
  let input, note = column.kind;
  if (column.kind === 'categorical' && column.categories) {
    input = make('select', {}, make('option', {value: '', textContent: '(missing)'}),
      ...column.categories.map(value => make('option', {value, textContent: value})));
    note = '';
  } else if (column.kind === 'text') {
    input = make('textarea');
  } else if (column.kind === 'date') {
    input = make('input', {type: 'datetime-local', step: 1});
    if (column.minimum) note = column.minimum.slice(0, 10) + ' to ' + column.maximum.slice(0, 10);
  } else if (column.kind === 'numeric') {
    input = make('input', {type: 'number', step: 'any', inputMode: 'decimal'});
    if (column.minimum !== undefined) note = column.minimum + ' to ' + column.maximum;
    input.addEventListener('input', () => input.classList.toggle('strange', input.value !== '' &&
      (Number(input.value) < column.minimum || Number(input.value) > column.maximum)));
  } else {
    input = make('input');
  }
  input.name = name;
  return make('label', {}, name, input, make('span', {className: 'soft', textContent: note}));
}

function fill(row) {
  for (const column of read) {
    const input = at('form').elements.namedItem(column.name), value = row[column.name];
    input.value = value === null || value === undefined ? ''
      : column.kind === 'date' ? String(value).slice(0, 19) : value;
    input.dispatchEvent(new Event('input'));
  }
}

function collect() {
  const row = {};
  for (const column of read) {
    const value = at('form').elements.namedItem(column.name).value;
    row[column.name] = value === '' ? null : column.kind === 'numeric' ? Number(value) : value;
  }
  return row;
}

function useForm() {
  at('form').hidden = false;
  at('fields').append(...read.map(field));
  at('form').addEventListener('submit', async event => {
    event.preventDefault();
    await ask(collect());
    at('result').scrollIntoView({block: 'nearest'}); // on a phone it is below the form
  });
  at('example').addEventListener('click', () => fill(model.examples[shown = (shown + 1) % model.examples.length]));
  at('example').click();
}

// The digits that models learn from fill their frame, and a cell counts how much of it is inked: the drawing is
// brought into that form.
function cells(canvas, rows, columns) {
  const size = canvas.width, ink = canvas.getContext('2d').getImageData(0, 0, size, size).data;
  let left = size, right = -1, top = size, bottom = -1;
  for (let y = 0; y < size; y++) for (let x = 0; x < size; x++) if (ink[4 * (y * size + x) + 3] > 127) {
    left = Math.min(left, x); right = Math.max(right, x); top = Math.min(top, y); bottom = Math.max(bottom, y);
  }
  const counts = new Float64Array(rows * columns);
  if (right < 0) return counts;
  const box = Math.max(bottom - top + 1, (right - left + 1) * rows / columns) / rows;
  const x0 = (left + right + 1) / 2 - box * columns / 2, y0 = (top + bottom + 1) / 2 - box * rows / 2, fine = 12;
  for (let r = 0; r < rows * fine; r++) for (let c = 0; c < columns * fine; c++) {
    const x = Math.floor(x0 + (c + 0.5) * box / fine), y = Math.floor(y0 + (r + 0.5) * box / fine);
    if (x >= 0 && y >= 0 && x < size && y < size && ink[4 * (y * size + x) + 3] > 127)
      counts[Math.floor(r / fine) * columns + Math.floor(c / fine)] += 1 / fine / fine;
  }
  return counts;
}

function useCanvas() {
  at('drawing').hidden = false;
  const rows = 1 + Math.max(...pixels.map(each => +each[1])), columns = 1 + Math.max(...pixels.map(each => +each[2]));
  const most = Math.max(1, ...read.map(column => column.maximum || 0));
  const canvas = at('draw'), seen = at('seen'), pen = canvas.getContext('2d', {willReadFrequently: true});
  seen.width = columns; seen.height = rows;
  const color = () => getComputedStyle(document.body).color;
  const preview = counts => {
    const brush = seen.getContext('2d');
    brush.clearRect(0, 0, columns, rows);
    brush.fillStyle = color();
    counts.forEach((share, i) => {
      brush.globalAlpha = share;
      brush.fillRect(i % columns, Math.floor(i / columns), 1, 1);
    });
  };
  const predict = () => {
    const counts = cells(canvas, rows, columns), row = {};
    preview(counts);
    model.columns.forEach((column, i) => {
      const [, r, c] = pixels[i];
      if (column.kind !== 'ignored') row[column.name] = Math.round(most * counts[r * columns + +c]);
    });
    ask(row);
  };
  const place = event => {
    const frame = canvas.getBoundingClientRect(), zoom = canvas.width / frame.width;
    return [(event.clientX - frame.left) * zoom, (event.clientY - frame.top) * zoom];
  };
  let from = null;
  const line = to => {
    pen.strokeStyle = color(); pen.lineWidth = canvas.width / 11; pen.lineCap = pen.lineJoin = 'round';
    pen.beginPath(); pen.moveTo(...from); pen.lineTo(...to); pen.stroke();
    from = to;
  };
  canvas.addEventListener('pointerdown', event => {
    canvas.setPointerCapture(event.pointerId);
    from = place(event);
    line(from);
  });
  canvas.addEventListener('pointermove', event => { if (from) line(place(event)); });
  const done = () => { if (from) { from = null; predict(); } };
  for (const end of ['pointerup', 'pointercancel']) canvas.addEventListener(end, done);
  at('erase').addEventListener('click', () => {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    preview(new Float64Array(rows * columns));
    at('said').hidden = true; at('hint').hidden = false; asked++;
  });
}

const choice = name => make('option', {value: JSON.stringify(name), textContent: name});
at('label').append(...(model.classes || []).map(choice));
at('label').hidden = at('right').hidden = !model.classes;
at('number').hidden = !at('label').hidden;
at('right').addEventListener('click', () => tell(last.prediction));
at('wrong').addEventListener('click', () => {
  if (model.classes) tell(JSON.parse(at('label').value));
  else if (at('number').value !== '') tell(Number(at('number').value));
});
if (drawn) useCanvas(); else useForm();
