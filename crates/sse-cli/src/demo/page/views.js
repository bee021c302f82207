// The pictures. Each is an entry of VIEWS: the stream it is meant for, the event types it understands, whether the
// stream's ids count by one, and `mount(place)`, which builds it in an element and returns `{ show(event) }`.
// An event has { type, data, id, json, late }: `json` is the data parsed, or undefined; `late` says that the server
// is catching up after a reconnection.

const SVG = 'http://www.w3.org/2000/svg';

function svg(name, attributes, parent) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  parent?.append(element);
  return element;
}

/** Builds `html` in `place` and returns its parts by their `data-p`. */
function build(place, html) {
  place.innerHTML = html;
  return Object.fromEntries([...place.querySelectorAll('[data-p]')].map((part) => [part.dataset.p, part]));
}

// ---- clock: a face whose sixty marks are the last sixty ticks, so that a missing or doubled one can be seen.

const DAY = new Intl.DateTimeFormat('en-GB', {
  weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC',
});

const TICK_KINDS = { live: 'On time', late: 'Caught up', missing: 'Missing', doubled: 'Doubled' };

function clock(place) {
  const parts = build(place, `
    <div class="clock">
      <svg data-p="face" viewBox="-100 -100 200 200" role="img" aria-label="The last sixty ticks, round a clock face"></svg>
      <div>
        <p class="clock-time"><time data-p="time">--:--:--</time> <abbr title="Coordinated Universal Time">UTC</abbr></p>
        <p class="clock-day" data-p="day">&nbsp;</p>
        <ul class="clock-key">${Object.entries(TICK_KINDS).map(([kind, label]) => `
          <li><svg viewBox="-8 -10 16 20" aria-hidden="true"></svg>
            <span>${label}</span> <b data-p="${kind}">0</b></li>`).join('')}
        </ul>
      </div>
    </div>`);

  // One mark a second: drawn at twelve o'clock and turned to its place.
  const shape = (kind, parent) => {
    if (kind === 'doubled') {
      svg('line', { x1: -2.5, x2: -2.5, y1: -7, y2: 7 }, parent);
      svg('line', { x1: 2.5, x2: 2.5, y1: -7, y2: 7 }, parent);
    } else if (kind === 'missing') {
      svg('circle', { r: 3.2 }, parent);
    } else {
      svg('line', { x1: 0, x2: 0, y1: -7, y2: 7 }, parent);
    }
  };
  place.querySelectorAll('.clock-key svg').forEach((icon, i) => {
    icon.setAttribute('class', `tick ${Object.keys(TICK_KINDS)[i]}`);
    shape(Object.keys(TICK_KINDS)[i], icon);
  });
  const marks = Array.from({ length: 60 }, (_, second) => {
    const mark = svg('g', { class: 'tick', transform: `rotate(${second * 6}) translate(0 -88)` }, parts.face);
    shape('live', mark);
    return mark;
  });
  const hands = [['hour', 44], ['minute', 66], ['second', 74]].map(([name, length]) =>
    svg('line', { class: `hand ${name}`, x1: 0, y1: name === 'second' ? 12 : 0, x2: 0, y2: -length }, parts.face));
  svg('circle', { class: 'hub', r: 3 }, parts.face);

  const ticks = new Map(); // second since 1970 -> kind, for the last sixty
  let newest;

  return {
    show({ type, json, late }) {
      if (type !== 'date' || !Number.isFinite(json?.unix_ms)) return;
      const second = Math.floor(json.unix_ms / 1000);
      if (ticks.has(second) && ticks.get(second) !== 'missing') {
        ticks.set(second, 'doubled');
      } else {
        // A tick that was jumped over is missing until it comes after all.
        for (let s = Math.max((newest ?? second) + 1, second - 59); s < second; s += 1) ticks.set(s, 'missing');
        ticks.set(second, late ? 'late' : 'live');
      }
      newest = Math.max(newest ?? second, second);
      for (const s of ticks.keys()) if (s <= newest - 60) ticks.delete(s);

      const counts = { live: 0, late: 0, missing: 0, doubled: 0 };
      for (const kind of ticks.values()) counts[kind] += 1;
      for (const [kind, n] of Object.entries(counts)) parts[kind].textContent = n;
      for (let s = newest - 59; s <= newest; s += 1) {
        const mark = marks[s % 60];
        const kind = ticks.get(s) ?? '';
        if (mark.dataset.kind !== kind) {
          mark.dataset.kind = kind;
          mark.setAttribute('class', `tick ${kind}`);
          mark.replaceChildren();
          shape(kind, mark);
        }
        mark.style.opacity = kind === 'live' ? 0.3 + 0.7 * (1 - (newest - s) / 59) : '';
      }

      const time = new Date(newest * 1000);
      const seconds = newest % 86400;
      [seconds / 120, seconds / 10, seconds * 6].forEach((angle, i) =>
        hands[i].setAttribute('transform', `rotate(${angle % 360})`));
      parts.time.textContent = time.toISOString().slice(11, 19);
      parts.time.dateTime = time.toISOString();
      parts.day.textContent = DAY.format(time);
    },
  };
}

// ---- load: what the machine and the server's process do, as small multiples over two minutes.

const WINDOW_MS = 120_000;

const percent = (value) => `${value.toFixed(1)} %`;
const bytes = (value) => {
  const mebi = value / 2 ** 20;
  return mebi < 999.5 ? `${mebi.toPrecision(3)} MiB` : `${(mebi / 1024).toFixed(mebi < 10235 ? 2 : 1)} GiB`;
};
const part = (value, whole) => (whole ? `${bytes(value)} <small>of ${bytes(whole)}</small>` : bytes(value));

/** Title, value of a sample, how value and sample read, and the least height of the scale. */
const LINES = [
  ['Machine CPU', (s) => s.machine?.cpu_percent, percent, () => 100],
  ['Machine memory', (s) => s.machine?.used_bytes, (v, s) => part(v, s.machine.total_bytes), (s) => s.machine.total_bytes],
  ['Load, 1 min', (s) => s.machine?.load_1m, (v) => v.toFixed(2), () => 1],
  ['Server CPU', (s) => s.process?.cpu_percent, percent, () => 5],
  ['Server memory', (s) => s.process?.rss_bytes, bytes, () => 1],
  ['Connections', (s) => s.connections, String, () => 4],
];

function load(place) {
  place.innerHTML = `<ul class="load">${LINES.map(([title]) => `
    <li><span>${title}</span> <b>–</b>
      <svg viewBox="0 0 120 40" preserveAspectRatio="none" aria-hidden="true"><path class="area"/><path class="line"/></svg>
    </li>`).join('')}</ul>`;
  const tiles = [...place.querySelectorAll('li')];
  const samples = [];

  return {
    show({ type, json }) {
      if (type !== 'load' || !Number.isFinite(json?.unix_ms)) return;
      samples.push(json);
      while (samples[0].unix_ms < json.unix_ms - WINDOW_MS) samples.shift();
      LINES.forEach(([, value, text, least], i) => {
        const points = samples.filter((sample) => Number.isFinite(value(sample)));
        if (!points.length) return;
        const latest = points.at(-1);
        const top = Math.max(least(latest) ?? 0, ...points.map(value)) * 1.08 || 1;
        const path = points.map((sample) => {
          const x = 120 - (120 * (json.unix_ms - sample.unix_ms)) / WINDOW_MS;
          return `${x.toFixed(2)} ${(39 - (38 * value(sample)) / top).toFixed(2)}`;
        });
        tiles[i].querySelector('b').innerHTML = text(value(latest), latest);
        tiles[i].querySelector('.line').setAttribute('d', `M${path.join('L')}`);
        const first = path[0].split(' ')[0];
        tiles[i].querySelector('.area').setAttribute('d', `M${first} 40L${path.join('L')}L120 40Z`);
      });
    },
  };
}

// ---- tokens: a language model's answer, written as it comes.

/** A message may be long; the page need not be. */
const KEPT_TOKENS = 2000;

function tokens(place) {
  const parts = build(place, `
    <div class="tokens">
      <div class="tokens-scroll" data-p="scroll" tabindex="0" role="region" aria-label="The text so far"
        ><p data-p="text"></p></div>
      <dl>
        <div><dt>Tokens/s</dt><dd class="tokens-rate" data-p="rate">0</dd></div>
        <div><dt>Tokens</dt><dd data-p="count">0</dd></div>
        <div><dt>Last event</dt><dd class="tokens-type" data-p="type">–</dd></div>
      </dl>
    </div>`);
  let recent = []; // arrival times of the last second's tokens
  let count = 0;
  let timer;
  const rate = () => {
    const now = performance.now();
    recent = recent.filter((time) => now - time < 1000);
    parts.rate.textContent = recent.length;
    clearTimeout(timer);
    if (recent.length) timer = setTimeout(rate, 1000); // in case no more come
  };
  const writing = (on) => parts.text.classList.toggle('writing', on);

  return {
    show({ type, json }) {
      parts.type.textContent = type;
      if (type === 'message_start') {
        parts.text.replaceChildren();
        count = 0;
      }
      if (type === 'content_block_start') writing(true);
      if (type === 'content_block_stop') writing(false);
      const text = json?.delta?.type === 'text_delta' ? json.delta.text : undefined;
      if (typeof text === 'string') {
        const token = document.createElement('span');
        token.textContent = text;
        parts.text.append(token);
        if (parts.text.childElementCount > KEPT_TOKENS) parts.text.firstElementChild.remove();
        parts.scroll.scrollTop = parts.scroll.scrollHeight;
        writing(true);
        recent.push(performance.now());
        count += 1;
        rate();
      }
      parts.count.textContent = count;
    },
  };
}

// ---- events: what any stream sends, as it is.

const KEPT = 50;

function events(place) {
  const { list } = build(place, `<ol class="events" data-p="list" tabindex="0" aria-label="The latest events"></ol>`);
  return {
    show({ type, data, id }) {
      const row = document.createElement('li');
      for (const [name, value] of [['type', type], ['id', id || '–'], ['data', data]]) {
        const cell = document.createElement('span');
        cell.className = `event-${name}`;
        cell.textContent = value;
        cell.title = value.slice(0, 1000);
        row.append(cell);
      }
      list.prepend(row);
      if (list.childElementCount > KEPT) list.lastElementChild.remove();
    },
  };
}

export const VIEWS = [
  { name: 'clock', stream: 'date', types: ['date'], counted: true, mount: clock },
  { name: 'load', stream: 'load', types: ['load'], counted: true, mount: load },
  {
    name: 'tokens',
    stream: 'tokens',
    types: ['message_start', 'content_block_start', 'ping', 'content_block_delta', 'content_block_stop',
      'message_delta', 'message_stop'],
    counted: true,
    mount: tokens,
  },
  { name: 'events', types: [], counted: false, mount: events },
];
