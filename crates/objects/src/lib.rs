//! Object stores as they are: S3 and its alikes, Azure Blob Storage, files of this machine.
//!
//! What it is for: reading, writing and listing other people's objects without changing anything about them, with errors
//! that say who can mend what, with bounded memory and limits on everything. A [`Key`] is bytes and never a path: `a//b`,
//! `./x`, `trail/` arrive as they are, or [`Limits`] and the probe say beforehand which store cannot hold which key and
//! why. [`Store`] is the one trait; `conformance` is what every store must pass.
//!
//! What it deliberately does not do: it plans nothing, retries nothing by itself ([`Retry`] is the caller's), stores no
//! state, and hides no difference between stores.
//!
//! Sources: the specifications named at the top of each module.

pub mod azure;
mod checksum;
mod clock;
pub mod conformance;
mod containers;
pub mod credentials;
mod error;
mod http;
mod key;
mod limiter;
mod limits;
mod local;
mod location;
mod memory;
mod model;
mod probe;
mod read;
mod retry;
pub mod s3;
mod several;
mod store;
mod stream;
mod tiles;
mod together;
mod xml;

pub use azure::{Azure, AzureConfig};
pub use checksum::{Algorithm, Checksum, Hasher, Scope};
pub use clock::{Clock, FixedClock, SystemClock};
pub use containers::Containers;
pub use error::{
    Answer as ServerAnswer, Cause, Class, DeleteError, ListError, ReadError, RequestError, Who, WriteError,
};
pub use http::{ConnectError, Endpoint, EndpointError, Http, HttpOptions, Tls};
pub use key::Key;
pub use limiter::{Limiter, Rates};
pub use limits::{KeyRefusal, KeyRules, Limits, MetadataRules, PartRules, Reason, Shape, TagRules};
pub use local::Local;
pub use location::{Location, LocationError, LocationKind, OpenError, Opener};
pub use memory::Memory;
pub use model::{
    ContainerFacts, Details, ETag, Entry, Headers, Hold, Kind, OpenUpload, PartDone, Properties, UploadId, Version,
    Written,
};
pub use probe::{Capabilities, KeyFinding, ODD_KEYS, ProbeError, probe};
pub use retry::{Chance, Classed, Retry, RetryPolicy, Seeded};
pub use s3::{BodySigning, Dialect, Plus, S3, S3Config, Style};
pub use several::SeveralError;
pub use store::{Answer, At, Begin, Complete, Condition, Cursor, Get, Got, Integrity, List, Page, Part, Put, Store};
pub use stream::{ByteStream, Payload};
pub use tiles::{Tile, TileError, Tiles};
