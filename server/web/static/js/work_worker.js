// Does a challenge's work beside the page, so that typing never stutters.

import { solve } from "./work.js";

addEventListener("message", (event) => {
  const { asked, from, count } = event.data;
  postMessage(solve(asked, from, count));
});
