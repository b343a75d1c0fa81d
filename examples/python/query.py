"""Asks the log of a pipeline in ClickHouse, as the read-only user `analyst`."""

import argparse
import re
import sys
import time

import clickhouse_connect
from clickhouse_connect.driver.exceptions import DatabaseError

from addresses import address

ATTEMPTS = (
    "INSERT INTO {db}.predictions (event_id) VALUES ('forged')",
    "CREATE TABLE {db}.mine (x Int8) ENGINE = MergeTree ORDER BY x",
    "CREATE TEMPORARY TABLE mine (x Int8)",
    "CREATE DATABASE mine",
    "CREATE USER mallory",
    "CREATE FUNCTION twice AS (x) -> x * 2",
    "ALTER TABLE {db}.predictions DELETE WHERE 1",
    "ALTER TABLE {db}.predictions ADD COLUMN x Int8",
    "DELETE FROM {db}.predictions WHERE 1",
    "TRUNCATE TABLE {db}.predictions",
    "RENAME TABLE {db}.predictions TO {db}.gone",
    "OPTIMIZE TABLE {db}.predictions FINAL",
    "DROP TABLE {db}.predictions",
    "DROP DATABASE {db}",
    "INSERT INTO FUNCTION file('out.csv', 'CSV', 'x Int8') VALUES (1)",
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "SELECT 1 INTO OUTFILE 'out.csv'",
    "SYSTEM STOP MERGES {db}.predictions",
    "GRANT SELECT ON *.* TO default",
    "SET readonly = 0",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pipeline", default="electricity")
    parser.add_argument("--run", default="", help="only events whose id begins so")
    parser.add_argument("--until", type=int, default=0, help="wait up to a minute for so many rows")
    parser.add_argument("--try-to-write", action="store_true", help="show that this user cannot")
    options = parser.parse_args()
    database = options.pipeline.replace("-", "_")
    client = clickhouse_connect.get_client(dsn=address("clickhouseAnalystUrl"))

    count = f"SELECT count() AS rows, uniqExact(event_id) AS events FROM {database}.predictions WHERE startsWith(event_id, %(run)s)"
    deadline = time.monotonic() + 60
    while True:
        rows, events = client.query(count, {"run": options.run}).first_row
        if rows >= options.until or time.monotonic() > deadline:
            break
        time.sleep(0.2)
    print(f"{client.command('SELECT currentUser()')} counts {rows} rows, {events} events")
    if rows < options.until:
        sys.exit(f"{options.until} were expected")

    if options.try_to_write:
        try_to_write(client, database)


def try_to_write(client, database: str) -> None:
    allowed = []
    for attempt in ATTEMPTS:
        statement = attempt.format(db=database)
        try:
            client.command(statement)
            allowed.append(statement)
            print(f"ALLOWED  {statement}")
        except DatabaseError as refusal:
            code = re.search(r"\(([A-Z_]+)\)", str(refusal))
            print(f"refused  {code[1] if code else refusal}  {statement}")
    if allowed:
        sys.exit(f"{len(allowed)} of {len(ATTEMPTS)} were allowed")
    print(f"all {len(ATTEMPTS)} refused")


if __name__ == "__main__":
    main()
