"""Fills stores and compares them with the providers' own SDKs, for independent.rs. It knows nothing of Flagstate.

judge.py fill-azure URL CONTAINER COUNT     blobs with headers, metadata, tags; every tenth with a snapshot
judge.py fill-s3 URL BUCKET SMALL MIDDLE LARGE_MIB VERSIONS
judge.py same FROM TO STEP VERSIONS         FROM, TO: azure|URL|CONTAINER, s3|URL|BUCKET, file|DIR; properties of every STEPth
judge.py lockable URL BUCKET [DAYS]         a bucket that locks objects, with DAYS of compliance by default
judge.py fill-locked URL BUCKET             objects with retention, legal holds, both, neither
judge.py holds URL BUCKET                   a line for each object: what protects it
judge.py sas EXPIRY                         a signature of the account
"""
import base64
import hashlib
import hmac
import os
import sys
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


def azure(url, container):
    from azure.storage.blob import BlobServiceClient

    credential = {"account_name": ACCOUNT, "account_key": KEY}
    service = BlobServiceClient(f"{url}/{ACCOUNT}", credential=credential, api_version="2026-02-06")
    return service.get_container_client(container)


def s3(url):
    import boto3
    from botocore.config import Config

    config = Config(max_pool_connections=16, retries={"max_attempts": 8})
    return boto3.client("s3", endpoint_url=url, region_name="us-east-1", config=config)


def body(n, size):
    seed = hashlib.sha256(str(n).encode()).digest()
    return (seed * (size // 32 + 1))[:size]


def lockable(url, bucket, days=None):
    s3(url).create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    if days:
        retention = {"Mode": "COMPLIANCE", "Days": int(days)}
        rule = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}}
        s3(url).put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=rule)


def fill_locked(url, bucket):
    client = s3(url)
    days = lambda n: datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=n)
    legal = {"ObjectLockLegalHoldStatus": "ON"}
    retained = lambda mode, n: {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": days(n)}
    for key, size, held in [
        ("large", 24 << 20, {**retained("GOVERNANCE", 9), **legal}),
        ("legal", 100, legal),
        ("plain", 100, {}),
        ("records/2026", 2000, retained("COMPLIANCE", 400)),
        ("soft", 0, retained("GOVERNANCE", 3)),
    ]:
        client.put_object(Bucket=bucket, Key=key, Body=body(size, size), **held)


def holds(url, bucket):
    client = s3(url)
    for entry in client.list_objects_v2(Bucket=bucket)["Contents"]:
        head = client.head_object(Bucket=bucket, Key=entry["Key"])
        until = head.get("ObjectLockRetainUntilDate")
        until = until and until.strftime("%Y-%m-%dT%H:%M:%S")
        print(entry["Key"], entry["Size"], head.get("ObjectLockMode"), until, head.get("ObjectLockLegalHoldStatus"))


def fill_azure(url, container, count):
    from azure.storage.blob import ContentSettings

    client = azure(url, container)
    if not client.exists():
        client.create_container()

    def one(n):
        blob = client.get_blob_client(f"dir {n % 7}/na\u00efve+{n:05}.csv")
        settings = ContentSettings(content_type="text/csv", cache_control=f"max-age={n}", content_language="fr")
        tags = {"class": f"c {n % 5}"} if n % 3 == 0 else None
        if n % 10 == 0:
            blob.upload_blob(body(-n, 100), overwrite=True, metadata={"owner": "before"})
            blob.create_snapshot()
        blob.upload_blob(
            body(n, n * 37 % 9000), overwrite=True, metadata={"owner": f"team{n % 9}"}, content_settings=settings, tags=tags
        )

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(count)))


class Stream:
    """So many bytes that differ everywhere, without holding them."""

    def __init__(self, size):
        self.left, self.block, self.n = size, os.urandom(1 << 20), 0

    def read(self, want=-1):
        want = self.left if want < 0 else min(want, self.left)
        out = bytearray()
        while len(out) < want:
            self.n += 1
            out += self.n.to_bytes(8, "little") + self.block[8 : want - len(out) + 8]
        self.left -= want
        return bytes(out[:want])


def fill_s3(url, bucket, small, middle, large_mib, versions):
    client = s3(url)
    if versions:
        client.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

    def put(key, data, n):
        tags = {"Tagging": urllib.parse.urlencode({"class": f"c {n % 5}"})} if n % 3 == 0 else {}
        client.put_object(
            Bucket=bucket, Key=key, Body=data, ContentType="text/csv", CacheControl=f"max-age={n}",
            ContentDisposition="attachment", Metadata={"owner": f"team{n % 9}"}, **tags,
        )

    def one(n):
        key = f"p{n % 97:02}/object+{n:06} \u00e9.bin"
        if versions and n % 4 == 0:
            put(key, body(-n, 50), n + 1)
        put(key, body(n, n * 37 % 16000), n)
        if versions and n % 8 == 0:
            client.delete_object(Bucket=bucket, Key=key)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(small)))
        list(pool.map(lambda n: put(f"middle/{n:04}", body(n, 8 << 20), n), range(middle)))
    if large_mib:
        extra = {"ContentType": "application/x-large", "Metadata": {"owner": "large"}}
        client.upload_fileobj(Stream(large_mib << 20), bucket, "large/one", ExtraArgs=extra)


def digest(chunks):
    h = hashlib.sha256()
    for chunk in chunks:
        h.update(chunk)
    return h.hexdigest()


class Azure:
    def __init__(self, url, container):
        self.client = azure(url, container)

    def states(self, versions):
        """key -> its states, oldest first; None for a mark of deletion."""
        include = ["snapshots"] if versions else []
        found = {}
        for blob in self.client.list_blobs(include=include):
            found.setdefault(blob.name, []).append(blob.snapshot)
        return {k: sorted(v, key=lambda s: s or "9") for k, v in found.items()}

    def read(self, key, state):
        blob = self.client.get_blob_client(key, snapshot=state)
        got = blob.download_blob()
        p = got.properties
        c = p.content_settings
        tags = blob.get_blob_tags() if state is None else None
        headers = {"type": c.content_type, "cache": c.cache_control, "language": c.content_language}
        headers |= {"disposition": c.content_disposition, "encoding": c.content_encoding}
        return digest(got.chunks()), headers, dict(p.metadata or {}), tags


class S3:
    def __init__(self, url, bucket):
        self.client, self.bucket, self.source = s3(url), bucket, False

    def states(self, versions):
        found, listed = {}, 0
        if not versions:
            for page in self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket):
                for entry in page.get("Contents", []):
                    found[entry["Key"]] = [None]
            return found
        for page in self.client.get_paginator("list_object_versions").paginate(Bucket=self.bucket):
            for kind in ["Versions", "DeleteMarkers"]:
                for entry in page.get(kind, []):
                    # Newest first is the listing's order, and times have whole seconds.
                    listed -= 1
                    state = "deleted" if kind == "DeleteMarkers" else entry["VersionId"]
                    found.setdefault(entry["Key"], []).append((entry["IsLatest"], entry["LastModified"], listed, state))
        return {k: [s[3] for s in sorted(v)] for k, v in found.items()}

    def read(self, key, state):
        if state == "deleted":
            return ("deleted",)
        version = {"VersionId": state} if state else {}
        got = self.client.get_object(Bucket=self.bucket, Key=key, **version)
        tags = []
        try:
            tags = self.client.get_object_tagging(Bucket=self.bucket, Key=key, **version)["TagSet"]
        except self.client.exceptions.ClientError as why:
            if why.response["Error"]["Code"] != "NotImplemented":
                raise
        headers = {"type": got.get("ContentType"), "cache": got.get("CacheControl")}
        headers |= {"language": got.get("ContentLanguage"), "disposition": got.get("ContentDisposition")}
        # Amazon's SDK sends in chunks, and some servers keep that as the object's encoding: it is not moved on.
        encoding = got.get("ContentEncoding")
        headers["encoding"] = None if self.source and encoding == "aws-chunked" else encoding
        return digest(got["Body"].iter_chunks(1 << 20)), headers, got["Metadata"], {t["Key"]: t["Value"] for t in tags}


class File:
    def __init__(self, root):
        self.root = root

    def states(self, _):
        found = {}
        for folder, _, names in os.walk(self.root):
            for name in names:
                path = os.path.join(folder, name)
                if ".flagstate/" not in path + "/":
                    found[os.path.relpath(path, self.root)] = [None]
        return found

    def read(self, key, _):
        with open(os.path.join(self.root, key), "rb") as file:
            return (digest(iter(lambda: file.read(1 << 20), b"")),)


def store(place):
    kind, *rest = place.split("|")
    return {"azure": Azure, "s3": S3, "file": File}[kind](*rest)


def same(source, target, step, versions):
    a, b = store(source), store(target)
    a.source = True
    ours, theirs = a.states(versions), b.states(versions)
    missing, more = sorted(set(ours) - set(theirs)), sorted(set(theirs) - set(ours))
    assert not missing and not more, f"missing {missing[:5]}, more {more[:5]}"
    keys = sorted(ours)
    lengths = [(k, len(ours[k]), len(theirs[k])) for k in keys if len(ours[k]) != len(theirs[k])]
    assert not lengths, f"states: {lengths[:5]}"
    pairs = [(k, s, t) for k in keys[::step] for s, t in zip(ours[k], theirs[k])]

    def differ(pair):
        key, s, t = pair
        x, y = a.read(key, s), b.read(key, t)
        n = min(len(x), len(y))
        x, y = x[:n], y[:n]
        # An Azure snapshot has no tags of its own to ask for.
        return None if all(p == q for p, q in zip(x, y) if p is not None and q is not None) else (key, s, x, y)

    with ThreadPoolExecutor(8) as pool:
        wrong = [w for w in pool.map(differ, pairs) if w]
    assert not wrong, f"{len(wrong)} differ: {wrong[:3]}"
    print(f"{len(keys)} keys, {sum(map(len, ours.values()))} states alike; {len(pairs)} read on both sides")


def sas(expiry):
    text = f"{ACCOUNT}\nrwdlactx\nb\nsco\n\n{expiry}\n\n\n2022-11-02\n\n"
    signature = base64.b64encode(hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()
    quote = lambda t: urllib.parse.quote(t, safe="")
    print(f"sv=2022-11-02&ss=b&srt=sco&sp=rwdlactx&se={quote(expiry)}&sig={quote(signature)}")


command, words = sys.argv[1], sys.argv[2:]
if command == "fill-azure":
    fill_azure(words[0], words[1], int(words[2]))
elif command == "fill-s3":
    fill_s3(words[0], words[1], *map(int, words[2:6]))
elif command == "same":
    same(words[0], words[1], int(words[2]), words[3] == "1")
elif command == "lockable":
    lockable(*words)
elif command == "fill-locked":
    fill_locked(*words)
elif command == "holds":
    holds(*words)
elif command == "sas":
    sas(words[0])
else:
    sys.exit(__doc__)
