-- What the portal said of the dossier a booking was made with.
ALTER TABLE appointment ADD COLUMN dossier_check VARCHAR(10) DEFAULT NULL;
