/**
 * Speaks scripts of clips: decoded once, joined to the sample on the audio clock.
 *
 * A browser keeps a page silent until somebody has touched it (a kiosk's Chromium is told not to), so a voice is first
 * "locked". When a clip is missing or cannot be decoded it says only the chime, which it can make itself.
 *
 * @typedef {import("./announce.js").Word} Word
 * @typedef {"muted" | "locked" | "chime" | "full"} Sound
 * @typedef {object} Voice
 * @property {() => Sound} state
 * @property {() => void} unlock to be called from a touch or key press
 * @property {(words: Word[]) => number} lasts ms that saying them takes now; 0 when nothing sounds
 * @property {(words: Word[]) => void} say what was being said stops
 */

const CHIME = "chime";
const RETRY = 30000;
/** Between asking for a sound and its first sample, in seconds: the audio clock must not have passed it. */
const LEAD = 0.05;

/** @type {Voice} */
const MUTED = { state: () => "muted", unlock: () => undefined, lasts: () => 0, say: () => undefined };

/**
 * @param {string} listing address of voice.json; the clips lie beside it
 * @param {{muted: boolean, onChange: () => void}} options
 * @returns {Voice}
 */
export function openVoice(listing, { muted, onChange }) {
  if (muted || !window.AudioContext) return MUTED;
  const context = new AudioContext();
  /** @type {Map<string, AudioBuffer>} */
  const clips = new Map([[CHIME, ownChime(context)]]);
  let complete = false;
  /** @type {AudioBufferSourceNode[]} */
  let speaking = [];

  context.addEventListener("statechange", onChange);
  context.resume().catch(() => undefined);
  load();

  async function load() {
    try {
      for (const [name, buffer] of await fetchClips(context, listing)) clips.set(name, buffer);
      complete = true;
    } catch (error) {
      console.warn("the voice could not be loaded", error);
      setTimeout(load, RETRY);
    }
    onChange();
  }

  const state = () => (context.state !== "running" ? "locked" : complete ? "full" : "chime");

  /** @param {Word[]} words */
  const possible = (words) => (words.every(({ clip }) => clips.has(clip)) ? words : [{ clip: CHIME, gap: 0 }]);

  /** @param {string} clip */
  const seconds = (clip) => clips.get(clip)?.duration || 0;

  return {
    state,
    unlock() {
      context.resume().catch(() => undefined);
    },
    lasts(words) {
      if (context.state !== "running") return 0;
      return possible(words).reduce((sum, { clip, gap }) => sum + seconds(clip) * 1000 + gap, LEAD * 1000);
    },
    say(words) {
      for (const source of speaking) source.stop();
      speaking = [];
      if (context.state !== "running") return;
      let at = context.currentTime + LEAD;
      for (const { clip, gap } of possible(words)) {
        const source = new AudioBufferSourceNode(context, { buffer: clips.get(clip) });
        source.connect(context.destination);
        source.start(at);
        speaking.push(source);
        at += seconds(clip) + gap / 1000;
      }
    },
  };
}

/**
 * Every clip of a listing, decoded. Throws when one is missing or no sound.
 * @param {AudioContext} context
 * @param {string} listing
 * @returns {Promise<[string, AudioBuffer][]>}
 */
async function fetchClips(context, listing) {
  const answer = await fetch(listing);
  if (!answer.ok) throw new Error(`${listing}: ${answer.status}`);
  const { clips } = /** @type {{clips: Record<string, {file: string}>}} */ (await answer.json());
  return Promise.all(
    Object.entries(clips).map(async ([name, { file }]) => {
      const clip = await fetch(new URL(file, answer.url).href);
      if (!clip.ok) throw new Error(`${file}: ${clip.status}`);
      return /** @type {[string, AudioBuffer]} */ ([name, await context.decodeAudioData(await clip.arrayBuffer())]);
    })
  );
}

/**
 * Two falling tones, for when no clip can be had.
 * @param {AudioContext} context
 */
function ownChime(context) {
  const { sampleRate } = context;
  const buffer = context.createBuffer(1, Math.round(1.4 * sampleRate), sampleRate);
  const samples = buffer.getChannelData(0);
  for (const [start, pitch] of [[0, 659.26], [0.42, 523.25]]) {
    for (let place = Math.round(start * sampleRate); place < samples.length; place += 1) {
      const age = place / sampleRate - start;
      samples[place] += 0.22 * Math.min(1, age / 0.008) * Math.exp(-3.5 * age) * Math.sin(2 * Math.PI * pitch * age);
    }
  }
  return buffer;
}
