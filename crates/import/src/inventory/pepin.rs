//! pepin: its own JSON of what runs at Scaleway, Outscale and Exoscale, which have no inventory of their own.
//!
//! What it is for: every element of `resources` is one row with provider, type, id and mostly a region. Types are
//! pepin's, the same for all providers; what they are is told by the Terraform type of one of them.
//!
//! What it deliberately does not do: it keeps no attributes but tags, and it leaves a missing region unknown. Whether a
//! `managed_database` is `PostgreSQL` or another is not guessed.
//!
//! Source: pepin `pepin-inventory/v1`, schema version 1 (2026-08).

use flagstate_estate::{EstateBuilder, InputRef, Observation, Rank};

use super::{
    field::{dig, kind, tags, text},
    json::{self, Object, Records},
};
use crate::{Context, Format, ImportError, Input, Resolver, identity};

/// (pepin's type, Terraform type that is the same thing).
pub(crate) const TYPES: [(&str, &str); 16] = [
    ("access_key", "scaleway_iam_api_key"),
    ("blockstorage_snapshot", "scaleway_block_snapshot"),
    ("blockstorage_volume", "scaleway_block_volume"),
    ("compute_image", "scaleway_instance_image"),
    ("compute_instance", "scaleway_instance_server"),
    ("iam_policy", "scaleway_iam_policy"),
    ("iam_role", "scaleway_iam_policy"),
    ("iam_user", "outscale_user"),
    ("kubernetes_cluster", "scaleway_k8s_cluster"),
    ("load_balancer", "scaleway_lb"),
    ("network", "scaleway_vpc"),
    ("network_peering", "outscale_net_peering"),
    ("object_storage_bucket", "scaleway_object_bucket"),
    ("security_group", "scaleway_instance_security_group"),
    ("security_group_rule", "scaleway_instance_security_group"),
    ("subnet", "scaleway_vpc_private_network"),
];

/// Reads the file into the builder.
pub(crate) fn read(input: &Input, context: &Context<'_>, builder: &mut EstateBuilder) -> Result<(), ImportError> {
    let to = builder.open_input(&input.display(), &Format::Pepin.to_string(), Rank::Inventory);
    let mut sink = Pepin { resolver: Resolver::new(context.services), builder, to };
    json::read(input, context, &mut sink)
}

struct Pepin<'a> {
    resolver: Resolver<'a>,
    builder: &'a mut EstateBuilder,
    to: InputRef,
}

impl Records for Pepin<'_> {
    const INSIDE: &'static [&'static str] = &["resources"];

    fn record(&mut self, record: Object) {
        let (Some(id), Some(type_name)) = (text(&record, "id"), text(&record, "type")) else {
            self.builder.ignore(self.to, "row without id and type", 1);
            return;
        };
        if type_name.starts_with("k8s_") || type_name.starts_with("api_access_") || type_name == "governance_provider" {
            self.builder.ignore(self.to, "setting or object inside a cluster, no resource", 1);
            return;
        }
        let stated = text(&record, "provider");
        let provider = stated.and_then(|p| self.resolver.provider(p));
        let kind_of = format!("{type_name} {}", text(&record, "region").unwrap_or_default());
        let mut o = Observation {
            keys: identity::keys_for(provider.or(stated).unwrap_or_default(), None, id, Some(kind_of.trim())),
            rows: 1,
            name: text(&record, "name").map(str::to_owned),
            tags: tags(record.get("attributes").and_then(|a| dig(a, "tags"))).into(),
            ..Observation::default()
        };
        self.resolver.place(&mut o, provider, text(&record, "region"), false);
        o.provider = o.provider.or_else(|| stated.map(str::to_owned));
        let terraform = TYPES.iter().find(|(own, _)| *own == type_name).map(|(_, t)| *t);
        let info = terraform.and_then(|t| self.resolver.services().terraform(t));
        kind(self.resolver, &mut o, info, &[], &|_| None);
        o.resource_type = Some(type_name.to_owned());
        self.builder.observe(self.to, o);
    }

    fn text(&mut self, _: &str) {
        self.odd();
    }

    fn odd(&mut self) {
        self.builder.ignore(self.to, "row is not a resource", 1);
    }

    fn envelope(&mut self, _: &Object, _: u64) {}
}
