#!/usr/bin/env node
// Not dist/main.js itself: this file is here, and executable, before anything is built.
import '../dist/main.js';
