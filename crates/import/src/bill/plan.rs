//! Which columns of a bill matter, and where they stand in this file.
//!
//! What it is for: every bill is read the same way: the columns that decide something about a resource are picked by
//! name from the header, everything else is skipped unread. A dialect (FOCUS, CUR, Azure ...) is a table of names.
//!
//! What it deliberately does not do: read rows; judge values.

/// What a column means, in whichever bill it stands.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Field {
    /// Resource id.
    Resource,
    /// Resource name.
    ResourceName,
    /// Who makes or sells the service.
    Provider,
    /// Who sells it, where the bill separates this (FOCUS 1.3).
    Seller,
    /// On whose infrastructure it runs.
    Host,
    /// Legal entity that issues the invoice.
    Issuer,
    /// Legal entity that publishes or sells.
    Publisher,
    /// Service name.
    Service,
    /// Second name of the service.
    ServiceCode,
    /// Resource type.
    ResourceType,
    /// Region.
    Region,
    /// Second name of the region.
    RegionName,
    /// Third name of the region.
    Location,
    /// Availability zone.
    Zone,
    /// Usage type (CUR) or another place of last resort for the region.
    UsageType,
    /// Account, subscription, project.
    Account,
    /// Account that pays.
    Payer,
    /// Resource group, compartment.
    Group,
    /// Kind of charge.
    Category,
    /// Commitment that the row is about.
    Commitment,
    /// Resource to which a shared cost is allocated.
    Allocated,
    /// Tags of the allocated resource.
    AllocatedTags,
    /// Tags.
    Tags,
    /// Currency.
    Currency,
}

/// Number of [`Field`]s.
const FIELDS: usize = 24;

/// Column names of a field in order of preference, folded by [`fold`].
pub(super) type Names = (Field, &'static [&'static str]);

/// Where a slot's text comes from.
#[derive(Clone, Debug)]
pub(super) struct Slot {
    /// Column of the file.
    pub column: usize,
    /// Key, where the column holds one tag.
    pub tag: Option<String>,
}

/// The columns to read from one file. Slots `0..items` make up a resource's own name, slots `items..` what many
/// resources share; they are kept apart so that shared text is stored once.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    /// Slots.
    pub slots: Vec<Slot>,
    /// Columns that hold amounts, most wanted first.
    pub amounts: Vec<Option<usize>>,
    /// Number of columns in the header.
    pub columns: usize,
    items: usize,
    by_field: [Option<u16>; FIELDS],
}

/// Slots that name the resource itself.
pub(super) const ITEM_FIELDS: [Field; 4] =
    [Field::Resource, Field::ResourceName, Field::Allocated, Field::AllocatedTags];

impl Plan {
    /// Picks columns by name. `tag` gives the key when a column holds one tag.
    pub(super) fn new(
        header: &[String],
        names: &[Names],
        amounts: &[&[&str]],
        tag: &dyn Fn(&str) -> Option<String>,
    ) -> Self {
        let folded: Vec<String> = header.iter().map(|h| fold(h)).collect();
        let find = |wanted: &[&str]| wanted.iter().find_map(|w| folded.iter().position(|f| f == w));
        let mut plan = Self {
            slots: Vec::new(),
            amounts: amounts.iter().map(|a| find(a)).collect(),
            columns: header.len(),
            items: 0,
            by_field: [None; FIELDS],
        };
        let is_item = |f: Field| ITEM_FIELDS.contains(&f);
        for item in [true, false] {
            for (field, wanted) in names.iter().filter(|(f, _)| is_item(*f) == item) {
                if let (Some(column), Some(entry)) = (find(wanted), plan.by_field.get_mut(*field as usize)) {
                    *entry = u16::try_from(plan.slots.len()).ok();
                    plan.slots.push(Slot { column, tag: None });
                    plan.items += usize::from(item);
                }
            }
        }
        for (column, name) in header.iter().enumerate() {
            if let Some(tag) = tag(name) {
                plan.slots.push(Slot { column, tag: Some(tag) });
            }
        }
        plan
    }

    /// Number of leading slots that name the resource itself.
    pub(super) const fn items(&self) -> usize {
        self.items
    }

    /// Slot of a field.
    pub(super) fn slot(&self, field: Field) -> Option<usize> {
        self.by_field.get(field as usize).copied().flatten().map(usize::from)
    }
}

/// How column names are compared: the English name in the last parentheses if there is one, without case, blanks,
/// `/`, `_` and `:`.
pub(super) fn fold(name: &str) -> String {
    let name = name.trim().trim_start_matches('\u{feff}');
    let inner = name.strip_suffix(')').and_then(|n| n.rsplit_once('(')).map_or(name, |(_, inner)| inner);
    inner.chars().filter(|c| !matches!(c, ' ' | '/' | '_' | ':')).flat_map(char::to_lowercase).collect()
}
