// The wire: one line that runs through the last minute or so of a connection, ten pixels a second. Every event is a
// mark at the moment it arrived, so a broken connection is a hole, and what the server sends after it is a burst.

/** Events this close together share a mark, which grows with their number. */
const STEP_MS = 200;
const STEP_PX = 2;

/** How many steps are remembered, drawn or not: a page in the background does not draw. */
const STEPS = 2000;

export class Wire {
  constructor(canvas) {
    this.canvas = canvas;
    this.marks = new Map(); // step -> { live, late, gap }: how many events of each kind came in it
    this.states = []; // { step, state }, oldest first
  }

  step() {
    return Math.floor(performance.now() / STEP_MS);
  }

  state(state) {
    this.states.push({ step: this.step(), state });
    if (this.states.length > STEPS) this.states.shift();
  }

  /** Notes an event that came just now: `live`, `late` (the server caught up) or `gap`. */
  event(kind) {
    const step = this.step();
    const mark = this.marks.get(step) ?? { live: 0, late: 0, gap: 0 };
    mark[kind] += 1;
    this.marks.set(step, mark);
    if (this.marks.size > STEPS) this.marks.delete(this.marks.keys().next().value);
  }

  draw() {
    const { canvas } = this;
    const scale = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    // Setting the size also clears the canvas, so that each drawing starts afresh.
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
    const pen = canvas.getContext('2d');
    pen.scale(scale, scale);

    const style = getComputedStyle(canvas);
    const colour = (name) => style.getPropertyValue(`--${name}`);
    const now = this.step();
    const oldest = now - Math.ceil(width / STEP_PX);
    const x = (step) => width - 4 - (now - step) * STEP_PX;
    const middle = Math.floor(height / 2);

    const line = (from, to, name, dash) => {
      pen.strokeStyle = colour(name);
      pen.lineWidth = dash.length ? 2 : 1;
      pen.setLineDash(dash);
      pen.beginPath();
      pen.moveTo(to, middle + 0.5); // from the new end, so that the dashes do not crawl
      pen.lineTo(from, middle + 0.5);
      pen.stroke();
    };
    line(0, Math.max(0, x(this.states[0]?.step ?? now)), 'rule', []);
    this.states.forEach(({ step, state }, i) => {
      const until = this.states[i + 1]?.step ?? now;
      if (until <= oldest) return;
      const ends = [x(Math.max(step, oldest)), x(until)];
      if (state === 'open') line(...ends, 'edge', []);
      if (state === 'connecting') line(...ends, 'waiting', [2, 4]);
    });

    const words = []; // written last, over the marks
    for (const [step, { live, late, gap }] of this.marks) {
      if (step < oldest) continue;
      const reach = Math.min(middle - 1, 5 + Math.round(2.5 * Math.log2(Math.max(live + late, 1))));
      pen.fillStyle = colour(late ? 'late' : 'live');
      if (live + late) pen.fillRect(x(step) - (late ? 1 : 0), middle - reach, late ? 3 : 1, 2 * reach + 1);
      if (late > 1) words.push([`+${late}`, 'late', x(step) - 5, 11]);
      if (gap) {
        pen.fillStyle = colour('bad');
        pen.fillRect(x(step) - 1, 0, 3, height);
        words.push(['gap', 'bad', x(step) - 5, height - 3]);
      }
    }

    pen.textAlign = 'right';
    pen.font = `11px ${style.fontFamily}`;
    const age = `${Math.round((width * STEP_MS) / STEP_PX / 1000)} s ago`;
    words.push([age, 'muted', pen.measureText(age).width, height - 3]);
    for (const [word, name, right, base] of words) {
      pen.font = `${name === 'muted' ? 400 : 600} 11px ${style.fontFamily}`;
      const { width: room } = pen.measureText(word);
      pen.clearRect(right - room - 2, base - 10, room + 4, 13);
      pen.fillStyle = colour(name);
      pen.fillText(word, right, base);
    }
  }
}
