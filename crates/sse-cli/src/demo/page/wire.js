// The wire: one line that runs through the last minute or so of a connection, ten pixels a second. Every event is a
// mark at the moment it arrived, so a broken connection is a hole, and what the server sends after it is a burst.

/** Events this close together share a mark, which grows with their number. */
const STEP_MS = 200;
const STEP_PX = 2;

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
  }

  /** Notes an event that came just now: `live`, `late` (the server caught up) or `gap`. */
  event(kind) {
    const step = this.step();
    const mark = this.marks.get(step) ?? { live: 0, late: 0, gap: 0 };
    mark[kind] += 1;
    this.marks.set(step, mark);
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
    while (this.states[1]?.step <= oldest) this.states.shift();
    line(0, x(this.states[0]?.step ?? now), 'rule', []);
    this.states.forEach(({ step, state }, i) => {
      const ends = [x(Math.max(step, oldest)), x(this.states[i + 1]?.step ?? now)];
      if (state === 'open') line(...ends, 'edge', []);
      if (state === 'connecting') line(...ends, 'waiting', [2, 4]);
    });

    pen.font = `11px ${style.fontFamily}`;
    pen.fillStyle = colour('muted');
    pen.fillText(`${Math.round((width * STEP_MS) / STEP_PX / 1000)} s ago`, 0, height - 3);
    pen.font = `600 11px ${style.fontFamily}`;
    pen.textAlign = 'right';
    for (const [step, { live, late, gap }] of this.marks) {
      if (step < oldest) {
        this.marks.delete(step);
        continue;
      }
      const reach = Math.min(middle - 1, 5 + Math.round(2.5 * Math.log2(Math.max(live + late, 1))));
      pen.fillStyle = colour(late ? 'late' : 'live');
      if (live + late) pen.fillRect(x(step) - (late ? 1 : 0), middle - reach, late ? 3 : 1, 2 * reach + 1);
      if (late > 1) pen.fillText(`+${late}`, x(step) - 6, middle - 6);
      if (gap) {
        pen.fillStyle = colour('bad');
        pen.fillRect(x(step) - 1, 0, 3, height);
        pen.fillText('gap', x(step) - 6, height - 3);
      }
    }
  }
}
