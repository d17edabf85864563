"""The other side of interop.rs, with Microsoft's SDK: checks what lies below `ours/`, writes the same below `theirs/`."""
import json
import sys

from azure.storage.blob import BlobServiceClient, ContentSettings

url, container, keys = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
service = BlobServiceClient(
    f"{url}/devstoreaccount1", credential={"account_name": "devstoreaccount1", "account_key": KEY}, api_version="2026-02-06"
)
client = service.get_container_client(container)


def content(n):
    return f"content {n} ".encode() * (n * 1000 + 1)


def check(key, n, body):
    blob = client.get_blob_client(key)
    got = blob.download_blob()
    assert got.readall() == body, key
    properties = got.properties
    settings = properties.content_settings
    found = [settings.content_type, settings.cache_control, settings.content_disposition, settings.content_language]
    assert found == [f"text/x-{n}; charset=utf-8", f"max-age={n}", "attachment", "fr"], (key, found)
    assert properties.metadata == {"meta": f"value {n}"}, (key, properties.metadata)
    assert blob.get_blob_tags() == {"tag": f"value {n}"}, key


listed = [b.name for b in client.list_blobs(name_starts_with="ours/")]
assert sorted(listed) == sorted([f"ours/{k}" for k in keys] + ["ours/large"]), listed
for n, key in enumerate(keys):
    check(f"ours/{key}", n, content(n))
    client.upload_blob(
        f"theirs/{key}", content(n), metadata={"meta": f"value {n}"}, tags={"tag": f"value {n}"},
        content_settings=ContentSettings(
            content_type=f"text/x-{n}; charset=utf-8", cache_control=f"max-age={n}",
            content_disposition="attachment", content_language="fr",
        ),
    )
check("ours/large", 99, b"1" * (5 << 20) + b"the end")
