/** What the page shows of one training: a picture with the box found in it, the numbers of the step, and a plot of the losses. */
import { SIDE } from './pictures.js';

const ZOOM = 8;
const COLORS = { class: '#b3361e', box: '#1f5fae' };

export class Panel {
  constructor(method) {
    const section = document.createElement('section');
    section.id = method;
    section.innerHTML = `
      <h2>${method}</h2>
      <canvas class="picture" width="${SIDE * ZOOM}" height="${SIDE * ZOOM}"></canvas>
      <p>It sees a <b class="guess">...</b>. Step <span class="step">0</span></p>
      <p class="class"></p>
      <p class="box"></p>
      <canvas class="plot" width="640" height="320"></canvas>`;
    document.querySelector('main').append(section);
    this.find = (selector) => section.querySelector(selector);
    this.last = {};
  }

  add(step, losses, weights) {
    this.find('.step').textContent = step;
    const plot = this.find('.plot').getContext('2d');
    for (const [name, loss] of Object.entries(losses)) {
      this.find(`p.${name}`).textContent = `${name} ${loss.toPrecision(4)}, weight ${weights[name].toPrecision(3)}`;
      // From 10^-2 at the bottom to 10^6 at the top.
      const place = [(step * 640) / 400, (320 * (6 - Math.log10(loss))) / 8];
      plot.strokeStyle = COLORS[name];
      plot.lineWidth = 2;
      plot.beginPath();
      plot.moveTo(...(this.last[name] ?? place));
      plot.lineTo(...place);
      plot.stroke();
      this.last[name] = place;
    }
  }

  /** @param box [left, top, right, bottom] in the pixels of the small picture. */
  show(picture, guess, [left, top, right, bottom]) {
    this.find('.guess').textContent = guess;
    const canvas = this.find('.picture').getContext('2d');
    picture.forEach((value, i) => {
      canvas.fillStyle = `hsl(0 0% ${100 * Math.min(1, value)}%)`;
      canvas.fillRect((i % SIDE) * ZOOM, Math.floor(i / SIDE) * ZOOM, ZOOM, ZOOM);
    });
    canvas.strokeStyle = COLORS.box;
    canvas.lineWidth = 2;
    canvas.strokeRect(left * ZOOM, top * ZOOM, (right - left) * ZOOM, (bottom - top) * ZOOM);
  }
}
