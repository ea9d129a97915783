"""The hand-written migrations and the Piccolo tables say the same, on both engines."""

from piccolo.columns import Column
from piccolo.table import Table

from server.db import Database, open_database
from server.tables import all_tables

# What a declared type means, roughly: SQLite keeps the text it was given, PostgreSQL has names of its own.
MEANING = {
    "integer": "whole number",
    "bigint": "whole number",
    "smallint": "whole number",
    "serial": "whole number",
    "bigserial": "whole number",
    "varchar": "text",
    "character varying": "text",
    "text": "text",
    "timestamptz": "instant",
    "timestamp with time zone": "instant",
    "date": "date",
    "time": "time of day",
    "time without time zone": "time of day",
    "boolean": "boolean",
    "real": "number",
    "double precision": "number",
    "bytea": "bytes",
    "blob": "bytes",
}

Shape = dict[str, tuple[str, bool]]


def meaning(declared: str) -> str:
    """What a type is, without its length."""
    return MEANING[declared.partition("(")[0].strip().lower()]


def declared(table: type[Table]) -> Shape:
    """Column -> (meaning, may be null) as the class says."""

    def shape(column: Column) -> tuple[str, bool]:
        return meaning(column.column_type), column._meta.null

    return {column._meta.db_column_name: shape(column) for column in table._meta.columns}


async def stored(database: Database) -> dict[str, Shape]:
    """Table -> column -> (meaning, may be null) as the database says."""
    if database.kind == "sqlite":
        found = await database.engine.fetch(
            'SELECT t.name AS of_table, c.name AS name, c.type AS type, c."notnull" = 0 AND c.pk = 0 AS may_be_null'
            " FROM sqlite_master t JOIN pragma_table_info(t.name) c"
            " WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
        )
    else:
        found = await database.engine.fetch(
            "SELECT table_name AS of_table, column_name AS name, data_type AS type, is_nullable = 'YES' AS may_be_null"
            " FROM information_schema.columns WHERE table_schema = current_schema()"
        )
    tables: dict[str, Shape] = {}
    for column in found:
        shape = (meaning(str(column["type"])), bool(column["may_be_null"]))
        tables.setdefault(str(column["of_table"]), {})[str(column["name"])] = shape
    return tables


async def test_migrations_and_tables_agree(database):
    """Every table has a class and every class a table, with the same columns, nullability and kinds of values."""
    found = await stored(database)
    del found["migration"]
    assert found == {table._meta.tablename: declared(table) for table in all_tables()}


async def unique_columns(database: Database) -> dict[str, set[str]]:
    """Table -> its unique rules, each as its columns in order."""
    if database.kind == "sqlite":
        found = await database.engine.fetch(
            "SELECT t.name AS of_table, i.name AS rule, c.name AS name, i.partial = 1 AS is_partial"
            " FROM sqlite_master t JOIN pragma_index_list(t.name) i JOIN pragma_index_info(i.name) c"
            " WHERE t.type = 'table' AND i.\"unique\" AND i.origin <> 'pk' ORDER BY i.name, c.seqno"
        )
    else:
        found = await database.engine.fetch(
            "SELECT t.relname AS of_table, r.relname AS rule, c.attname AS name, i.indpred IS NOT NULL AS is_partial"
            " FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_class r ON r.oid = i.indexrelid"
            " JOIN pg_attribute c ON c.attrelid = r.oid"
            " WHERE i.indisunique AND NOT i.indisprimary AND t.relnamespace = current_schema()::regnamespace"
            " ORDER BY r.relname, c.attnum"
        )
    rules: dict[tuple[str, str, bool], list[str]] = {}
    for column in found:
        key = (str(column["of_table"]), str(column["rule"]), bool(column["is_partial"]))
        rules.setdefault(key, []).append(str(column["name"]))
    named: dict[str, set[str]] = {}
    for (table, _, is_partial), columns in rules.items():
        named.setdefault(table, set()).add(",".join(columns) + (" where …" if is_partial else ""))
    return named


async def test_both_engines_have_the_same_unique_rules(request):
    """The net under the rules hangs under both engines, over plain columns, so that violated() can name it."""
    rules = []
    for kind in ("sqlite", "postgres"):
        database = open_database(request.getfixturevalue(f"{kind}_url"))
        await database.start()
        rules.append(await unique_columns(database))
        await database.stop()
    assert rules[0] == rules[1]
    assert "office,seq" in rules[0]["event"]


async def test_every_table_can_be_read(database):
    """Piccolo's own select over all columns works, whatever the names are."""
    for table in all_tables():
        assert await table.select() == []
