//! From the fields of a row to an entry.
//!
//! Columns go by their names, written alike: `LastModifiedDate`, `last_modified_date` and `Last-Modified` differ between formats of
//! one provider.

use flagstate_objects::{Details, ETag, Entry, Hold, Key, Kind, Version};

use crate::{InventoryError, ListedFile, Manifest, Taker, Wish, Writer, manifest::Format, value::Value};

/// Columns that are used, in the writing of [`plain`].
#[derive(Clone, Copy, Debug)]
#[repr(usize)]
enum Column {
    Container,
    Key,
    VersionId,
    Snapshot,
    Current,
    DeleteMarker,
    Deleted,
    Folder,
    Size,
    Modified,
    ETag,
    Class,
    Kind,
    Created,
    Encryption,
    LockMode,
    LockUntil,
    LegalHold,
    Leased,
    Owner,
    Group,
    Permissions,
    Acl,
}

/// What each column is called: by S3 (CSV, and ORC or Parquet), and by Azure.
const NAMES: [(Column, &[&str]); 23] = [
    (Column::Container, &["bucket"]),
    (Column::Key, &["key", "name"]),
    (Column::VersionId, &["versionid"]),
    (Column::Snapshot, &["snapshot"]),
    (Column::Current, &["islatest", "iscurrentversion"]),
    (Column::DeleteMarker, &["isdeletemarker"]),
    (Column::Deleted, &["deleted"]),
    (Column::Folder, &["hdiisfolder"]),
    (Column::Size, &["size", "contentlength"]),
    (Column::Modified, &["lastmodifieddate", "lastmodified"]),
    (Column::ETag, &["etag"]),
    (Column::Class, &["storageclass", "accesstier"]),
    (Column::Kind, &["blobtype"]),
    (Column::Created, &["creationtime"]),
    (Column::Encryption, &["encryptionstatus", "encryptionscope"]),
    (Column::LockMode, &["objectlockmode", "immutabilitypolicymode"]),
    (Column::LockUntil, &["objectlockretainuntildate", "immutabilitypolicyuntildate"]),
    (Column::LegalHold, &["objectlocklegalholdstatus", "legalhold"]),
    (Column::Leased, &["leasestatus"]),
    (Column::Owner, &["owner"]),
    (Column::Group, &["group"]),
    (Column::Permissions, &["permissions"]),
    (Column::Acl, &["acl"]),
];

/// A name without what formats write differently.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// Takes rows of a file and hands on entries.
pub(crate) struct Rows<'a, 'b> {
    file: &'a ListedFile,
    manifest: &'a Manifest,
    wish: &'a Wish,
    take: &'a mut Taker<'b>,
    places: [Option<usize>; NAMES.len()],
    count: u64,
}

impl<'a, 'b> Rows<'a, 'b> {
    pub(crate) fn new(file: &'a ListedFile, manifest: &'a Manifest, wish: &'a Wish, take: &'a mut Taker<'b>) -> Self {
        Self { file, manifest, wish, take, places: [None; NAMES.len()], count: 0 }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    /// The columns, before the first row. Refuses files that lack what a move needs.
    pub(crate) fn columns<'n>(&mut self, names: impl Iterator<Item = &'n str>) -> Result<(), InventoryError> {
        self.places = [None; NAMES.len()];
        for (index, name) in names.enumerate() {
            let name = plain(name);
            let known = NAMES.iter().find(|(_, all)| all.contains(&name.as_str()));
            if let Some(place) = known.and_then(|(c, _)| self.places.get_mut(*c as usize)) {
                place.get_or_insert(index);
            }
        }
        let azure = self.manifest.writer == Writer::Azure;
        let key = if azure { "Name" } else { "Key" };
        self.need(Column::Key, key, "which names the object")?;
        let size = if azure { "Content-Length" } else { "Size" };
        self.need(Column::Size, size, "which the plan counts")?;
        let etag = if azure { "Etag" } else { "ETag" };
        self.need(Column::ETag, etag, "without which a change since the inventory was made would go unseen")?;
        if self.wish.versions && self.place(Column::Snapshot).is_none() {
            self.need(Column::VersionId, "VersionId", "and all versions are to move")?;
        }
        // Whoever lists versions without saying which is current lists every object several times.
        if self.place(Column::VersionId).is_some() {
            let name = if azure { "IsCurrentVersion" } else { "IsLatest" };
            self.need(Column::Current, name, "and it lists versions")?;
        }
        Ok(())
    }

    fn need(&self, column: Column, field: &'static str, why: &'static str) -> Result<(), InventoryError> {
        match self.place(column) {
            Some(_) => Ok(()),
            None => Err(InventoryError::NoField { file: self.file.key.clone(), field, why }),
        }
    }

    fn place(&self, column: Column) -> Option<usize> {
        self.places.get(column as usize).copied().flatten()
    }

    fn field<'v>(&self, values: &'v [Value], column: Column) -> &'v Value {
        const NOTHING: &Value = &Value::Nothing;
        self.place(column).and_then(|at| values.get(at)).unwrap_or(NOTHING)
    }

    /// One row.
    pub(crate) fn row(&mut self, values: &[Value]) -> Result<(), InventoryError> {
        self.count += 1;
        let entry = match self.manifest.writer {
            Writer::S3 => self.s3(values)?,
            Writer::Azure => self.azure(values)?,
        };
        let Some(entry) = entry.filter(|e| e.key.as_bytes().starts_with(self.wish.prefix.as_bytes())) else {
            return Ok(());
        };
        if !self.wish.versions && (!entry.current || entry.kind == Kind::DeleteMarker) {
            return Ok(());
        }
        (self.take)(entry).map_err(InventoryError::Taker)
    }

    pub(crate) fn wrong(&self, what: String) -> InventoryError {
        InventoryError::Row { file: self.file.key.clone(), row: self.count, what }
    }

    fn s3(&self, values: &[Value]) -> Result<Option<Entry>, InventoryError> {
        let wrong = |what| self.wrong(what);
        if let Some(found) = self.field(values, Column::Container).text().filter(|b| *b != self.wish.container) {
            return Err(InventoryError::OtherContainer {
                file: self.file.key.clone(),
                found: found.to_owned(),
                wanted: self.wish.container.clone(),
            });
        }
        let name = self.field(values, Column::Key).text().ok_or_else(|| wrong("it has no key".to_owned()))?;
        let key = if self.manifest.format == Format::Csv {
            decoded(name).ok_or_else(|| wrong("its key has a broken escape".to_owned()))?
        } else {
            Key::from(name)
        };
        let marker = self.flag(values, Column::DeleteMarker)?.unwrap_or(false);
        let versions = self.place(Column::VersionId).is_some();
        let version = self.field(values, Column::VersionId).text().unwrap_or("null");
        let mut entry = Entry {
            key,
            version: (versions && self.wish.versions).then(|| Version::Id(version.to_owned())),
            current: self.flag(values, Column::Current)?.unwrap_or(true),
            kind: if marker { Kind::DeleteMarker } else { Kind::Object },
            ..self.common(values, marker)?
        };
        let mode = self.field(values, Column::LockMode).text().map(str::to_owned);
        let legal = self.field(values, Column::LegalHold).text().is_some_and(|t| t.eq_ignore_ascii_case("on"));
        self.details(values, &mut entry, mode, legal)?;
        Ok(Some(entry))
    }

    fn azure(&self, values: &[Value]) -> Result<Option<Entry>, InventoryError> {
        let wrong = |what| self.wrong(what);
        let name = self.field(values, Column::Key).text().ok_or_else(|| wrong("it has no name".to_owned()))?;
        // An account's inventory lists all its containers: what is moved is one of them.
        let Some((container, name)) = name.split_once('/') else {
            return Err(wrong("its name does not begin with a container".to_owned()));
        };
        let deleted = self.flag(values, Column::Deleted)?.unwrap_or(false);
        if container != self.wish.container || deleted {
            return Ok(None);
        }
        let snapshot = self.field(values, Column::Snapshot);
        let snapshot = match snapshot {
            Value::Time(time) => Some(time.to_string()),
            other => other.text().map(str::to_owned),
        };
        let id = self.field(values, Column::VersionId).text();
        let version = snapshot.clone().map(Version::Snapshot).or_else(|| id.map(|id| Version::Id(id.to_owned())));
        let current = match self.flag(values, Column::Current)? {
            Some(current) => current && snapshot.is_none(),
            // Blobs from before versioning have no version and are current.
            None => snapshot.is_none() && id.is_none(),
        };
        let folder = self.flag(values, Column::Folder)?.unwrap_or(false);
        let kind = match self.field(values, Column::Kind).text() {
            _ if folder => Kind::Directory,
            None | Some("BlockBlob") => Kind::Object,
            Some("AppendBlob") => Kind::AppendBlob,
            Some("PageBlob") => Kind::PageBlob,
            Some(other) => return Err(wrong(format!("`{}` is no type of blob", crate::value::shown(other)))),
        };
        let mut entry = Entry {
            key: Key::from(name),
            version: version.filter(|_| self.wish.versions),
            current,
            kind,
            ..self.common(values, folder)?
        };
        let mode = self.field(values, Column::LockMode).text().map(str::to_owned);
        let legal = self.flag(values, Column::LegalHold)?.unwrap_or(false);
        self.details(values, &mut entry, mode, legal)?;
        Ok(Some(entry))
    }

    /// What both providers list. Markers and folders have no size.
    fn common(&self, values: &[Value], empty: bool) -> Result<Entry, InventoryError> {
        let size = self.field(values, Column::Size).number().map_err(|e| self.wrong(e))?;
        let etag = self.field(values, Column::ETag).text().map(ETag::new);
        if !empty && (size.is_none() || etag.is_none()) {
            return Err(self.wrong("it has no size or no ETag".to_owned()));
        }
        Ok(Entry {
            size: size.unwrap_or(0),
            etag,
            modified: self.field(values, Column::Modified).time().map_err(|e| self.wrong(e))?,
            class: self.field(values, Column::Class).text().map(str::to_owned),
            ..Entry::default()
        })
    }

    /// What only some inventories have; nothing is boxed where there is nothing to say.
    fn details(
        &self,
        values: &[Value],
        entry: &mut Entry,
        mode: Option<String>,
        legal: bool,
    ) -> Result<(), InventoryError> {
        let time = |column| self.field(values, column).time().map_err(|e| self.wrong(e));
        let text = |column| self.field(values, column).text().map(str::to_owned);
        let posix: Vec<String> = [Column::Owner, Column::Group, Column::Permissions, Column::Acl]
            .into_iter()
            .zip(["owner", "group", "permissions", "acl"])
            .filter_map(|(column, name)| Some(format!("{name}={}", text(column)?)))
            .collect();
        let details = Details {
            created: time(Column::Created)?,
            hold: Hold { mode, until: time(Column::LockUntil)?, legal },
            archived: entry.class.as_deref().is_some_and(|c| c == "Archive"),
            encryption: text(Column::Encryption),
            posix: (!posix.is_empty()).then(|| posix.join(" ")),
            leased: text(Column::Leased).is_some_and(|t| t.eq_ignore_ascii_case("locked")),
            ..Details::default()
        };
        if details != Details::default() {
            entry.details = Some(Box::new(details));
        }
        Ok(())
    }

    fn flag(&self, values: &[Value], column: Column) -> Result<Option<bool>, InventoryError> {
        self.field(values, column).flag().map_err(|e| self.wrong(e))
    }
}

/// A key of S3's CSV: encoded as forms are.
fn decoded(text: &str) -> Option<Key> {
    // Every escape of a key's own notation is one of forms, too; only `+` differs.
    Key::from_escaped(&text.replace('+', "%20"))
}
