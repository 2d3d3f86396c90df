// What the page of `mainline label` does: one row after the other; keys or buttons; each vote is sent as it is given.
'use strict';
const about = JSON.parse(document.getElementById('about').textContent);
const at = id => document.getElementById(id);
const make = (tag, props = {}, ...inside) => {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...inside);
  return element;
};
const COMMANDS = 'us';
const KEYS = [...'123456789abcdefghijklmnopqrtvwxyz'].filter(key => !COMMANDS.includes(key));
const HELP = [['u or Ctrl+Z', 'takes the last step back'], ['s', 'skips the row'], ['?', 'this help'],
  ['Enter', 'next batch, at the end of one']];
const LONG = 60; // letters; a cell that is longer is read as a text
let state = {phase: 'looking', votes: [], skipped: []}, rows = [], loaded = -1, sending = Promise.resolve(), behind = 0;
let names, keys = [], buttons = []; // the classes, with a key each as far as there are some
let began = Date.now(), first = 0, shownAs = '';

async function ask(name, content) {
  const how = content && {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(content)};
  let answer;
  try {
    answer = await fetch(name, how);
  } catch {
    throw new Error('`mainline label` runs no more here. What you had answered is written; start it again to go on.');
  }
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.error);
  return said;
}

// what is open is what was neither voted on nor skipped: the first such row is the one to show
const open = () => state.votes.findIndex((vote, i) => vote === null && !state.skipped[i]);
const count = () => state.votes.filter(vote => vote !== null).length;

async function refresh() {
  state = await ask('state');
  if (state.batch !== loaded && (state.phase === 'asking' || state.phase === 'over')) {
    const said = await ask('batch');
    [state, rows, loaded] = [said.state, said.rows, said.batch];
    offer(said.classes);
    [began, first] = [Date.now(), count()];
  }
  show();
}

function send(name, content, words) {
  behind += 1;
  error('');
  sending = sending.then(async () => {
    try {
      const said = await ask(name, content);
      behind -= 1;
      if (!behind) { state = said; show(); }
      if (words) at('live').textContent = words;
    } catch (problem) {
      behind -= 1;
      try { await refresh(); } catch { /* it is said below */ }
      error(problem.message);  // with the row that it is about in sight again
    }
  });
  return sending;
}

// the next row is shown at once; what the server says corrects it
function vote(said) {
  const i = open();
  if (state.phase !== 'asking' || i < 0) return;
  if (!names && behind) return;
  const word = names ? names[said] : said;
  send('vote', {batch: state.batch, at: i, label: said}, `${word} saved.`);
  if (!names) return; // a number may be none: the server says so first
  state.votes[i] = said;
  show();
}

function skip() {
  const i = open();
  if (state.phase !== 'asking' || i < 0) return;
  send('skip', {batch: state.batch, at: i}, 'Skipped.');
  state.skipped[i] = true;
  show();
}

const does = {
  undo: () => send('undo', {}, 'Taken back.'),
  skip,
  help: () => at('help').showModal(),
  done: () => send('done', {}),
  next: () => send('next', {}).then(watch),
};

function error(words) {
  at('error').textContent = words;
  at('error').hidden = !words;
}

function show() {
  const i = open(), phase = state.phase === 'asking' && i < 0 ? 'over' : state.phase;
  const section = phase === 'done' || phase === 'failed' ? 'ended' : phase;
  for (const id of ['looking', 'asking', 'over', 'ended']) at(id).hidden = id !== section;
  const now = `${phase} ${state.batch} ${i}`;
  const anew = now !== shownAs;
  shownAs = now;
  if (phase === 'asking') showRow(i, anew);
  if (phase === 'over') showOver(anew);
  if (section === 'ended') showEnd(phase);
}

function showRow(i, anew) {
  const answered = count(), passed = state.skipped.filter(Boolean).length, total = rows.length;
  at('where').textContent = `Row ${answered + passed + 1} of ${total}`;
  Object.assign(at('progress'), {max: total, value: answered + passed});
  at('pace').textContent = pace(answered, passed);
  counts();
  if (!anew) return;
  const row = rows[i];
  at('why').textContent = row.why;
  at('row').replaceChildren(...drawn(row));
  window.scrollTo(0, 0);
  if (names) at('where').focus({preventScroll: true});
  else { at('value').value = ''; at('value').focus({preventScroll: true}); }
}

function pace(answered, passed) {
  const minutes = (Date.now() - began) / 60000, given = answered - first;
  const speed = given > 2 && minutes > 0 ? `, ${Math.round(given / minutes)} a minute` : '';
  return `${answered} answered${passed ? `, ${passed} skipped` : ''}${speed}`;
}

function drawn(row) {
  const parts = [], short = [];
  if (row.picture) parts.push(picture(row.picture));
  for (const [name, kind, words] of row.cells) {
    if (kind === 'text' && words !== null && (words.length > LONG || words.includes('\n'))) {
      const text = make('p', {dir: 'auto', textContent: words});
      parts.push(make('div', {className: 'long'}, make('h3', {dir: 'auto', textContent: name}), text));
    } else short.push(cell(name, kind, words));
  }
  if (short.length) parts.push(make('table', {className: 'cells'}, make('tbody', {}, ...short)));
  return parts;
}

function cell(name, kind, words) {
  const said = words === null ? make('td', {className: 'nothing', textContent: 'missing'})
    : make('td', {textContent: words, dir: kind === 'text' ? 'auto' : 'ltr'});
  return make('tr', {}, make('th', {scope: 'row', dir: 'auto', textContent: name}), said);
}

function picture({width, ink}) {
  const height = ink.length / width;
  const canvas = make('canvas', {width, height});
  canvas.setAttribute('role', 'img');
  canvas.setAttribute('aria-label', `a picture of ${width} by ${height} cells`);
  const pen = canvas.getContext('2d'), drawing = pen.createImageData(width, height);
  pen.fillStyle = getComputedStyle(document.documentElement).color;
  pen.fillRect(0, 0, 1, 1);
  const colour = pen.getImageData(0, 0, 1, 1).data;
  ink.forEach((part, i) => drawing.data.set([colour[0], colour[1], colour[2], 255 * (part || 0)], 4 * i));
  pen.putImageData(drawing, 0, 0);
  return canvas;
}

function counts() {
  if (!names) return; // a number may be none: the server says so first
  const found = new Map();
  for (const vote of state.votes) if (vote !== null) found.set(vote, (found.get(vote) || 0) + 1);
  buttons.forEach((button, i) => { button.lastChild.textContent = found.get(i) || ''; });
}

function showOver(anew) {
  const answered = count(), passed = state.skipped.filter(Boolean).length;
  at('h-over').textContent = `Batch ${state.batch}: ${answered} answered${passed ? `, ${passed} skipped` : ''}`;
  const left = state.left - answered - passed;
  const rest = left > 0 ? `${left.toLocaleString('en')} more ${left === 1 ? 'row has' : 'rows have'} no vote of yours.` : 'No other row is left.';
  at('told').replaceChildren(...[...(state.told || []), rest].map(words => make('li', {textContent: words})));
  const table = make('tbody');
  (names || []).forEach((name, i) => {
    const n = state.votes.filter(vote => vote === i).length;
    if (n) table.append(make('tr', {}, make('th', {scope: 'row', dir: 'auto', textContent: name}), make('td', {textContent: n})));
  });
  at('counts').replaceChildren(...(table.childElementCount ? [make('table', {}, make('thead', {}, make('tr', {}, make('th', {textContent: 'class'}),
    make('th', {textContent: 'votes'}))), table)] : []));
  if (anew) at('h-over').focus({preventScroll: true});
}

function showEnd(phase) {
  const n = state.written;
  at('h-ended').textContent = phase === 'failed' ? state.failure : `Done: ${n} ${n === 1 ? 'vote' : 'votes'} of this sitting`;
  at('how').textContent = phase === 'failed' ? 'The terminal says it, too.'
    : `They are in ${about.file}. The terminal says how to commit them; you can close this page.`;
  at('h-ended').focus();
}

async function watch() {
  const since = Date.now();
  try {
    do {
      await refresh();
      at('waited').textContent = `${Math.round((Date.now() - since) / 1000)} s`;
      if (state.phase === 'looking') await new Promise(resolve => setTimeout(resolve, 400));
    } while (state.phase === 'looking');
  } catch (problem) {
    error(problem.message);
  }
}

// in letters of the Latin script: those of Chinese, Japanese and Korean are twice as wide
function widthOf(name) {
  return [...name].reduce((width, letter) => width + (letter > '\u2e7f' ? 2 : 1), 0);
}

// classes that are one letter or digit each have that as their key, others 1 to 9 and then letters
function offer(classes) {
  if (String(names) === String(classes)) return;
  names = classes;
  const own = (names || []).every(name => /^[0-9a-z]$/i.test(name) && !COMMANDS.includes(name.toLowerCase()))
    && new Set((names || []).map(name => name.toLowerCase())).size === (names || []).length;
  keys = !names ? [] : own ? names.map(name => name.toLowerCase()) : KEYS.slice(0, names.length);
  buttons = (names || []).map(buttonOf);
  at('classes').replaceChildren(...buttons);
  at('classes').style.setProperty('--least', buttons.every((_, i) => widthOf(names[i]) <= 3) ? '5.5rem' : '9rem');
  at('choose').hidden = !names;
  at('number').hidden = Boolean(names);
  at('find').hidden = keys.length >= buttons.length;
  const named = names ? keys.map((key, i) => [key, names[i]]) : [['Enter', 'saves the number']];
  if (!at('find').hidden) named.push(['/', 'finds a class; Enter takes the first']);
  at('keys').replaceChildren();
  for (const [key, words] of [...named, ...HELP]) {
    at('keys').append(make('dt', {}, make('kbd', {textContent: key})), make('dd', {dir: 'auto', textContent: words}));
  }
}

function buttonOf(name, i) {
  const parts = [make('span', {dir: 'auto', textContent: name}), make('small')];
  if (keys[i]) parts.unshift(make('kbd', {textContent: keys[i]}));
  const button = make('button', {type: 'button', title: name}, ...parts);
  button.addEventListener('click', () => choose(i));
  return button;
}

function choose(i) {
  buttons[i].classList.add('now');
  setTimeout(() => buttons[i].classList.remove('now'), 120);
  if (at('find').value) { at('find').value = ''; find(); }
  if (document.activeElement === at('find')) at('find').blur();
  vote(i);
}

function find() {
  const wanted = at('find').value.toLocaleLowerCase();
  buttons.forEach((button, i) => { button.hidden = !names[i].toLocaleLowerCase().includes(wanted); });
}

at('find').addEventListener('input', find);
at('number').addEventListener('submit', event => { event.preventDefault(); if (at('value').value.trim()) vote(at('value').value); });
for (const button of document.querySelectorAll('[data-does]')) button.addEventListener('click', () => does[button.dataset.does]());

document.addEventListener('keydown', event => {
  if (event.repeat || event.altKey || at('help').open) return;
  const typing = event.target === at('find'), key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (event.ctrlKey || event.metaKey) {
    if (key === 'z' && !(event.target.value || '')) { event.preventDefault(); does.undo(); }
    return;
  }
  if (typing) return finding(event);
  const did = command(key);
  if (did) { event.preventDefault(); did(); }
});

function finding(event) {
  if (event.key === 'Escape') { at('find').value = ''; find(); at('find').blur(); }
  const i = buttons.findIndex(button => !button.hidden);
  if (event.key === 'Enter' && at('find').value && i >= 0) { event.preventDefault(); choose(i); }
}

function command(key) {
  if (state.phase === 'over' || (state.phase === 'asking' && open() < 0)) {
    if (key === 'Enter' && document.activeElement.tagName !== 'BUTTON') return does.next;
    return {u: does.undo, '?': does.help}[key];
  }
  if (state.phase !== 'asking') return undefined;
  const i = names ? keys.indexOf(key) : -1;
  if (i >= 0) return () => choose(i);
  if (key === '/' && !at('find').hidden) return () => at('find').focus();
  return {u: does.undo, s: does.skip, '?': does.help}[key];
}

matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { shownAs = ''; show(); });
watch();
