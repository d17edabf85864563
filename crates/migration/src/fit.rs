//! What of an object's properties a target can hold, and the names of what it cannot.
//!
//! What it is for: nothing is dropped in silence. What does not fit has a name; somebody accepts that name, or the object
//! does not move.

use flagstate_evidence::hex::Digest;
use flagstate_objects::{Capabilities, Details, Hold, Limits, Properties};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A kind of thing that a target cannot express.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// Keys that the target cannot hold: these objects stay behind.
    Keys,
    /// Objects that are larger than the target takes: these stay behind.
    Size,
    /// States before the current one.
    Versions,
    /// Snapshots.
    Snapshots,
    /// Marks that hide older versions.
    DeleteMarkers,
    /// Tags that do not fit.
    Tags,
    /// User metadata that does not fit.
    Metadata,
    /// Capitals in the names of metadata.
    MetadataCase,
    /// Retention and legal holds: to be set again at the target.
    Holds,
    /// Owner, group, permissions and access lists of a hierarchical namespace.
    PosixAcl,
    /// Access lists of single objects: others than the owner may do something.
    ObjectAcl,
    /// Directories of a hierarchical namespace: keys have none.
    Directories,
    /// Appending to append blobs.
    AppendBlobs,
    /// Random writes to page blobs.
    PageBlobs,
    /// Uploads without an end.
    Uncommitted,
    /// Deleted objects that can be had back at the source.
    SoftDeleted,
    /// Archived objects: to be restored before they can move.
    Archived,
}

impl Loss {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Keys,
        Self::Size,
        Self::Versions,
        Self::Snapshots,
        Self::DeleteMarkers,
        Self::Tags,
        Self::Metadata,
        Self::MetadataCase,
        Self::Holds,
        Self::PosixAcl,
        Self::ObjectAcl,
        Self::Directories,
        Self::AppendBlobs,
        Self::PageBlobs,
        Self::Uncommitted,
        Self::SoftDeleted,
        Self::Archived,
    ];

    /// The name that people accept.
    pub fn name(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Size => "size",
            Self::Versions => "versions",
            Self::Snapshots => "snapshots",
            Self::DeleteMarkers => "delete-markers",
            Self::Tags => "tags",
            Self::Metadata => "metadata",
            Self::MetadataCase => "metadata-case",
            Self::Holds => "holds",
            Self::PosixAcl => "posix-acl",
            Self::ObjectAcl => "object-acl",
            Self::Directories => "directories",
            Self::AppendBlobs => "append-blobs",
            Self::PageBlobs => "page-blobs",
            Self::Uncommitted => "uncommitted",
            Self::SoftDeleted => "soft-deleted",
            Self::Archived => "archived",
        }
    }

    /// The reverse.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.name() == name)
    }

    /// What it means, in a sentence.
    pub fn means(self) -> &'static str {
        match self {
            Self::Keys => "the target cannot hold these keys; the objects stay behind",
            Self::Size => "the objects are larger than the target takes; they stay behind",
            Self::Versions => "earlier versions stay behind (--versions moves them to a target that keeps versions)",
            Self::Snapshots => "snapshots stay behind (--versions moves them to a target that keeps versions)",
            Self::DeleteMarkers => "marks of deletion stay behind, with the versions that they hide",
            Self::Tags => "the target does not take these tags; the objects move without them",
            Self::Metadata => "the metadata is larger than the target takes; the objects move without it",
            Self::MetadataCase => "names of metadata arrive in lower case",
            Self::Holds => {
                "retention and legal holds are not carried over; set them again at the target (a move begun with --keep-holds does)"
            }
            Self::PosixAcl => "owners, permissions and access lists of files are not carried over",
            Self::ObjectAcl => {
                "access lists of single objects are not carried over; give the rights again at the target by a policy"
            }
            Self::Directories => "directories are not carried over; keys have none",
            Self::AppendBlobs => "append blobs become plain objects, to which nothing can be appended",
            Self::PageBlobs => "page blobs become plain objects, without random writes",
            Self::Uncommitted => "uploads that never ended stay behind",
            Self::SoftDeleted => "objects that were deleted and can still be had back stay behind",
            Self::Archived => "archived objects cannot be read; they stay behind until they are restored",
        }
    }

    /// True when whole objects stay behind.
    pub fn leaves_objects(self) -> bool {
        matches!(self, Self::Keys | Self::Size | Self::Archived | Self::Versions | Self::Snapshots | Self::SoftDeleted)
    }
}

/// What the target gets of an object's properties.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fitted {
    /// As they are written.
    pub properties: Properties,
    /// What does not fit.
    pub losses: Vec<Loss>,
    /// The object's own access list, in the source's words.
    pub acl: Option<String>,
}

impl Fitted {
    /// Notes an access list that stays behind.
    pub fn leaves_acl(&mut self, acl: Option<String>) {
        self.losses.extend(acl.is_some().then_some(Loss::ObjectAcl));
        self.acl = acl;
    }
}

/// Cuts properties to what the target takes. With `keep`, which is now, protection that is in force is written too, where
/// the target locks objects.
pub fn fit(
    mut properties: Properties,
    details: Option<&Details>,
    limits: &Limits,
    can: &Capabilities,
    keep: Option<Timestamp>,
) -> Fitted {
    let mut losses = Vec::new();
    // Classes have other names and prices elsewhere: the target's default, unless somebody says otherwise.
    properties.class = None;
    let rules = &limits.tags;
    let chars = |text: &str, most: usize| text.chars().count() <= most;
    let fits = properties.tags.iter().all(|(n, v)| chars(n, rules.key_chars) && chars(v, rules.value_chars));
    if !properties.tags.is_empty() && (!can.tags || properties.tags.len() > rules.max || !fits) {
        properties.tags.clear();
        losses.push(Loss::Tags);
    }
    let bytes: usize = properties.metadata.iter().map(|(n, v)| n.len() + v.len()).sum();
    if bytes > limits.metadata.max_bytes {
        properties.metadata.clear();
        losses.push(Loss::Metadata);
    }
    let capitals = |n: &String| n.bytes().any(|b| b.is_ascii_uppercase());
    if limits.metadata.lower_case && properties.metadata.keys().any(capitals) {
        let lower = properties.metadata.into_iter().map(|(n, v)| (n.to_ascii_lowercase(), v));
        properties.metadata = lower.collect();
        losses.push(Loss::MetadataCase);
    }
    if let Some(details) = details {
        match held(&details.hold, keep.filter(|_| can.container.object_lock == Some(true))) {
            Ok(hold) => properties.hold = hold,
            Err(loss) => losses.push(loss),
        }
        if details.posix.is_some() {
            losses.push(Loss::PosixAcl);
        }
    }
    Fitted { properties, losses, acl: None }
}

/// The protection to write, in the words of S3. A date that has passed protects nothing.
fn held(hold: &Hold, keep: Option<Timestamp>) -> Result<Option<Hold>, Loss> {
    let Some(now) = keep else {
        return if hold.legal || hold.mode.is_some() { Err(Loss::Holds) } else { Ok(None) };
    };
    let ended = hold.until.is_some_and(|until| until <= now);
    let mode = match hold.mode.as_deref().filter(|_| !ended).map(str::to_ascii_lowercase).as_deref() {
        None => None,
        // Azure's policy that an administrator may still shorten, and the one that nobody may.
        Some("governance" | "unlocked") if hold.until.is_some() => Some("GOVERNANCE".to_owned()),
        Some("compliance" | "locked") if hold.until.is_some() => Some("COMPLIANCE".to_owned()),
        Some(_) => return Err(Loss::Holds),
    };
    if mode.is_none() && !hold.legal {
        return Ok(None);
    }
    Ok(Some(Hold { until: hold.until.filter(|_| mode.is_some()), mode, legal: hold.legal }))
}

/// Whether what was found protects no less than what was wanted, both in the words of S3.
pub fn protects(found: &Hold, wanted: &Hold) -> bool {
    let stronger = found.mode.as_deref() == Some("COMPLIANCE") && wanted.mode.as_deref() == Some("GOVERNANCE");
    let strong = wanted.mode.is_none() || found.mode == wanted.mode || stronger;
    // Stores keep whole seconds.
    let long = match (wanted.until, found.until) {
        (Some(wanted), Some(found)) => found.as_second() >= wanted.as_second(),
        (wanted, _) => wanted.is_none(),
    };
    strong && long && (found.legal || !wanted.legal)
}

/// The digest of headers, metadata and tags: what the manifest says of them.
pub fn digest(properties: &Properties) -> Option<Digest> {
    let empty = properties.metadata.is_empty() && properties.tags.is_empty();
    if empty && properties.headers.fields().iter().all(|(_, v)| v.is_none()) {
        return None;
    }
    let plain = Properties { class: None, hold: None, ..properties.clone() };
    flagstate_evidence::jcs::to_vec(&plain).ok().map(|bytes| Digest::of(&bytes))
}

#[cfg(test)]
mod tests;
