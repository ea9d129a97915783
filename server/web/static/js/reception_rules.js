// What somebody has shown at reception, and when that was. Pure.

/** Whether a scanned text is what an identity card's QR holds: particulars that are none of ours. @param {string} text */
export const isIdentityCard = (text) => /^\d{9,12}\|/.test(text.trim());

/**
 * What a text is that was typed or scanned: a booking's link or code, a phone, else a dossier's number.
 * @param {string} text
 * @returns {{qr: string} | {phone: string} | {reference: string} | {dossierNumber: string}}
 */
export function whatWasShown(text) {
  const given = text.trim();
  const digits = given.replace(/[\s.]/g, "");
  if (/^https?:/i.test(given)) return { qr: given };
  if (/^(\+84|0)\d{8,10}$/.test(digits)) return { phone: digits };
  if (/^[0-9A-Za-z]{4}[-\s]?[0-9A-Za-z]{4}[-\s]?[0-9A-Za-z]{4}$/.test(given)) return { reference: given };
  return { dossierNumber: given };
}

/**
 * A time of day that has been, as an instant: today's at the office, or yesterday's where today's is still to come.
 * @param {string} clock "09:15"
 * @param {number} now ms
 * @param {string} zone IANA name
 */
export function instantToday(clock, now, zone) {
  const [hour = 0, minute = 0] = clock.split(":").map(Number);
  const parts = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", hour: "2-digit", minute: "2-digit" }).formatToParts(now);
  const part = (/** @type {string} */ type) => Number(parts.find((each) => each.type === type)?.value);
  const ago = (part("hour") * 60 + part("minute") - hour * 60 - minute + 1440) % 1440;
  return new Date(Math.floor(now / 60000) * 60000 - ago * 60000).toISOString();
}
