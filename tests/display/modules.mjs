// Answers, line by line, what the shipped modules say: {"ask": "reduce" | "announce", …} in, JSON out.

import { createInterface } from "node:readline";

const shipped = (name) => import(new URL(`../../server/web/static/js/${name}`, import.meta.url).href);
const { reduce } = await shipped("reduce.js");
const { EMPTY_PLAN, advance, heard, quantity, script, signs } = await shipped("announce.js");

/** How long each spoken clip lasts in these made-up mornings, in ms. */
const CLIP = 350;
const lasts = (words) => words.reduce((sum, { gap }) => sum + CLIP + gap, 0);

const answers = {
  /** The board after frames. */
  reduce: ({ board, frames }) => frames.reduce(reduce, board),

  /** A morning: boards at instants, and how every announcement went. */
  announce: ({ before, moments, sound }) => {
    const spoken = [];
    let plan = heard(EMPTY_PLAN, null, before);
    let board = before;
    let now = 0;
    const speak = () => {
      const next = advance(plan, now, (one, form) => (sound ? lasts(script(one, form)) : 0));
      if (next !== plan) {
        const { current, form, free } = next;
        spoken.push({ ...current, form, start: now, free, lasts: lasts(script(current, form)), queued: next.queue.length });
      }
      plan = next;
    };
    for (const { at, frames } of moments) {
      while (plan.queue.length && plan.free < at) {
        now = Math.max(now, plan.free);
        speak();
      }
      now = at;
      for (const frame of frames) {
        const after = reduce(board, frame);
        plan = heard(plan, board, after, frame);
        board = after;
      }
      speak();
    }
    while (plan.queue.length) {
      now = Math.max(now, plan.free);
      speak();
    }
    return { spoken, board };
  },

  /** A whole announcement, as clips. */
  script: ({ announcement, form }) => script(announcement, form).map(({ clip }) => clip),

  /** The clips of a label and of a counter. */
  words: ({ label, counter }) => ({ label: signs(label), counter: quantity(counter) }),

  /** All clips that any sentence about these needs. */
  needed: ({ labels, counters }) => {
    const clips = new Set();
    for (const label of labels) {
      for (const form of ["full", "short"]) {
        for (const again of [true, false]) script({ label, counter: 1, again }, form).forEach(({ clip }) => clips.add(clip));
      }
    }
    for (const counter of counters) quantity(counter).forEach((clip) => clips.add(clip));
    return [...clips];
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(answers[asked.ask](asked))}\n`);
}
