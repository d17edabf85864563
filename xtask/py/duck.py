"""DuckDB over a bill, with two threads.

duck.py group FILE COLUMNS   groups by the columns (comma-separated) and sums the two costs
duck.py scan FILE COLUMNS    decodes the same columns and keeps only one value of each
duck.py parquet FILE OUT     writes the bill as Parquet with the types that exports have
"""
import sys

import duckdb

AMOUNTS = ("EffectiveCost", "BilledCost")
TIMES = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")
NUMBERS = AMOUNTS + ("ListCost", "ContractedCost", "ListUnitPrice", "ContractedUnitPrice", "ConsumedQuantity", "PricingQuantity")

verb, path, rest = sys.argv[1:4]
db = duckdb.connect()
db.execute("SET threads = 2")
csv = f"read_csv('{path}', header = true, all_varchar = true, nullstr = 'NULL')"
source = f"read_parquet('{path}')" if path.endswith(".parquet") else csv
columns = rest.split(",")
names = ", ".join(f'"{c}"' for c in columns)
if verb == "group":
    sums = ", ".join(f'sum("{a}"::DOUBLE)' for a in AMOUNTS)
    db.execute(f"CREATE TEMP TABLE answer AS SELECT {names}, {sums}, count(*) FROM {source} GROUP BY {names}")
elif verb == "scan":
    db.execute("SELECT " + ", ".join(f'max("{c}")' for c in columns + list(AMOUNTS)) + f" FROM {source}").fetchall()
elif verb == "parquet":
    times = ", ".join(f'"{c}"::TIMESTAMP AS "{c}"' for c in TIMES)
    numbers = ", ".join(f'"{c}"::DOUBLE AS "{c}"' for c in NUMBERS)
    db.execute(f"COPY (SELECT * REPLACE ({times}, {numbers}) FROM {csv}) TO '{rest}' (FORMAT parquet, COMPRESSION snappy)")
else:
    sys.exit(__doc__)
