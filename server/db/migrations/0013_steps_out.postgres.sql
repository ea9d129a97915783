-- How often the holder of a number has stepped out with it kept.
ALTER TABLE ticket ADD COLUMN holds INTEGER NOT NULL DEFAULT 0;
