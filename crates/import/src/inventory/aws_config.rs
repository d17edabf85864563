//! AWS Config: snapshots and history files, `GetResourceConfigHistory`, `BatchGetResourceConfig`, `SelectResourceConfig`.
//!
//! What it is for: every configuration item or query result is one row. Of several items of one resource the latest
//! counts; a resource whose latest item says that it was deleted is left out. `configuration` is an object in files and
//! a text of JSON in answers of the interface; both are read.
//!
//! What it deliberately does not do: it keeps nothing of `configuration` but what decides the verdict; it does not take
//! a query result that selects no ARN for more than it says.
//!
//! Spec: AWS Config Developer Guide, "Example configuration snapshot" and "Querying AWS resources" (2025-11);
//! configuration item schema 1.3.

use flagstate_estate::{EstateBuilder, InputRef, Rank};
use serde_json::Value;

use super::{
    aws::{self, Whose},
    collect::{Collector, Pending},
    field::{dig_text, first, scalar, tags, text},
    json::{self, Object, Records},
    pages::Pages,
};
use crate::{Context, Format, ImportError, Input, Resolver};

/// Reads the file into the builder.
pub(crate) fn read(input: &Input, context: &Context<'_>, builder: &mut EstateBuilder) -> Result<(), ImportError> {
    let to = builder.open_input(&input.display(), &Format::AwsConfig.to_string(), Rank::Inventory);
    let mut sink = Config {
        resolver: Resolver::new(context.services),
        builder,
        to,
        all: Collector::default(),
        pages: Pages::default(),
        unreadable: 0,
    };
    json::read(input, context, &mut sink)?;
    let Config { builder, all, pages, unreadable, .. } = sink;
    pages.note(builder, to);
    if unreadable > 0 {
        builder
            .note(to, format!("{unreadable} configuration(s) are no JSON; region and type were read, keys were not"));
    }
    let unsaid = all.finish(builder, to, &aws::unlisted);
    if unsaid > 0 {
        builder.note(
            to,
            format!(
                "{unsaid} resource(s) name a KMS key that the file does not list: whether AWS manages it is not said"
            ),
        );
    }
    Ok(())
}

struct Config<'a> {
    resolver: Resolver<'a>,
    builder: &'a mut EstateBuilder,
    to: InputRef,
    all: Collector,
    pages: Pages,
    unreadable: u64,
}

impl Records for Config<'_> {
    const INSIDE: &'static [&'static str] =
        &["configurationItems", "baseConfigurationItems", "Results", "data", "configurationItem"];

    fn record(&mut self, mut record: Object) {
        let configuration = self.open(&mut record, "configuration");
        let supplement = record.remove("supplementaryConfiguration").unwrap_or_default();
        let arn = first(&record, &["arn", "ARN"]).or_else(|| own_arn(&configuration));
        let id = text(&record, "resourceId");
        if arn.is_none() && id.is_none() {
            self.builder.ignore(self.to, "row without ARN and resource id", 1);
            return;
        }
        let type_name = text(&record, "resourceType").map(str::to_owned);
        let whose = Whose {
            arn,
            id,
            region: text(&record, "awsRegion"),
            account: first(&record, &["accountId", "awsAccountId"]),
            type_name: type_name.clone(),
        };
        let mut o = aws::observe(self.resolver, &whose, &configuration);
        o.tags = tags(record.get("tags")).into();
        o.name = first(&record, &["resourceName"]).map(str::to_owned).or_else(|| o.tags.get("Name").cloned());
        o.name = o.name.or_else(|| id.map(str::to_owned));
        self.remember_key(type_name.as_deref(), &configuration, id);
        let keys = match type_name.as_deref() {
            Some("AWS::KMS::Key") => {
                o.custody = aws::key_custody(&configuration);
                Vec::new()
            }
            t => aws::encryption(t, &configuration, &supplement).unwrap_or_else(|custody| {
                o.custody = Some(custody);
                Vec::new()
            }),
        };
        let Some(key) = o.keys.first().cloned() else {
            self.builder.ignore(self.to, "row without ARN and resource id", 1);
            return;
        };
        let status = text(&record, "configurationItemStatus").unwrap_or_default();
        let gone =
            status.eq_ignore_ascii_case("ResourceDeleted") || status.eq_ignore_ascii_case("ResourceDeletedNotRecorded");
        let time = record.get("configurationItemCaptureTime").and_then(moment);
        self.all.add(key, time, (!gone).then_some(Pending { observation: o, keys }));
    }

    fn text(&mut self, text: &str) {
        match serde_json::from_str::<Value>(text) {
            Ok(Value::Object(record)) => self.record(record),
            _ => self.odd(),
        }
    }

    fn odd(&mut self) {
        self.builder.ignore(self.to, "row is not a configuration item", 1);
    }

    fn envelope(&mut self, beside: &Object, records: u64) {
        self.pages.tokens(beside, records);
        let left = beside.get("unprocessedResourceKeys").and_then(Value::as_array);
        if left.is_some_and(|keys| !keys.is_empty()) {
            self.pages.missing();
        }
    }
}

impl Config<'_> {
    /// A field that is an object, or JSON in a text.
    fn open(&mut self, record: &mut Object, field: &str) -> Value {
        match record.remove(field) {
            Some(Value::String(text)) if text.trim().is_empty() => Value::Null,
            Some(Value::String(text)) => serde_json::from_str(&text).unwrap_or_else(|_| {
                self.unreadable += 1;
                Value::Null
            }),
            Some(value) => value,
            None => Value::Null,
        }
    }

    /// Remembers what a key's own record, or an alias, says.
    fn remember_key(&mut self, type_name: Option<&str>, configuration: &Value, id: Option<&str>) {
        match type_name {
            Some("AWS::KMS::Key") => {
                let key = dig_text(configuration, "keyId").or(id).map(aws::key_name);
                if let (Some(key), Some(custody)) = (key, aws::key_custody(configuration)) {
                    self.all.hold_key(&key, custody);
                }
            }
            Some("AWS::KMS::Alias") => {
                if let (Some(alias), Some(key)) =
                    (dig_text(configuration, "aliasName").or(id), dig_text(configuration, "targetKeyId"))
                {
                    self.all.name_key(&aws::key_name(alias), &aws::key_name(key));
                }
            }
            _ => {}
        }
    }
}

/// The resource's own ARN inside its configuration: the field `arn`, or `<kind>Arn` where the configuration's own
/// identifier or name of that kind is the end of it.
fn own_arn(configuration: &Value) -> Option<&str> {
    if let Some(arn) = dig_text(configuration, "arn").filter(|a| a.starts_with("arn:")) {
        return Some(arn);
    }
    let map = configuration.as_object()?;
    let mut own = map.iter().filter_map(|(key, value)| {
        let arn = value.as_str().filter(|v| v.starts_with("arn:"))?;
        let kind = key.strip_suffix("Arn").or_else(|| key.strip_suffix("ARN"))?;
        let tail = arn.rsplit([':', '/']).next()?;
        let proven = ["identifier", "name", "id"]
            .iter()
            .any(|what| dig_text(configuration, &format!("{kind}{what}")).is_some_and(|v| v == tail));
        proven.then_some(arn)
    });
    let found = own.next()?;
    own.next().is_none().then_some(found)
}

/// A time as microseconds: RFC 3339, seconds since 1970, or the parts that recorded calls write.
fn moment(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond),
        Value::Number(n) => {
            let text = n.to_string();
            let seconds = text.split('.').next()?.parse::<i64>().ok()?;
            seconds.checked_mul(1_000_000)
        }
        Value::Object(parts) => {
            let part = |name: &str| parts.get(name).and_then(scalar)?.parse::<i64>().ok();
            let small = |name: &str| part(name).and_then(|v| i8::try_from(v).ok());
            let (year, micros) = (i16::try_from(part("year")?).ok()?, part("microsecond").unwrap_or(0));
            let at = jiff::civil::DateTime::new(
                year,
                small("month")?,
                small("day")?,
                small("hour").unwrap_or(0),
                small("minute").unwrap_or(0),
                small("second").unwrap_or(0),
                0,
            );
            let at = at.ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
            at.timestamp().as_microsecond().checked_add(micros)
        }
        _ => None,
    }
}
