// A page made for paper asks for the printer by itself, once its letters are there.

document.fonts.ready.then(() => window.print());
