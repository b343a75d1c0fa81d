"""Publishes half-hours of the electricity pipeline as any upstream would: confluent-kafka, Avro, the schema registry.

Nothing here is Eddyline's: the serializer registers the event schema under `electricity.events-value`, finds that it is
the registered one, and writes the Confluent wire format. Ids and times are fields of the event; headers are not needed.
"""

import argparse
import csv
import datetime
import gzip
import itertools
import pathlib
import secrets
import sys

import clickhouse_connect
from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext, StringSerializer

from addresses import address

PIPELINE = pathlib.Path(__file__).resolve().parents[2] / "pipelines" / "electricity"
NUMBERS = ("period", "nsw_price", "nsw_demand", "vic_price", "vic_demand", "transfer")
HALF_HOUR = datetime.timedelta(minutes=30)


def newest_event_time(pipeline: str) -> datetime.datetime:
    """Time of the newest event in the log: what comes much earlier than that is late, and goes to quarantine."""
    client = clickhouse_connect.get_client(dsn=address("clickhouseAnalystUrl"))
    query = f"SELECT toUnixTimestamp64Milli(max(event_time)) FROM {pipeline.replace('-', '_')}.predictions"
    milliseconds = client.query(query).first_row[0]
    return datetime.datetime.fromtimestamp(milliseconds / 1_000, datetime.timezone.utc)


def half_hours(run: str, after: datetime.datetime):
    """Events without end: the real numbers, with times that go on from the log's, up to the present."""
    with gzip.open(PIPELINE / "electricity.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    now = datetime.datetime.now(datetime.timezone.utc)
    for number, row in enumerate(itertools.cycle(rows), start=1):
        yield {
            "event_id": f"{run}-{number:06}",
            "at": min(after + number * HALF_HOUR, now),
            **{name: float(row[name]) for name in NUMBERS},
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pipeline", default="electricity", help="a pipeline with the event schema of electricity")
    parser.add_argument("--count", type=int, default=1_000)
    parser.add_argument("--run", default=f"python-{secrets.token_hex(3)}", help="what the event ids begin with")
    options = parser.parse_args()

    topic = f"{options.pipeline}.events"
    registry = SchemaRegistryClient({"url": address("schemaRegistryUrl")})
    to_avro = AvroSerializer(registry, (PIPELINE / "event.avsc").read_text())
    to_key = StringSerializer("utf_8")
    producer = Producer(
        {
            "bootstrap.servers": address("kafkaBrokers"),
            "enable.idempotence": True,
            "compression.type": "zstd",
            # Java's choice of partition, and Eddyline's: a key has one place whoever publishes it, so that an event that
            # is sent again by another client is known there. librdkafka's own default differs.
            "partitioner": "murmur2_random",
        }
    )

    refused: list[str] = []
    acknowledged = 0

    def on_delivery(error, _message) -> None:
        nonlocal acknowledged
        if error is None:
            acknowledged += 1
        else:
            refused.append(str(error))

    events = half_hours(options.run, newest_event_time(options.pipeline))
    for event in itertools.islice(events, options.count):
        producer.produce(
            topic,
            key=to_key(event["event_id"]),
            value=to_avro(event, SerializationContext(topic, MessageField.VALUE)),
            on_delivery=on_delivery,
        )
        producer.poll(0)
    producer.flush()

    print(f"{acknowledged} events of run {options.run} acknowledged on {topic}")
    if refused:
        sys.exit(f"{len(refused)} refused, the first: {refused[0]}")


if __name__ == "__main__":
    main()
