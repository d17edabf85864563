"""Fills real servers for `cargo xtask bench --only move --case real`.

fill_real.py WHAT S3_URL AZURE_URL KEY SECRET ACCOUNT ACCOUNT_KEY NAME COUNT SIZE     WHAT: s3, azure, bucket
"""
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

what, s3_url, azure_url, key, secret, account, account_key, name, count, size = sys.argv[1:]
count, size = int(count), int(size)


def each(write):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: write(f"dir{n % 20:02}/object-{n:06}", os.urandom(size)), range(count)))


def patiently(begin):
    for _ in range(100):
        try:
            return begin()
        except Exception as error:  # it answers before it can serve
            last = error
            time.sleep(0.3)
    raise last


if what == "azure":
    from azure.storage.blob import BlobServiceClient

    service = BlobServiceClient(azure_url, credential={"account_name": account, "account_key": account_key}, api_version="2026-02-06")
    container = service.get_container_client(name)
    patiently(container.create_container)
    each(lambda blob, data: container.upload_blob(blob, data))
else:
    import boto3

    client = boto3.client("s3", endpoint_url=s3_url, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret)
    patiently(lambda: client.create_bucket(Bucket=name))
    if what == "s3":
        patiently(lambda: client.put_object(Bucket=name, Key="dir00/object-000000", Body=b"first"))
        each(lambda blob, data: client.put_object(Bucket=name, Key=blob, Body=data))
