-- One row whose mark is another one after every change of what is laid down for offices, whoever makes it: processes
-- remember what they have read of that for as long as the mark is the same. It is new with the change's own commit.

CREATE TABLE catalogue_mark (
    id INTEGER PRIMARY KEY,
    mark VARCHAR(40) NOT NULL
);
INSERT INTO catalogue_mark (id, mark) SELECT 1, gen_random_uuid()::text WHERE EXISTS (SELECT 1 FROM office);

CREATE FUNCTION catalogue_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO catalogue_mark (id, mark) VALUES (1, gen_random_uuid()::text)
    ON CONFLICT (id) DO UPDATE SET mark = excluded.mark;
    RETURN NULL;
END
$$;

DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY[
        'service_line', 'procedure', 'fee', 'counter', 'hours', 'closure', 'shift', 'absence',
        'priority_group', 'setting'
    ] LOOP
        EXECUTE format(
            'CREATE TRIGGER %I AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I'
            ' FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed()',
            name || '_changed', name
        );
    END LOOP;
END
$$;

-- Nothing is changed by an update that only locks.
CREATE TRIGGER office_changed AFTER INSERT OR DELETE OR TRUNCATE ON office
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
CREATE TRIGGER office_redefined AFTER UPDATE ON office
    FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION catalogue_changed();
-- Not for a wrong password: that is nothing of the catalogue's.
CREATE TRIGGER officer_changed AFTER INSERT OR DELETE OR TRUNCATE ON officer
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
CREATE TRIGGER officer_redefined AFTER UPDATE OF office, username, full_name, role, lines, active ON officer
    FOR EACH STATEMENT EXECUTE FUNCTION catalogue_changed();
