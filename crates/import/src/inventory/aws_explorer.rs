//! AWS Resource Explorer: answers of `Search` and `ListResources`.
//!
//! What it is for: every element of `Resources` is one row, with ARN, type, region, account and tags.
//!
//! What it deliberately does not do: Resource Explorer knows nothing of keys; nothing is said of them. A search returns
//! at most 1000 resources, so an answer whose count is larger or not complete is marked INCOMPLETE.
//!
//! Spec: AWS Resource Explorer API 2022-07-28, `Search`, `ListResources`.

use flagstate_estate::{EstateBuilder, InputRef, Rank};
use serde_json::Value;

use super::{
    aws::{self, Whose},
    field::{first, tags, text},
    json::{self, Object, Records},
    pages::Pages,
};
use crate::{Context, Format, ImportError, Input, Resolver};

/// Reads the file into the builder.
pub(crate) fn read(input: &Input, context: &Context<'_>, builder: &mut EstateBuilder) -> Result<(), ImportError> {
    let to = builder.open_input(&input.display(), &Format::AwsResourceExplorer.to_string(), Rank::Inventory);
    let mut sink = Explorer { resolver: Resolver::new(context.services), builder, to, pages: Pages::default() };
    json::read(input, context, &mut sink)?;
    let Explorer { builder, pages, .. } = sink;
    pages.note(builder, to);
    Ok(())
}

struct Explorer<'a> {
    resolver: Resolver<'a>,
    builder: &'a mut EstateBuilder,
    to: InputRef,
    pages: Pages,
}

impl Records for Explorer<'_> {
    const INSIDE: &'static [&'static str] = &["Resources", "data"];

    fn record(&mut self, record: Object) {
        let Some(arn) = first(&record, &["Arn", "arn"]) else {
            self.builder.ignore(self.to, "row without an ARN", 1);
            return;
        };
        let whose = Whose {
            arn: Some(arn),
            id: None,
            type_name: text(&record, "ResourceType").map(str::to_owned),
            region: text(&record, "Region"),
            account: text(&record, "OwningAccountId"),
        };
        let mut o = aws::observe(self.resolver, &whose, &Value::Null);
        o.service = text(&record, "Service").map(str::to_owned);
        let properties = record.get("Properties").and_then(Value::as_array).into_iter().flatten();
        for property in properties.filter(|p| p.get("Name").and_then(Value::as_str) == Some("tags")) {
            o.tags.extend(tags(property.get("Data")));
        }
        let tail = arn.rsplit(['/', ':']).next().filter(|t| !t.is_empty());
        o.name = o.tags.get("Name").cloned().or_else(|| tail.map(str::to_owned));
        self.builder.observe(self.to, o);
    }

    fn text(&mut self, _: &str) {
        self.odd();
    }

    fn odd(&mut self) {
        self.builder.ignore(self.to, "row is not a resource", 1);
    }

    fn envelope(&mut self, beside: &Object, records: u64) {
        self.pages.tokens(beside, records);
        if let Some(count) = beside.get("Count") {
            if count.get("Complete") == Some(&Value::Bool(false)) {
                self.pages.missing();
            }
            self.pages.total(count.get("TotalResources").or(Some(count)).and_then(Value::as_u64));
        }
    }
}
