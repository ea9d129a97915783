-- One row whose mark is another one after every change of what is laid down for offices, whoever makes it: processes
-- remember what they have read of that for as long as the mark is the same. It is new with the change's own commit.

CREATE TABLE catalogue_mark (
    id INTEGER PRIMARY KEY,
    mark VARCHAR(40) NOT NULL
);
INSERT INTO catalogue_mark (id, mark) SELECT 1, hex(randomblob(16)) WHERE EXISTS (SELECT 1 FROM office);

-- Deleted and inserted, not replaced: a statement's own OR IGNORE would hold for what its triggers do, too.

CREATE TRIGGER office_insert AFTER INSERT ON office BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER office_update AFTER UPDATE ON office BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER office_delete AFTER DELETE ON office BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER service_line_insert AFTER INSERT ON service_line BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER service_line_update AFTER UPDATE ON service_line BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER service_line_delete AFTER DELETE ON service_line BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER procedure_insert AFTER INSERT ON procedure BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER procedure_update AFTER UPDATE ON procedure BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER procedure_delete AFTER DELETE ON procedure BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER fee_insert AFTER INSERT ON fee BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER fee_update AFTER UPDATE ON fee BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER fee_delete AFTER DELETE ON fee BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER counter_insert AFTER INSERT ON counter BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER counter_update AFTER UPDATE ON counter BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER counter_delete AFTER DELETE ON counter BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER hours_insert AFTER INSERT ON hours BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER hours_update AFTER UPDATE ON hours BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER hours_delete AFTER DELETE ON hours BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER closure_insert AFTER INSERT ON closure BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER closure_update AFTER UPDATE ON closure BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER closure_delete AFTER DELETE ON closure BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER shift_insert AFTER INSERT ON shift BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER shift_update AFTER UPDATE ON shift BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER shift_delete AFTER DELETE ON shift BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER absence_insert AFTER INSERT ON absence BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER absence_update AFTER UPDATE ON absence BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER absence_delete AFTER DELETE ON absence BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER priority_group_insert AFTER INSERT ON priority_group BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER priority_group_update AFTER UPDATE ON priority_group BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER priority_group_delete AFTER DELETE ON priority_group BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER setting_insert AFTER INSERT ON setting BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER setting_update AFTER UPDATE ON setting BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER setting_delete AFTER DELETE ON setting BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;

-- An officer's failures are left out: a wrong password is nothing of the catalogue's.
CREATE TRIGGER officer_insert AFTER INSERT ON officer BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER officer_update AFTER UPDATE OF office, username, full_name, role, lines, active ON officer BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
CREATE TRIGGER officer_delete AFTER DELETE ON officer BEGIN
    DELETE FROM catalogue_mark;
    INSERT INTO catalogue_mark (id, mark) VALUES (1, hex(randomblob(16)));
END;
