"""The other side of interop.rs, with Amazon's SDK: checks what lies below `ours/`, writes the same below `theirs/`."""
import json
import sys

import boto3
from botocore.config import Config

url, bucket, keys = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
client = boto3.client(
    "s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="flagstatetest",
    aws_secret_access_key="flagstatetestsecret", config=Config(s3={"addressing_style": "path"}),
)


def content(n):
    return f"content {n} ".encode() * (n * 1000 + 1)


def check(key, n, body):
    got = client.get_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")
    assert got["Body"].read() == body, key
    found = [got.get(f) for f in ("ContentType", "CacheControl", "ContentDisposition", "ContentLanguage", "Metadata")]
    wanted = [f"text/x-{n}; charset=utf-8", f"max-age={n}", "attachment", "fr", {"meta": f"value {n}"}]
    assert found == wanted, (key, found)
    tags = client.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    assert tags == [{"Key": "tag", "Value": f"value {n}"}], (key, tags)
    return got


listed = [o["Key"] for p in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix="ours/")
          for o in p.get("Contents", [])]
assert sorted(listed) == sorted([f"ours/{k}" for k in keys] + ["ours/large"]), listed
for n, key in enumerate(keys):
    got = check(f"ours/{key}", n, content(n))
    assert got.get("ChecksumCRC64NVME"), key
    client.put_object(
        Bucket=bucket, Key=f"theirs/{key}", Body=content(n), ContentType=f"text/x-{n}; charset=utf-8",
        CacheControl=f"max-age={n}", ContentDisposition="attachment", ContentLanguage="fr",
        Metadata={"meta": f"value {n}"}, Tagging=f"tag=value%20{n}", ChecksumAlgorithm="CRC32",
    )
check("ours/large", 99, b"1" * (5 << 20) + b"the end")
assert not client.list_multipart_uploads(Bucket=bucket).get("Uploads")
