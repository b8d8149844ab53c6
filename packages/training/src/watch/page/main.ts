/** The page of `counterpoise watch`: events come in, charts are drawn. */
import { Board } from './board.js';
import { sectionsOf } from './charts-of.js';
import { ConfigTable } from './config-table.js';
import { connect } from './connection.js';
import { byId, setText } from './dom.js';
import { Pictures } from './pictures.js';
import { RunList } from './run-list.js';
import { defaultPosition, SMOOTHING_POSITIONS, timeConstant } from './smoothing.js';
import { type Run, Store } from './store.js';
import { addTheme } from './theme.js';
import { UNITS, View } from './view.js';

/** The states of the runs grow old even if nothing is written. */
const REFRESH_MS = 5000;

const store = new Store();
const view: View = new View((change) => (change === 'cursor' ? board.moveCursor() : board.redraw()));
const board: Board = new Board(byId('sections', HTMLElement), view, (text) =>
  setText(byId('spoken', HTMLElement), text),
);
const runList = new RunList(refresh);
const pictures = new Pictures();
const configTable = new ConfigTable();
byId('charts', HTMLElement).append(pictures.element, configTable.element);

let isWaiting = false;

/** Brings the page up to date, once per frame however much has come. */
function refresh(): void {
  if (isWaiting) return;
  isWaiting = true;
  requestAnimationFrame(() => {
    isWaiting = false;
    runList.show(store.runs);
    const visible = runList.visible;
    if (!isSmoothingChosen) setSmoothing(defaultPosition(Math.max(0, ...visible.map((run) => run.lastStep))));
    board.show(sectionsOf(visible));
    pictures.show(visible);
    configTable.show(visible);
    showUntimed(visible);
    const empty = byId('empty', HTMLElement);
    empty.hidden = visible.length > 0;
    setText(empty, store.runs.length > 0 ? 'No run is selected.' : 'No run here yet: it will appear when it begins.');
  });
}

/** Says why runs are missing from an axis of times. */
function showUntimed(visible: readonly Run[]): void {
  const missing = visible.filter((run) => !view.scaleOf(run)).length;
  const text = `${missing} of ${visible.length} runs: no times yet, they come at the end of an epoch.`;
  setText(byId('untimed', HTMLElement), missing > 0 ? text : '');
}

const slider = byId('smoothing', HTMLInputElement);
slider.max = String(SMOOTHING_POSITIONS);
let isSmoothingChosen = false;

function setSmoothing(position: number): void {
  const steps = timeConstant(position);
  const text = steps === 0 ? 'off' : `${steps} ${steps === 1 ? 'step' : 'steps'}`;
  setText(byId('smoothing-text', HTMLOutputElement), text);
  slider.setAttribute('aria-valuetext', text);
  if (slider.valueAsNumber !== position) slider.valueAsNumber = position;
  if (view.choices.smoothing !== steps) view.set({ smoothing: steps });
}

slider.addEventListener('input', () => {
  isSmoothingChosen = true;
  setSmoothing(slider.valueAsNumber);
});
const log = byId('log', HTMLInputElement);
log.addEventListener('change', () => view.set({ logAxes: log.checked }));
const unit = byId('unit', HTMLSelectElement);
unit.addEventListener('change', () => {
  view.set({ unit: UNITS.find((one) => one === unit.value) ?? 'step' });
  refresh();
});
byId('reset', HTMLButtonElement).addEventListener('click', () => board.resetZoom());
addTheme(() => board.recolor());
setInterval(refresh, REFRESH_MS);

function showConnection(isLive: boolean): void {
  const connection = byId('connection', HTMLElement);
  setText(connection, isLive ? 'live' : 'connection lost, trying again');
  connection.classList.toggle('live', isLive);
}

connect({
  hello: ({ folder, resumed }) => {
    if (!resumed) store.clear();
    setText(byId('folder', HTMLElement), folder);
    document.title = `${folder} – Counterpoise`;
    showConnection(true);
    refresh();
  },
  runs: (runs) => {
    store.setRuns(runs);
    refresh();
  },
  rows: (rows) => {
    store.addRows(rows);
    refresh();
  },
  reset: (reset) => {
    store.reset(reset);
    refresh();
  },
  problem: (problem) => {
    store.addProblem(problem);
    refresh();
  },
  system: ({ load, processors, usedBytes, totalBytes }) => {
    const gib = (bytes: number) => (bytes / 2 ** 30).toFixed(1);
    const memory = `memory ${gib(usedBytes)} of ${gib(totalBytes)} GiB`;
    setText(byId('machine', HTMLElement), `load ${load[0]?.toFixed(1)} on ${processors} processors, ${memory}`);
  },
  lost: () => showConnection(false),
});
