"""Makes the fixtures of this folder with pyarrow, a reader and writer of its own: python3 make.py (pyarrow 21 or later).

Nothing here is a provider's file: rows are our own, columns are those that providers document.
"""
import datetime as dt
import pyarrow as pa
import pyarrow.orc as orc
import pyarrow.parquet as pq

UTC = dt.timezone.utc
day = lambda d, z: dt.datetime(2026, 11, d, 3, 4, 5, 678000, tzinfo=z)

def s3(zone, unit):
    stamp = pa.timestamp(unit, tz="UTC" if zone else None)
    rows = [
        # key, version, latest, marker, size, modified, etag, class, lock mode, until, hold
        ("a//b", "v2", True, False, 11, 2, "0123456789abcdef0123456789abcdef", "STANDARD", None, None, "OFF"),
        ("a//b", "v1", False, False, 7, 1, "fedcba9876543210fedcba9876543210", "STANDARD", None, None, "OFF"),
        ("gone", "v4", True, True, None, 3, None, None, None, None, None),
        ("gone", "v3", False, False, 5, 1, "00000000000000000000000000000001", "GLACIER", None, None, "OFF"),
        ("kept/é +%.txt", "", True, False, 5 << 40, 4, "00000000000000000000000000000002-600", "STANDARD_IA", "COMPLIANCE", 30, "ON"),
    ]
    z = UTC if zone else None
    col = lambda i: [r[i] for r in rows]
    times = lambda i: [None if r[i] is None else day(r[i], z) for r in rows]
    return pa.table({
        "bucket": ["our-bucket"] * len(rows), "key": col(0), "version_id": col(1), "is_latest": col(2), "is_delete_marker": col(3),
        "size": pa.array(col(4), pa.int64()), "last_modified_date": pa.array(times(5), stamp), "e_tag": col(6), "storage_class": col(7),
        "object_lock_mode": col(8), "object_lock_retain_until_date": pa.array(times(9), stamp), "object_lock_legal_hold_status": col(10),
        "encryption_status": ["SSE-KMS"] * len(rows),
    })

def azure():
    return pa.table({
        "Name": ["box/a//b", "box/a//b", "box/dir", "other/x", "box/log", "box/was"],
        "Last-Modified": pa.array([1762055045678] * 6, pa.int64()), "Etag": ["0x8D1", "0x8D0", "0x8D2", "0x8D3", "0x8D4", "0x8D5"],
        "Content-Length": pa.array([11, 7, 0, 1, 9, 3], pa.int64()), "BlobType": ["BlockBlob", "BlockBlob", "BlockBlob", "BlockBlob", "AppendBlob", "BlockBlob"],
        "AccessTier": ["Archive", None, None, "Hot", None, "Hot"], "Snapshot": [None, "2026-11-02T03:04:05.6780000Z", None, None, None, None],
        "hdi_isfolder": [None, None, True, None, None, None], "Deleted": [None, None, None, None, None, True],
        "LeaseStatus": ["locked", None, None, None, None, None], "LegalHold": [True, None, None, None, None, None],
        "Owner": ["ada", None, None, None, None, None], "Acl": ["user::rwx", None, None, None, None, None],
        "Tags": [None, None, None, None, None, None],
    })

orc.write_table(s3(False, "ns"), "s3.orc", compression="zlib")
pq.write_table(s3(True, "ms"), "s3.parquet", compression="snappy")
pq.write_table(azure(), "azure.parquet", compression="snappy")
