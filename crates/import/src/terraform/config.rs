//! The configuration part of a plan: which provider block a resource uses, and what an expression refers to.
//!
//! What it is for: region, project and subscription of a provider block where the resource itself has none, and keys
//! and parents that get their id only when the plan is applied.
//!
//! What it deliberately does not do: evaluate expressions. A constant, a variable with a value, a reference passed
//! through modules; anything else is unknown. Credentials in provider blocks are not read.
//!
//! Source: `HashiCorp` "JSON Output Format" 1.2, configuration representation (2024).

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde_json::value::RawValue;

use super::{
    document::{ConfigModule, ConfigResource, Document, ModuleCall, ProviderConfig, Variable},
    row::Row,
    text::{Node, Text},
};

/// Longest chain of variables and outputs that is followed.
const HOPS: usize = 16;

/// Where a provider block works.
#[derive(Clone, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(super) struct Defaults {
    /// Region.
    pub(super) region: Option<String>,
    /// Zone.
    pub(super) zone: Option<String>,
    /// Project or subscription.
    pub(super) account: Option<String>,
    /// The block names its own endpoints: it may talk to something else.
    pub(super) own_endpoints: bool,
}

/// A resource block: module path without keys, `type.name`.
pub(super) type Block = (String, String);

/// Index of the configuration.
#[derive(Debug, Default)]
pub(super) struct Config<'d> {
    modules: FxHashMap<String, &'d ConfigModule<'d>>,
    calls: FxHashMap<String, &'d ModuleCall<'d>>,
    resources: FxHashMap<String, FxHashMap<&'d str, &'d ConfigResource<'d>>>,
    providers: Vec<(&'d str, &'d ProviderConfig<'d>, Defaults)>,
    variables: FxHashMap<&'d str, &'d Variable<'d>>,
}

impl<'d> Config<'d> {
    /// Indexes a plan.
    pub(super) fn new(document: &'d Document<'d>) -> Self {
        let mut config = Self::default();
        for (name, variable) in document.variables.iter().flatten() {
            config.variables.insert(name.str(), variable);
        }
        let Some(configuration) = &document.configuration else { return config };
        if let Some(root) = &configuration.root_module {
            config.add_module(String::new(), root);
        }
        for (key, provider) in configuration.provider_config.iter().flatten() {
            let defaults = config.defaults_of(provider);
            config.providers.push((key.str(), provider, defaults));
        }
        config
    }

    fn add_module(&mut self, path: String, module: &'d ConfigModule<'d>) {
        let blocks = module.resources.iter().flatten().map(|r| (r.address.str(), r)).collect();
        self.resources.insert(path.clone(), blocks);
        for (name, call) in module.module_calls.iter().flatten() {
            let child = join(&path, name.str());
            self.calls.insert(child.clone(), call);
            if let Some(module) = &call.module {
                self.add_module(child, module);
            }
        }
        self.modules.insert(path, module);
    }

    fn defaults_of(&self, provider: &ProviderConfig<'_>) -> Defaults {
        let Some(e) = &provider.expressions else { return Defaults::default() };
        let module = module_path(provider.module_address.str());
        let read = |raw: Option<&RawValue>| raw.and_then(|r| self.value(&module, r, 0));
        Defaults {
            region: read(e.region).or_else(|| read(e.default_region)),
            zone: read(e.zone),
            account: read(e.project).or_else(|| read(e.subscription_id)).or_else(|| read(e.project_id)),
            own_endpoints: e.endpoints.is_some(),
        }
    }

    /// The block of a row.
    fn resource(&self, row: &Row<'_>) -> Option<&'d ConfigResource<'d>> {
        self.resources.get(row.module.as_ref())?.get(row.block().as_str()).copied()
    }

    /// Defaults of the provider block that a row uses; `None` where the file does not decide between several.
    pub(super) fn defaults(&self, row: &Row<'_>) -> Option<&Defaults> {
        let key = self.resource(row)?.provider_config_key.str();
        let own = if row.module.is_empty() { None } else { Some(format!("{}:", row.module)) };
        let local = key.rsplit(':').next().unwrap_or(key);
        let exact = |k: &str| self.providers.iter().find(|(name, p, _)| *name == k && p.expressions.is_some());
        let found = match own {
            // Before 1.1 the key of a resource in a module names the last module only; the block has the full path.
            Some(own) => exact(&format!("{own}{local}"))
                .or_else(|| exact(key).filter(|_| key == local || key.starts_with("module."))),
            None => exact(key),
        };
        if let Some((_, _, defaults)) = found {
            return Some(defaults);
        }
        // A module without its own block inherits one, and old plans do not say which: only where all agree.
        let name = local.split('.').next().unwrap_or(local);
        let mut all = self
            .providers
            .iter()
            .filter(|(k, p, _)| p.name.str() == name && (p.expressions.is_some() || !k.contains(':')));
        let first = all.next().map(|(_, _, d)| d)?;
        all.all(|(_, _, d)| d == first).then_some(first)
    }

    /// True when any provider block names its own endpoints.
    pub(super) fn own_endpoints(&self) -> bool {
        self.providers.iter().any(|(_, _, d)| d.own_endpoints)
    }

    /// Text of an expression: a constant, or a variable that has a value.
    fn value(&self, module: &str, raw: &RawValue, hops: usize) -> Option<String> {
        let node: Node<'_> = serde_json::from_str(raw.get()).ok()?;
        if let Some(constant) = node.get("constant_value") {
            return constant.text().map(str::to_owned);
        }
        let references = node.get("references")?.elements();
        // The longest reference comes first: `var.place.region`, then `var.place`.
        let first = references.first()?.text()?;
        if references.iter().any(|r| r.text().is_none_or(|r| !first.starts_with(r))) {
            return None;
        }
        self.variable(module, first.strip_prefix("var.")?, hops)
    }

    fn variable(&self, module: &str, path: &str, hops: usize) -> Option<String> {
        if hops > HOPS {
            return None;
        }
        let (name, rest) = path.split_once('.').unwrap_or((path, ""));
        if module.is_empty() {
            let variable = self.variables.get(name)?;
            let declared = self.modules.get("").and_then(|m| find(m.variables.as_ref(), name));
            if [Some(*variable), declared].iter().flatten().any(|v| v.sensitive.str() == "true") {
                return None;
            }
            return read(variable.value?, rest);
        }
        let call = self.calls.get(module)?;
        if let Some((_, raw)) = call.expressions.iter().flatten().find(|(k, _)| k.str() == name) {
            return if rest.is_empty() { self.value(parent(module), raw, hops + 1) } else { None };
        }
        let declared = self.modules.get(module).and_then(|m| find(m.variables.as_ref(), name))?;
        read(declared.fallback?, rest)
    }

    /// Members of a row's expressions whose name is in `names`, at any depth, with the blocks they refer to. What also
    /// depends on a variable or a local that leads to no block is left out: it may turn out to be nothing.
    pub(super) fn references(&self, row: &Row<'_>, names: &dyn Fn(&str) -> bool) -> Vec<(String, Vec<Block>)> {
        let Some(raw) = self.resource(row).and_then(|r| r.expressions) else { return Vec::new() };
        let Ok(node) = serde_json::from_str::<Node<'_>>(raw.get()) else { return Vec::new() };
        let mut found = Vec::new();
        node.each(&mut |name, value| {
            if names(name) {
                let list = value.get("references").map(Node::elements).unwrap_or_default();
                let mut blocks = Vec::new();
                let certain = list.iter().filter_map(Node::text).all(|r| self.follow(&row.module, r, 0, &mut blocks));
                blocks.sort();
                blocks.dedup();
                if certain && !blocks.is_empty() {
                    found.push((name.to_owned(), blocks));
                }
            }
        });
        found
    }

    /// Adds the block that a reference leads to. False where it leads to none.
    fn follow(&self, module: &str, reference: &str, hops: usize, blocks: &mut Vec<Block>) -> bool {
        if hops > HOPS {
            return false;
        }
        let (first, rest) = reference.split_once('.').unwrap_or((reference, ""));
        match first {
            "var" => {
                let call = self.calls.get(module).and_then(|c| c.expressions.as_ref());
                let passed = call.into_iter().flatten().find(|(k, _)| k.str() == plain_name(rest));
                passed.is_some_and(|(_, raw)| self.follow_all(parent(module), raw, hops, blocks))
            }
            "module" => {
                let child = join(module, plain_name(rest));
                // `module.kms` beside `module.kms.key_arn` names the call, not an output.
                let Some((_, output)) = rest.split_once('.') else { return true };
                let outputs = self.modules.get(&child).and_then(|m| m.outputs.as_ref());
                let raw = find(outputs, plain_name(output)).and_then(|o| o.expression);
                raw.is_some_and(|raw| self.follow_all(&child, raw, hops, blocks))
            }
            "local" | "terraform" | "self" | "path" => false,
            "each" | "count" => true,
            "data" => {
                let (kind, name) = rest.split_once('.').unwrap_or((rest, ""));
                blocks.push((module.to_owned(), format!("data.{kind}.{}", plain_name(name))));
                true
            }
            kind => {
                blocks.push((module.to_owned(), format!("{kind}.{}", plain_name(rest))));
                true
            }
        }
    }

    fn follow_all(&self, module: &str, raw: &RawValue, hops: usize, blocks: &mut Vec<Block>) -> bool {
        let Ok(node) = serde_json::from_str::<Node<'_>>(raw.get()) else { return false };
        let list = node.get("references").map(Node::elements).unwrap_or_default();
        !list.is_empty() && list.iter().filter_map(Node::text).all(|r| self.follow(module, r, hops + 1, blocks))
    }
}

fn plain_name(rest: &str) -> &str {
    rest.split(['.', '[']).next().unwrap_or(rest)
}

fn find<'m, T>(map: Option<&'m BTreeMap<Text<'_>, T>>, name: &str) -> Option<&'m T> {
    map?.iter().find(|(k, _)| k.str() == name).map(|(_, v)| v)
}

fn read(raw: &RawValue, rest: &str) -> Option<String> {
    let node: Node<'_> = serde_json::from_str(raw.get()).ok()?;
    node.path(rest)?.text().map(str::to_owned)
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { format!("module.{name}") } else { format!("{path}.module.{name}") }
}

fn parent(path: &str) -> &str {
    path.rsplit_once(".module.").map_or("", |(p, _)| p)
}

/// `module_address` of a provider block: `module.a.module.b`; before 0.13 just `a` or `a.b`.
fn module_path(address: &str) -> String {
    if address.is_empty() || address.starts_with("module.") {
        return address.to_owned();
    }
    address.split('.').fold(String::new(), |path, name| join(&path, name))
}
