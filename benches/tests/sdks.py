"""The providers' own SDKs against the bench server: `sdks.py S3_URL AZURE_URL`. Ends with 1 and a traceback on a difference."""
import base64
import hashlib
import io
import os
import sys

import boto3
from azure.storage.blob import BlobBlock, BlobServiceClient
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

S3_URL, AZURE_URL = sys.argv[1:3]
NAMES = [
    "a b+c&d=e", "x//y", "./z", "a/../b", "trail/", "tab\there", "\u00e9t\u00e9/\U0001f680", "k" * 1024, " lead", "/abs",
    "percent%41", "plus+plus",
]
BIG = os.urandom(20 << 20)


def pages(client, operation, field, **more):
    size = more.pop("size", 3)
    paginator = client.get_paginator(operation)
    return [e for p in paginator.paginate(PaginationConfig={"PageSize": size}, **more) for e in p.get(field, [])]


def s3():
    client = boto3.client(
        "s3", endpoint_url=S3_URL, aws_access_key_id="a", aws_secret_access_key="b", region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
    )
    client.create_bucket(Bucket="boto")
    for name in NAMES:
        client.put_object(Bucket="boto", Key=name, Body=name.encode(), Metadata={"who": "me"}, Tagging="a=b%20c", ContentType="text/x")
    for operation in ["list_objects_v2", "list_objects"]:
        listed = [o["Key"] for o in pages(client, operation, "Contents", Bucket="boto")]
        assert listed == sorted(NAMES, key=str.encode), listed
    for name in NAMES:
        got = client.get_object(Bucket="boto", Key=name, ChecksumMode="ENABLED")
        assert got["Body"].read() == name.encode() and got["Metadata"] == {"who": "me"} and got["ContentType"] == "text/x"
        assert client.get_object_tagging(Bucket="boto", Key=name)["TagSet"] == [{"Key": "a", "Value": "b c"}]
        assert client.head_object(Bucket="boto", Key=name)["ETag"].strip('"') == hashlib.md5(name.encode()).hexdigest()
    for operation in ["list_objects_v2", "list_objects"]:
        folded = pages(client, operation, "CommonPrefixes", Bucket="boto", Delimiter="/", size=1)
        assert [p["Prefix"] for p in folded] == ["./", "/", "a/", "trail/", "x/", "\u00e9t\u00e9/"], folded
    parts = TransferConfig(multipart_chunksize=6 << 20, multipart_threshold=1)
    for algorithm in ["CRC32", "SHA256", "SHA1"]:
        client.upload_fileobj(io.BytesIO(BIG), "boto", "big", ExtraArgs={"ChecksumAlgorithm": algorithm}, Config=parts)
        assert client.get_object(Bucket="boto", Key="big", ChecksumMode="ENABLED")["Body"].read() == BIG
    part = client.get_object(Bucket="boto", Key="big", Range="bytes=6291450-6291470")
    assert part["Body"].read() == BIG[6291450:6291471]
    client.copy_object(Bucket="boto", Key="copy", CopySource={"Bucket": "boto", "Key": NAMES[0]})
    assert client.get_object(Bucket="boto", Key="copy")["Body"].read() == NAMES[0].encode()
    for wrong in [{"ContentMD5": "AAAAAAAAAAAAAAAAAAAAAA=="}, {"ChecksumCRC32": "AAAAAA=="}, {"ChecksumSHA256": "A" * 43 + "="}]:
        try:
            client.put_object(Bucket="boto", Key="wrong", Body=b"x", **wrong)
        except client.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "BadDigest", error
        else:
            raise AssertionError(wrong)
    client.put_bucket_versioning(Bucket="boto", VersioningConfiguration={"Status": "Enabled"})
    for number in range(5):
        client.put_object(Bucket="boto", Key="v", Body=b"%d" % number)
    client.delete_object(Bucket="boto", Key="v")
    versions = pages(client, "list_object_versions", "Versions", Bucket="boto", Prefix="v", size=2)
    bodies = [client.get_object(Bucket="boto", Key="v", VersionId=v["VersionId"])["Body"].read() for v in versions]
    assert bodies == [b"4", b"3", b"2", b"1", b"0"], bodies
    gone = client.delete_objects(Bucket="boto", Delete={"Objects": [{"Key": n} for n in NAMES]})
    assert len(gone["Deleted"]) == len(NAMES)


def azure():
    service = BlobServiceClient(AZURE_URL + "/bench", credential={"account_name": "bench", "account_key": "YmVuY2g="})
    container = service.create_container("azure")
    # This SDK itself changes names with dots as segments.
    names = [n for n in NAMES if "./" not in n]
    for name in names:
        container.upload_blob(name, name.encode(), metadata={"who": "me"}, tags={"a": "b c"})
    listed = list(container.list_blobs(include=["metadata", "tags"], results_per_page=3))
    assert [b.name for b in listed] == sorted(names, key=str.encode)
    assert all(b.metadata == {"who": "me"} and b.tags == {"a": "b c"} for b in listed)
    for name in names:
        assert container.download_blob(name).readall() == name.encode()
    big = container.get_blob_client("big")
    big.upload_blob(BIG, max_concurrency=2)
    assert big.download_blob(max_concurrency=2).readall() == BIG
    staged = container.get_blob_client("staged")
    ids = [base64.b64encode(b"%03d" % n).decode() for n in range(3)]
    for number, block in enumerate(ids):
        staged.stage_block(block, BIG[number << 20 : (number + 1) << 20])
    waiting = container.list_blobs(name_starts_with="staged", include=["uncommittedblobs"])
    assert [b.name for b in waiting] == ["staged"]
    staged.commit_block_list([BlobBlock(block) for block in ids])
    assert staged.download_blob().readall() == BIG[: 3 << 20]
    snapshot = staged.create_snapshot()["snapshot"]
    staged.upload_blob(b"new", overwrite=True)
    assert container.get_blob_client("staged", snapshot=snapshot).download_blob().readall() == BIG[: 3 << 20]
    states = container.list_blobs(name_starts_with="staged", include=["snapshots"])
    assert [bool(b.snapshot) for b in states] == [True, False]


s3()
azure()
