// Widgets for event streams. A page loads this script and has one line of HTML a stream:
//
//     <div data-sse-widget="date"></div>
//
// Read from the element (only the first is needed):
//   data-sse-widget="NAME"   the stream's name, and its address: `stream/NAME` beside the page
//   data-sse-src="URL"       another address, of any origin that allows it (CORS)
//   data-sse-view="NAME"     the picture: clock, load, tokens or events; otherwise name and data choose
//   data-sse-types="A B"     further event types: an EventSource hears only the types it is told of
//
// Written to it, for style sheets, tests and your own scripts:
//   data-state               connecting, open or closed: the EventSource's ready state
//   data-last-event-id, data-events, data-reconnects
//   data-lost, data-doubled  what consecutive ids say; empty where the ids do not count
//   data-gaps                losses that the server itself announced, by events of type `gap`
// and each event of the stream is passed on as a DOM event `sse-event`, its detail { type, data, id }.

import { VIEWS } from './views.js';
import { Wire } from './wire.js';

const STATES = ['connecting', 'open', 'closed']; // by EventSource.readyState
const LABELS = { connecting: 'Connecting', open: 'Open', closed: 'Closed' };

/** A reconnected server sends what was missed in one go: an event this soon after the one before belongs to it. */
const CATCH_UP_MS = 25;

/** After this long without an answer, say what may be the matter. */
const PATIENCE_MS = 5000;

const FRAME = `
  <h2 class="sse-name"></h2>
  <p class="sse-state" role="status"><span class="sse-mark" aria-hidden="true"></span><span data-is="state"></span
    ><span class="sse-since" aria-hidden="true"></span></p>
  <p class="sse-note" aria-live="polite"></p>
  <div class="sse-view"></div>
  <canvas class="sse-wire" aria-hidden="true"></canvas>
  <dl class="sse-facts">
    <div class="sse-id"><dt>Last event ID</dt><dd data-is="lastEventId"></dd></div>
    <div><dt>Events</dt><dd data-is="events"></dd></div>
    <div><dt>Lost</dt><dd data-is="lost"></dd></div>
    <div><dt>Doubled</dt><dd data-is="doubled"></dd></div>
    <div><dt>Gaps</dt><dd data-is="gaps"></dd></div>
    <div><dt>Reconnects</dt><dd data-is="reconnects"></dd></div>
  </dl>
  <div class="sse-acts">
    <button type="button" data-act="drop">Drop connection</button>
    <button type="button" data-act="toggle">Close</button>
  </div>`;

/**
 * How far `id` is ahead of `previous`: 1 for the next one, more where some are missing, 0 or less for one that
 * was there already. NaN where the ids do not say: they count only if they end in digits after the same prefix.
 */
function distance(previous, id) {
  const [a, b] = [previous, id].map((text) => /^(.*?)(\d{1,15})$/s.exec(text));
  return a && b && a[1] === b[1] ? b[2] - a[2] : NaN;
}

class Widget {
  constructor(element) {
    this.element = element;
    this.name = element.dataset.sseWidget;
    this.url = new URL(element.dataset.sseSrc || `stream/${this.name}`, document.baseURI);
    // The server knows this widget's connections by a name of our own, to drop them when asked.
    this.client = `${this.name}-${Math.random().toString(36).slice(2, 12)}`;

    element.innerHTML = FRAME;
    element.setAttribute('role', 'group');
    element.setAttribute('aria-label', `Event stream ${this.name}`);
    this.part('.sse-name').textContent = this.name;
    this.part('.sse-note').dataset.address = this.url.href;
    for (const button of element.querySelectorAll('[data-act]')) {
      button.addEventListener('click', () => this[button.dataset.act]());
    }
    this.wire = new Wire(this.part('.sse-wire'));
    this.facts = { lastEventId: '', events: 0, lost: '', doubled: '', gaps: 0, reconnects: 0 };
    this.choose(VIEWS.find((view) => view.name === element.dataset.sseView)
      ?? VIEWS.find((view) => view.stream === this.name));
    this.open();
  }

  part(selector) {
    return this.element.querySelector(selector);
  }

  /** Puts up the picture `view`; without one, the list of events until the data show a better one. */
  choose(view) {
    this.chosen = view !== undefined;
    const { mount, counted } = view ?? VIEWS.find(({ name }) => name === 'events');
    const place = this.part('.sse-view');
    place.replaceChildren();
    this.picture = mount(place);
    if (counted) Object.assign(this.facts, { lost: 0, doubled: 0 });
    this.counted = counted;
  }

  open() {
    this.previous = undefined; // a fresh EventSource has no last event ID: nobody asked for what was before
    this.opened = false;
    this.burst = -Infinity;
    const url = new URL(this.url);
    url.searchParams.set('client', this.client);
    this.source = new EventSource(url);
    this.source.addEventListener('open', () => this.onOpen());
    this.source.addEventListener('error', () => this.onError());
    const more = this.element.dataset.sseTypes?.split(/\s+/).filter(Boolean) ?? [];
    const types = new Set(['message', 'gap', ...more, ...VIEWS.flatMap((view) => view.types)]);
    for (const type of types) this.source.addEventListener(type, (event) => this.onEvent(event));
    this.show('');
  }

  close(note = 'Closed by you.') {
    this.source.close();
    this.show(note);
  }

  toggle() {
    if (this.source.readyState === EventSource.CLOSED) this.open();
    else this.close();
  }

  /** Asks the server to end this widget's connection, as a proxy or a dead network would. */
  async drop() {
    if (this.source.readyState !== EventSource.OPEN) return;
    const url = new URL('../drop', this.url);
    url.searchParams.set('client', this.client);
    try {
      const answer = await fetch(url, { method: 'POST' });
      if (!answer.ok) this.note(`Not dropped: the server answered ${answer.status}.`);
    } catch {
      this.note('Not dropped: the server gave no answer.');
    }
  }

  onOpen() {
    if (this.opened) {
      this.facts.reconnects += 1;
      this.burst = performance.now();
    }
    this.opened = true;
    this.show('');
  }

  onError() {
    if (this.source.readyState === EventSource.CLOSED) {
      this.show('The browser gave up: the answer was an error or no event stream. Reopen to try again.', true);
    } else {
      this.show(this.opened ? 'Connection lost. The browser tries again after the stream’s reconnection time.'
        : 'No answer. The browser tries again.');
    }
  }

  onEvent({ type, data, lastEventId: id }) {
    const now = performance.now();
    const late = now - this.burst < CATCH_UP_MS;
    if (late) this.burst = now;

    if (!this.chosen) this.choose(VIEWS.find((view) => view.types.includes(type)));
    this.facts.events += 1;
    this.facts.lastEventId = id;
    let json;
    try { json = JSON.parse(data); } catch { json = undefined; }

    if (type === 'gap') {
      this.facts.gaps += 1;
      this.previous = undefined; // said, so not silently lost: count on from the next event
      const missed = Number.isFinite(json?.missed) ? `${json.missed} missed` : 'an unknown number missed';
      this.note(`Gap, ${missed}${json?.reason ? `: ${json.reason}` : '.'}`, true);
    } else if (this.counted) {
      this.count(id);
    }
    this.wire.event(type === 'gap' ? 'gap' : late ? 'late' : 'live');
    this.picture.show({ type, data, id, json, late });
    this.write();
    this.element.dispatchEvent(new CustomEvent('sse-event', { bubbles: true, detail: { type, data, id } }));
  }

  count(id) {
    const ahead = this.previous === undefined ? 1 : distance(this.previous, id);
    if (ahead > 1) this.facts.lost += ahead - 1;
    if (ahead <= 0) this.facts.doubled += 1;
    else this.previous = id;
  }

  /** What there is to say beside the state; if nothing, the style sheet shows the stream's address. */
  note(text, grave = false) {
    const note = this.part('.sse-note');
    if (note.textContent !== text) note.textContent = text; // the same again would be read out again
    note.classList.toggle('grave', grave);
  }

  /** Shows the ready state, with a word on why. */
  show(note, grave) {
    const state = STATES[this.source.readyState];
    if (state !== this.state) this.since = performance.now();
    this.state = state;
    this.element.dataset.state = state;
    this.part('[data-is=state]').textContent = LABELS[state];
    this.part('[data-act=toggle]').textContent = state === 'closed' ? 'Reopen' : 'Close';
    this.part('[data-act=drop]').setAttribute('aria-disabled', String(state !== 'open'));
    this.note(note, grave);
    this.wire.state(state);
    this.tick();
    this.write();
  }

  /** Once a second: for how long it has been connecting. */
  tick() {
    const waited = this.state === 'connecting' ? performance.now() - this.since : 0;
    this.part('.sse-since').textContent = waited < 1000 ? '' : ` ${Math.floor(waited / 1000)} s`;
    if (waited > PATIENCE_MS && !this.opened && this.url.protocol === 'http:') {
      this.note('Still waiting. Over HTTP/1.1 a browser keeps six connections to a server, all its tabs together.');
    }
  }

  write() {
    for (const [key, value] of Object.entries(this.facts)) {
      const text = String(value);
      if (this.element.dataset[key] === text) continue;
      this.element.dataset[key] = text;
      const cell = this.part(`[data-is=${key}]`);
      cell.textContent = text || '–';
      if (key === 'lastEventId') cell.title = text;
    }
  }
}

/** Every widget on the page, by its element. */
const widgets = new Map();

function scan() {
  for (const [element, widget] of widgets) {
    if (element.isConnected) continue;
    widget.close();
    delete element.dataset.state;
    widgets.delete(element);
  }
  for (const element of document.querySelectorAll('[data-sse-widget]:not([data-state])')) {
    try {
      widgets.set(element, new Widget(element));
    } catch (error) {
      element.dataset.state = 'closed';
      element.textContent = `No such stream: ${error.message}`;
    }
  }
}

scan();
new MutationObserver(scan).observe(document.documentElement, { childList: true, subtree: true });
setInterval(() => { for (const widget of widgets.values()) widget.tick(); }, 1000);
setInterval(() => { if (!document.hidden) for (const { wire } of widgets.values()) wire.draw(); }, 100);

// The page's own how-to: the address in the `sse tail` line, and the form that adds a widget.
for (const line of document.querySelectorAll('[data-sse-tail]')) {
  const url = new URL(`stream/${line.dataset.sseTail}`, document.baseURI);
  line.textContent = `sse tail ${url.protocol === 'https:' ? '-k ' : ''}${url}`;
}
document.querySelector('[data-sse-add]')?.addEventListener('submit', (submit) => {
  submit.preventDefault();
  const typed = new DOMParser().parseFromString(submit.target.elements.line.value, 'text/html');
  for (const { dataset } of typed.querySelectorAll('[data-sse-widget]')) {
    const element = document.createElement('div');
    Object.assign(element.dataset, dataset);
    delete element.dataset.state;
    document.querySelector('main').append(element);
    element.scrollIntoView({ block: 'nearest' });
  }
});
