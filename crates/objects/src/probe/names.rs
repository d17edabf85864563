//! Probing names: which keys survive, and how listings write and order them.

use serde::{Deserialize, Serialize};

use super::{Capabilities, tag};
use crate::{
    Algorithm, At, Classed, Condition, Dialect, Get, Integrity, Key, List, ListError, Payload, Plus, Properties, Put,
    ReadError, S3, Shape, Store, Written, conformance::all, together::together,
};

/// Keys that some store refuses, changes or takes for another one, each with the shape that is to blame, if it has one.
pub static ODD_KEYS: &[(Option<Shape>, &[u8])] = &[
    (None, b"plain"),
    (None, b"a b+c&d=e?f#g%h;i:j@k!l$m,n'o(p)q*r~s[t]{u}|v^w`x\"y<z>"),
    (None, b"percent%2Fencoded%41%zz"),
    (None, "\u{e9}t\u{e9}/stra\u{df}e".as_bytes()),
    // The same letter in one and in two code points: two keys.
    (None, "nfc-\u{e9}".as_bytes()),
    (None, "nfc-e\u{301}".as_bytes()),
    (None, "\u{65e5}\u{672c}\u{8a9e}/\u{1f680}".as_bytes()),
    (None, "zero\u{200b}width\u{feff}".as_bytes()),
    (None, b"CaSe"),
    (None, b"case"),
    (None, b".hidden"),
    (None, b"a...b"),
    (Some(Shape::TrailingDot), b"dots..."),
    (Some(Shape::TrailingDot), b"dot./x"),
    (Some(Shape::SpaceAtEdge), b" blanks "),
    (Some(Shape::EmptySegment), b"double//slash"),
    (Some(Shape::EmptySegment), b"triple///slash"),
    (Some(Shape::DotSegment), b"./here"),
    (Some(Shape::DotSegment), b"in/./between"),
    (Some(Shape::DotSegment), b"up/../down"),
    (Some(Shape::DotSegment), b"at/the/end/.."),
    (Some(Shape::TrailingSlash), b"trail/"),
    (Some(Shape::Backslash), b"back\\slash"),
    (Some(Shape::Control), b"tab\there"),
    (Some(Shape::Control), b"del\x7fete"),
    (Some(Shape::LineBreak), b"line\nfeed"),
    (Some(Shape::LineBreak), b"carriage\rreturn"),
    (Some(Shape::XmlUnsafe), b"bell\x07"),
    (Some(Shape::XmlUnsafe), "last\u{ffff}".as_bytes()),
    (Some(Shape::Nul), b"nul\0byte"),
];

/// What became of an odd key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct KeyFinding {
    /// The key, without the probe's prefix.
    pub name: Key,
    /// What about it is odd.
    pub shape: Option<Shape>,
    /// What went wrong; nothing where it came back as it was.
    pub problem: Option<String>,
}

fn below(base: &Key, name: &[u8]) -> Key {
    Key::new([base.as_bytes(), name].concat())
}

/// A connection that breaks says nothing of a key: what can succeed later is tried three times.
async fn tried<T, E: Classed + std::error::Error>(operation: impl AsyncFn() -> Result<T, E>) -> Result<T, String> {
    let mut said = String::new();
    for _ in 0..3 {
        match operation().await {
            Ok(value) => return Ok(value),
            Err(e) => {
                said = e.to_string();
                if !e.class().is_transient() {
                    break;
                }
            }
        }
    }
    Err(said)
}

async fn put(store: &dyn Store, key: &Key, bytes: &str) -> Result<Written, String> {
    let none = Properties::default();
    tried(async || {
        let payload = Payload::from(bytes.as_bytes().to_vec());
        let (integrity, condition) = (Integrity::Nothing, Condition::Always);
        store.put(Put { key, payload, properties: &none, integrity, condition }).await
    })
    .await
}

async fn get(store: &dyn Store, key: &Key) -> Result<Vec<u8>, String> {
    tried(async || Ok::<_, ReadError>(store.get(At::key(key), Get::default()).await?.body.bytes().await?.to_vec()))
        .await
}

async fn names(store: &dyn Store, prefix: Key) -> Result<Vec<Key>, String> {
    let ask = List { prefix, ..List::default() };
    let listed = tried(async || all(store, ask.clone()).await).await?;
    Ok(listed.into_iter().map(|e| e.key).collect())
}

/// Finds out how this S3 server is to be spoken to.
pub(super) async fn dialect(s3: &S3, base: &Key) -> Dialect {
    let mut dialect = s3.dialect();
    // One without a blank and one with it: only together do they tell the two ways of writing `+` apart.
    let keys = [below(base, b"plus/a+b"), below(base, b"blank/a b")];
    for key in &keys {
        // What cannot be written shows up as an odd key later.
        let _ = put(s3, key, "plus").await;
    }
    for plus in [Plus::Space, Plus::Itself] {
        let tried = Dialect { plus, unordered: true, ..dialect };
        let spoken = s3.with_dialect(tried);
        let mut good = true;
        for (prefix, key) in [b"plus/".as_slice(), b"blank/"].into_iter().zip(&keys) {
            good &= names(&spoken, below(base, prefix)).await.is_ok_and(|n| n == std::slice::from_ref(key));
        }
        if good {
            dialect.plus = plus;
            break;
        }
    }
    let ordered = Dialect { unordered: false, ..dialect };
    together(ORDER.map(|name| ordered_name(s3, base, name))).await;
    let strict = s3.with_dialect(ordered);
    let versions = List { prefix: below(base, b"order/"), versions: true, ..List::default() };
    dialect.unordered = names(&strict, below(base, b"order/")).await.is_err()
        || matches!(all(&strict, versions).await, Err(ListError::OutOfOrder { .. }));
    // Tags beside the bytes: some servers ignore the header.
    let (key, properties) = (below(base, b"tags-inline"), Properties { tags: tag(), ..Properties::default() });
    let payload = Payload::from(b"x".to_vec());
    let write = Put {
        key: &key,
        payload,
        properties: &properties,
        integrity: Integrity::Nothing,
        condition: Condition::Always,
    };
    let sent = s3.put(write).await.is_ok();
    let inline = sent && s3.tags(At::key(&key)).await.is_ok_and(|t| t == properties.tags);
    if !inline && s3.set_tags(At::key(&key), &properties.tags).await.is_ok() {
        dialect.tags_apart = s3.tags(At::key(&key)).await.is_ok_and(|t| t == properties.tags);
    }
    let key = below(base, b"trailer");
    dialect.no_trailers = !trailer(s3, &key).await;
    if !dialect.no_trailers && s3.keeps_framing(&key).await {
        let (key, bare) = (below(base, b"trailer-bare"), s3.with_dialect(Dialect { bare_chunks: true, ..dialect }));
        dialect.bare_chunks = trailer(&bare, &key).await && !s3.keeps_framing(&key).await;
        // Better no streaming than objects that say of themselves what is not true.
        dialect.no_trailers = !dialect.bare_chunks;
    }
    dialect
}

async fn trailer(s3: &S3, key: &Key) -> bool {
    let none = Properties::default();
    let integrity = Integrity::Trailing(Algorithm::Crc64Nvme);
    let payload = Payload::from(b"in chunks".to_vec());
    let write = Put { key, payload, properties: &none, integrity, condition: Condition::Always };
    s3.put(write).await.is_ok() && get(s3, key).await.as_deref() == Ok(b"in chunks")
}

/// Names around `/` and beyond ASCII: trees, suffixes and collations disagree with bytes on them.
const ORDER: [&str; 12] =
    ["a", "a!", "a!b", "a/b", "a/c", "a-", "a.b", "a0", "b/c", "nfc-\u{e9}", "nfc-e\u{301}", " x"];

/// Writes one of them; its key, if it was taken.
async fn ordered_name(store: &dyn Store, base: &Key, name: &str) -> Option<Key> {
    let key = below(base, format!("order/{name}").as_bytes());
    put(store, &key, name).await.is_ok().then_some(key)
}

/// Order and ranges of listings.
pub(super) async fn listing(store: &dyn Store, base: &Key, can: &mut Capabilities) {
    let written = together(ORDER.map(|name| ordered_name(store, base, name))).await;
    let expected: Vec<Key> = written.into_iter().flatten().collect();
    let prefix = below(base, b"order/");
    let found = names(store, prefix.clone()).await;
    let mut sorted = expected.clone();
    sorted.sort();
    can.ascending = found.as_ref() == Ok(&sorted);
    can.whole_pages = true;
    for page in [1, 2, 3, 5] {
        let ask = List { prefix: prefix.clone(), page: Some(page), ..List::default() };
        let mut paged: Vec<Key> = match all(store, ask).await {
            Ok(listed) => listed.into_iter().map(|e| e.key).collect(),
            Err(_) => Vec::new(),
        };
        paged.sort();
        can.whole_pages &= paged == sorted;
    }
    if !can.whole_pages {
        can.notes.push(
            "listings lose keys between pages where names hold `/` and what sorts around it: an object that is there may be taken \
             for missing, never the reverse"
                .to_owned(),
        );
    }
    let middle = below(base, b"order/a-");
    let ask = List { prefix, after: Some(middle.clone()), page: Some(2), ..List::default() };
    let ranged = all(store, ask).await.map(|l| l.into_iter().map(|e| e.key).collect::<Vec<_>>());
    let behind: Vec<Key> = sorted.into_iter().filter(|k| *k > middle).collect();
    can.key_ranges = can.ascending && ranged.is_ok_and(|r| r == behind);
    // An object and a folder of one name.
    let (file, inside) = (below(base, b"same"), below(base, b"same/inside"));
    let both = put(store, &file, "file").await.is_ok() && put(store, &inside, "inside").await.is_ok();
    let kept = both
        && get(store, &file).await.as_deref() == Ok(b"file")
        && names(store, below(base, b"same")).await.is_ok_and(|n| n.len() == 2);
    can.no_prefix_objects = !kept;
}

/// A folder for an odd key: what breaks a listing must not hide the others. Names that differ only in case or in the
/// form of a letter share one.
fn folder(base: &Key, name: &[u8]) -> Key {
    let part =
        |at: usize| name.get(at).map(u8::to_ascii_lowercase).filter(u8::is_ascii_alphanumeric).map_or('x', char::from);
    below(base, format!("keys/{}{}/", part(0), part(1)).as_bytes())
}

/// An odd key in its folder.
struct Wanted {
    shape: Option<Shape>,
    name: Key,
    folder: Key,
    key: Key,
    bytes: String,
    problem: Option<String>,
    /// What was written: a listing may not tell its name well enough to remove it.
    written: Option<Written>,
}

/// Writes every odd key, then reads and lists all.
pub(super) async fn odd_keys(store: &dyn Store, base: &Key, can: &mut Capabilities) {
    let mut wanted: Vec<Wanted> = Vec::new();
    for (n, (shape, name)) in ODD_KEYS.iter().enumerate() {
        let folder = folder(base, name);
        let (key, bytes) = (below(&folder, name), format!("odd {n}"));
        wanted.push(Wanted { shape: *shape, name: Key::from(*name), folder, key, bytes, problem: None, written: None });
    }
    // A slash at the very beginning has no room below a prefix.
    let folder = Key::new([b"/", base.as_bytes()].concat());
    let (name, key, bytes) = (Key::from("/leading"), below(&folder, b"leading"), "leading".to_owned());
    wanted.push(Wanted { shape: Some(Shape::LeadingSlash), name, folder, key, bytes, problem: None, written: None });
    let written = together(wanted.iter().map(|odd| put(store, &odd.key, &odd.bytes))).await;
    for (odd, written) in wanted.iter_mut().zip(written) {
        match written {
            Ok(written) => odd.written = Some(written),
            Err(problem) => odd.problem = Some(problem),
        }
    }
    // All are there before the first is read: one that is taken for another shows.
    let versions = can.versions;
    let look = async |odd: &Wanted| match &odd.problem {
        Some(problem) => Some(problem.clone()),
        None => found(store, odd, versions).await.err(),
    };
    let problems = together(wanted.iter().map(look)).await;
    let remove = async |odd: &Wanted| {
        let version = odd.written.as_ref().and_then(|w| w.version.as_ref()).filter(|_| versions);
        store.delete(At { version, ..At::key(&odd.key) }).await.is_ok()
    };
    together(wanted.iter().map(remove)).await;
    for (mut odd, problem) in wanted.into_iter().zip(problems) {
        odd.problem = problem;
        if let (Some(shape), true) = (odd.shape, odd.problem.is_some()) {
            can.refused.insert(shape);
        }
        can.keys.push(KeyFinding { name: odd.name, shape: odd.shape, problem: odd.problem });
    }
    can.longest_key = longest(store, base).await;
    can.longest_segment = segment(store, base).await;
}

/// The longest segment that comes back; 0 where one as long as a whole key may be does.
async fn segment(store: &dyn Store, base: &Key) -> usize {
    let whole = 1024_usize.saturating_sub(base.len());
    let holds = async |len: usize| {
        let key = below(base, "s".repeat(len).as_bytes());
        let kept = put(store, &key, "segment").await.is_ok() && get(store, &key).await.as_deref() == Ok(b"segment");
        let _ = store.delete(At::key(&key)).await;
        kept
    };
    if holds(whole).await {
        return 0;
    }
    let (mut good, mut bad) = (1, whole);
    while bad - good > 1 {
        let middle = usize::midpoint(good, bad);
        if holds(middle).await {
            good = middle;
        } else {
            bad = middle;
        }
    }
    good
}

/// Reads and lists one odd key.
async fn found(store: &dyn Store, odd: &Wanted, versions: bool) -> Result<(), String> {
    let bytes = get(store, &odd.key).await.map_err(|e| format!("is taken, and cannot be read: {e}"))?;
    if bytes != odd.bytes.as_bytes() {
        return Err("is taken for another key".to_owned());
    }
    let listed = names(store, odd.folder.clone()).await.map_err(|e| format!("cannot be listed: {e}"))?;
    if !listed.contains(&odd.key) {
        return Err("is listed under another name".to_owned());
    }
    if versions {
        let ask = List { prefix: odd.folder.clone(), versions: true, ..List::default() };
        let listed = tried(async || all(store, ask.clone()).await).await;
        let listed = listed.map_err(|e| format!("its versions cannot be listed: {e}"))?;
        if !listed.iter().any(|e| e.key == odd.key) {
            return Err("its versions are listed under another name".to_owned());
        }
    }
    Ok(())
}

/// The longest of some lengths that comes back.
async fn longest(store: &dyn Store, base: &Key) -> usize {
    for len in [1024, 1000, 512, 255] {
        let fill = "k".repeat(len - base.len().min(len));
        // Segments of ordinary length: the length of the whole is asked for.
        let fill: String =
            fill.chars().enumerate().map(|(i, c)| if i % 100 == 99 && i + 1 < fill.len() { '/' } else { c }).collect();
        let key = below(base, fill.as_bytes());
        let kept = put(store, &key, "long").await.is_ok() && get(store, &key).await.as_deref() == Ok(b"long");
        let found = kept && names(store, key.clone()).await.is_ok_and(|n| n.contains(&key));
        let _ = store.delete(At::key(&key)).await;
        if found {
            return key.len();
        }
    }
    0
}
