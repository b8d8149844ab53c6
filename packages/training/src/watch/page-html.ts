/** The skeleton of the page; everything that depends on runs is made by its script, as text and never as HTML. */
export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Counterpoise</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/style.css">
<script type="module" src="/watch/page/main.js"></script>
</head>
<body>
<a class="skip" href="#charts">Skip to the charts</a>
<header>
  <h1>Counterpoise <span id="folder"></span></h1>
  <p id="connection" role="status">connecting</p>
  <p id="machine"></p>
  <button type="button" id="theme"></button>
</header>
<div class="columns">
  <nav aria-label="Runs">
    <div class="row"><h2>Runs</h2><button type="button" id="all">Show all</button></div>
    <label class="stacked">Filter by name <input type="search" id="filter" autocomplete="off" spellcheck="false"></label>
    <ul id="runs"></ul>
  </nav>
  <main id="charts" tabindex="-1">
    <div class="tools" role="group" aria-label="How charts are drawn">
      <label>Smoothing <input type="range" id="smoothing" min="0" value="0" step="1"> <output id="smoothing-text" for="smoothing"></output></label>
      <label><input type="checkbox" id="log" checked> Log axes</label>
      <label>Horizontal <select id="unit"><option value="step">steps</option><option value="epoch">epochs</option><option value="time">time</option></select></label>
      <button type="button" id="reset">Reset zoom</button>
      <span class="hint">Drag to zoom, double-click to reset. Keys in a chart: ← → value, + − zoom, 0 reset.</span>
    </div>
    <p id="untimed" role="status"></p>
    <p id="empty" hidden></p>
    <div id="sections"></div>
  </main>
</div>
<p id="spoken" class="hidden" aria-live="polite"></p>
<noscript>This page needs JavaScript. The file report.html of a finished run does not.</noscript>
</body>
</html>
`;

/** Two weights of a beam in balance. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0072b2"/><path d="M16 7v18M6 12h20M10 25h12" stroke="#fff" stroke-width="2.5" stroke-linecap="round"/><circle cx="6" cy="16" r="3" fill="#fff"/><circle cx="26" cy="16" r="3" fill="#e69f00"/></svg>`;
