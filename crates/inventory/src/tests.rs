//! Inventories as providers write them: our own rows, in their formats. `tests/data/make.py` makes the files.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use flagstate_objects::{Kind, Version};
use proptest::prelude::*;

use super::*;

fn s3(format: &str, schema: &str, file: &str) -> Manifest {
    let text = format!(
        r#"{{"sourceBucket":"our-bucket","destinationBucket":"arn:aws:s3:::lists","version":"2016-11-30",
        "creationTimestamp":"1762055045678","fileFormat":"{format}","fileSchema":"{schema}",
        "files":[{{"key":"{file}","size":12,"MD5checksum":"00"}}]}}"#
    );
    Manifest::read(text.as_bytes(), "manifest.json").unwrap()
}

fn azure(format: &str, file: &str) -> Manifest {
    let text = format!(
        r#"{{"destinationContainer":"lists","endpoint":"https://x","files":[{{"blob":"{file}","size":9}}],
        "inventoryStartTime":"2026-11-02T03:04:05Z","ruleDefinition":{{"filters":{{"blobTypes":["blockBlob"]}},"format":"{format}",
        "objectType":"blob","schedule":"daily","schemaFields":["Name"]}},"ruleName":"r","status":"Succeeded",
        "summary":{{"objectCount":6,"totalObjectSize":31}},"version":"1.0"}}"#
    );
    Manifest::read(text.as_bytes(), "r-manifest.json").unwrap()
}

fn wish(container: &str, versions: bool) -> Wish {
    Wish { container: container.to_owned(), prefix: Key::default(), versions }
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

fn entries(path: &Path, manifest: &Manifest, wish: &Wish) -> Result<Vec<Entry>, InventoryError> {
    let mut all = Vec::new();
    let file = manifest.files.first().unwrap();
    read(path, file, manifest, wish, &mut |e| {
        all.push(e);
        Ok(())
    })?;
    Ok(all)
}

/// A file that goes away.
struct Temporary(PathBuf);

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn temporary(name: &str, bytes: &[u8]) -> Temporary {
    let path = std::env::temp_dir().join(format!("flagstate-inventory-{}-{name}", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    Temporary(path)
}

fn gzip(text: &str) -> Vec<u8> {
    let mut coder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    coder.write_all(text.as_bytes()).unwrap();
    coder.finish().unwrap()
}

const SCHEMA: &str = "Bucket, Key, VersionId, IsLatest, IsDeleteMarker, Size, LastModifiedDate, ETag, StorageClass, ObjectLockMode, ObjectLockRetainUntilDate, ObjectLockLegalHoldStatus, EncryptionStatus";

/// The rows of the fixtures, as S3 writes them into CSV.
const CSV: &str = concat!(
    "\"our-bucket\",\"a//b\",\"v2\",\"true\",\"false\",\"11\",\"2026-11-02T03:04:05.678Z\",\"0123456789abcdef0123456789abcdef\",\"STANDARD\",\"\",\"\",\"OFF\",\"SSE-KMS\"\n",
    "\"our-bucket\",\"a//b\",\"v1\",\"false\",\"false\",\"7\",\"2026-11-01T03:04:05.678Z\",\"fedcba9876543210fedcba9876543210\",\"STANDARD\",\"\",\"\",\"OFF\",\"SSE-KMS\"\n",
    "\"our-bucket\",\"gone\",\"v4\",\"true\",\"true\",\"\",\"2026-11-03T03:04:05.678Z\",\"\",\"\",\"\",\"\",\"\",\"SSE-KMS\"\n",
    "\"our-bucket\",\"gone\",\"v3\",\"false\",\"false\",\"5\",\"2026-11-01T03:04:05.678Z\",\"00000000000000000000000000000001\",\"GLACIER\",\"\",\"\",\"OFF\",\"SSE-KMS\"\n",
    "\"our-bucket\",\"kept%2F%C3%A9+%2B%25.txt\",\"\",\"true\",\"false\",\"5497558138880\",\"2026-11-04T03:04:05.678Z\",\"00000000000000000000000000000002-600\",\"STANDARD_IA\",\"COMPLIANCE\",\"2026-11-30T03:04:05.678Z\",\"ON\",\"SSE-KMS\"\n",
);

#[test]
fn csv_parquet_and_orc_say_the_same() {
    let csv = temporary("s3.csv.gz", &gzip(CSV));
    for versions in [false, true] {
        let wish = wish("our-bucket", versions);
        let a = entries(&csv.0, &s3("CSV", SCHEMA, "data/s3.csv.gz"), &wish).unwrap();
        let b =
            entries(&data("s3.parquet"), &s3("Parquet", "message s3.inventory {}", "data/s3.parquet"), &wish).unwrap();
        assert_eq!(a, b);
        assert_eq!(a.len(), if versions { 5 } else { 2 });
        #[cfg(feature = "orc")]
        assert_eq!(a, entries(&data("s3.orc"), &s3("ORC", "struct<>", "data/s3.orc"), &wish).unwrap());
    }
}

#[test]
fn a_row_says_what_a_listing_says() {
    let manifest = s3("Parquet", "", "data/s3.parquet");
    assert_eq!(manifest.made_at.unwrap().to_string(), "2025-11-02T03:44:05.678Z");
    let all = entries(&data("s3.parquet"), &manifest, &wish("our-bucket", true)).unwrap();
    let [new, old, marker, archived, kept] = all.as_slice() else { unreachable!("five rows") };
    assert_eq!((new.key.as_bytes(), new.size, new.current), (&b"a//b"[..], 11, true));
    assert_eq!((&old.version, old.current), (&Some(Version::Id("v1".to_owned())), false));
    assert_eq!((marker.kind, marker.current, &marker.etag), (Kind::DeleteMarker, true, &None));
    assert_eq!(archived.class.as_deref(), Some("GLACIER"));
    assert_eq!(kept.key.as_str(), Some("kept/é +%.txt"));
    assert_eq!(kept.version, Some(Version::Id("null".to_owned())));
    assert_eq!((kept.size, kept.etag.as_ref().unwrap().as_str()), (5 << 40, "00000000000000000000000000000002-600"));
    let hold = &kept.details.as_ref().unwrap().hold;
    assert_eq!((hold.mode.as_deref(), hold.legal), (Some("COMPLIANCE"), true));
    assert_eq!(hold.until.unwrap().to_string(), "2026-11-30T03:04:05.678Z");
    // Without versions nothing is called a version, as in a listing.
    let current = entries(&data("s3.parquet"), &manifest, &wish("our-bucket", false)).unwrap();
    assert!(current.iter().all(|e| e.version.is_none() && e.current));
    let below = Wish { prefix: Key::from("kept/"), ..wish("our-bucket", true) };
    assert_eq!(entries(&data("s3.parquet"), &manifest, &below).unwrap().len(), 1);
}

#[test]
fn azure_lists_its_containers_together() {
    let manifest = azure("parquet", "r.parquet");
    assert_eq!((manifest.writer, manifest.objects), (Writer::Azure, Some(6)));
    let all = entries(&data("azure.parquet"), &manifest, &wish("box", true)).unwrap();
    let [blob, snapshot, dir, log] = all.as_slice() else { unreachable!("four rows: {all:?}") };
    let details = blob.details.as_ref().unwrap();
    assert_eq!((blob.key.as_bytes(), blob.size, blob.current, &blob.version), (&b"a//b"[..], 11, true, &None));
    assert!(details.archived && details.leased && details.hold.legal);
    assert_eq!(details.posix.as_deref(), Some("owner=ada acl=user::rwx"));
    assert_eq!(snapshot.version, Some(Version::Snapshot("2026-11-02T03:04:05.6780000Z".to_owned())));
    assert!(!snapshot.current);
    assert_eq!((dir.kind, log.kind), (Kind::Directory, Kind::AppendBlob));
    assert_eq!(entries(&data("azure.parquet"), &manifest, &wish("box", false)).unwrap().len(), 3);

    let text = "\u{feff}Name,Etag,Content-Length,Last-Modified,Snapshot\nbox/a,0x8D1,11,2026-11-02T03:04:05Z,\nbox/a,0x8D0,7,2026-11-01T03:04:05Z,2026-11-01T03:04:06Z\n";
    let file = temporary("azure.csv", text.as_bytes());
    let all = entries(&file.0, &azure("csv", "r.csv"), &wish("box", false)).unwrap();
    assert_eq!(all.iter().map(|e| (e.key.to_string(), e.size)).collect::<Vec<_>>(), [("a".to_owned(), 11)]);
}

#[test]
fn what_cannot_be_used_is_refused_by_name() {
    let said = |schema: &str, text: &str, versions: bool| {
        let file = temporary(&format!("bad{}.csv", text.len() + schema.len()), text.as_bytes());
        entries(&file.0, &s3("CSV", schema, "bad.csv"), &wish("our-bucket", versions)).unwrap_err().to_string()
    };
    let small = "Bucket, Key, Size, LastModifiedDate, ETag";
    let row = "\"our-bucket\",\"k\",\"1\",\"2026-11-02T03:04:05.678Z\",\"e\"\n";
    for (schema, text, versions, expected) in [
        ("Bucket, Key, Size", "", false, "has no field ETag, without which a change since"),
        (small, row, true, "has no field VersionId, and all versions are to move"),
        ("Bucket, Key, Size, ETag, VersionId", "", false, "has no field IsLatest, and it lists versions"),
        (small, "\"our-bucket\",\"k\",\"1\",\"x\",\"e\"\n", false, "bad.csv, row 1: `x` is no time"),
        (small, "\"our-bucket\",\"%4\",\"1\",\"\",\"e\"\n", false, "row 1: its key has a broken escape"),
        (small, "\"our-bucket\",\"k\",\"-1\",\"\",\"e\"\n", false, "row 1: `-1` is no number"),
        (small, "\"our-bucket\",\"k\",\"\",\"\",\"e\"\n", false, "row 1: it has no size or no ETag"),
        (small, "\"our-bucket\",\"k\"\n", false, "a row has 2 fields, the manifest names 5"),
        (small, "\"theirs\",\"k\",\"1\",\"\",\"e\"\n", false, "is of `theirs`, and the move is from `our-bucket`"),
    ] {
        let said = said(schema, text, versions);
        assert!(said.contains(expected), "{said}\nlacks: {expected}");
    }
    for (text, expected) in [
        ("[]", "neither `sourceBucket` nor `ruleDefinition`"),
        ("{", "EOF while parsing"),
        (r#"{"sourceBucket":"b","fileFormat":"XML","files":[]}"#, "`XML` is none of the formats"),
        (r#"{"ruleDefinition":{"format":"csv"},"files":[],"status":"Failed"}"#, "ended as `Failed` and is not whole"),
        (r#"{"ruleDefinition":{"format":"csv","objectType":"container"},"files":[]}"#, "lists containers"),
    ] {
        let said = Manifest::read(text.as_bytes(), "m").unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
    }
    let whole = std::fs::read(data("s3.parquet")).unwrap();
    let cut = temporary("cut.parquet", whole.get(..whole.len() / 2).unwrap());
    let said = entries(&cut.0, &s3("Parquet", "", "cut.parquet"), &wish("our-bucket", true)).unwrap_err().to_string();
    assert!(said.starts_with("cut.parquet: cannot be read as Apache Parquet; fetch it again"), "{said}");
}

/// One wrong bit in an ORC file's types can make a type its own part: that ended the process.
#[cfg(feature = "orc")]
#[test]
fn no_wrong_bit_in_a_footer_ends_the_process() {
    let whole = std::fs::read(data("s3.orc")).unwrap();
    let mut trees = 0;
    for at in whole.len() - 500..whole.len() {
        for bit in 0..8 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << bit;
            let file = temporary("bit.orc", &bytes);
            let read = entries(&file.0, &s3("ORC", "", "bit.orc"), &wish("our-bucket", true));
            trees += u32::from(read.is_err_and(|e| e.to_string().contains("its types are no tree")));
        }
    }
    assert!(trees > 10, "{trees} bits bent the tree of types");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    /// Whatever is damaged: an answer or an error, never a panic.
    #[test]
    fn damaged_files_never_panic(which in 0_usize..3, at in any::<prop::sample::Index>(), flip in 1_u8.., cut in any::<bool>()) {
        let (name, format) = [("s3.parquet", "Parquet"), ("s3.orc", "ORC"), ("azure.parquet", "parquet")][which];
        let mut bytes = std::fs::read(data(name)).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if cut {
            bytes.truncate(at);
        }
        let file = temporary(&format!("damaged-{name}"), &bytes);
        let manifest = if which == 2 { azure(format, name) } else { s3(format, "", name) };
        let _ = entries(&file.0, &manifest, &wish("our-bucket", true));
    }

    /// A manifest is read or refused by name.
    #[test]
    fn any_manifest_is_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), at in any::<prop::sample::Index>(), with in any::<u8>()) {
        let _ = Manifest::read(&bytes, "m");
        let mut real = br#"{"sourceBucket":"b","version":"2016-11-30","creationTimestamp":"1762055045678","fileFormat":"CSV","fileSchema":"Bucket, Key","files":[{"key":"k","size":12,"MD5checksum":"00"}]}"#.to_vec();
        let at = at.index(real.len());
        real[at] = with;
        if let Err(e) = Manifest::read(&real, "manifest.json") {
            prop_assert!(e.to_string().contains("manifest.json"), "{}", e);
        }
    }
}
