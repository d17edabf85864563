//! A move as the commands see it: its folder, what moves where, both places opened.

use std::{collections::BTreeSet, sync::Arc};

use flagstate_migration::{
    copy,
    ends::{End, Ends, Meter, Work},
    fit::Loss,
    folder::{Folder, FolderError, Held, read_json, write_json},
    inventory::{
        ShardSize,
        files::{Inventory, Place},
    },
    journal::Journal,
    runtime,
    seal::Seal,
    select::Selection,
    settings::{self, Probed, Settings},
    trouble::Trouble,
};
use flagstate_objects::{
    HttpOptions, Key, Limiter, Location, LocationKind, Opener, Rates, Retry, RetryPolicy, Seeded, Store, SystemClock,
    Tls, credentials::Environment, probe,
};

use super::{bandwidth::Bandwidth, failure, watch::Watch};
use crate::{
    cli::{
        AnswerFormat,
        move_::{Begin, State, Tuning},
    },
    failure::Failure,
    log, out,
};

/// Which way rows are kept: smaller for tests.
const SHARD_ROWS: &str = "FLAGSTATE_MOVE_SHARD_ROWS";

/// A move, opened.
pub(super) struct Scene {
    pub(super) folder: Folder,
    pub(super) settings: Settings,
    pub(super) journal: Arc<Journal>,
    pub(super) meter: Arc<Meter>,
    pub(super) format: AnswerFormat,
    pub(super) quiet: bool,
    pub(super) metrics: Option<std::path::PathBuf>,
    source: (Arc<dyn Store>, Key),
    target: (Arc<dyn Store>, Key),
    inventory: Option<Inventory>,
    _held: Held,
    _bandwidth: Option<Bandwidth>,
}

impl Scene {
    /// The move in the folder, begun now if there is none.
    pub(super) fn begin(state: &State, begin: &Begin, tuning: &Tuning) -> Result<Self, Failure> {
        if !Folder::open(&state.dir).is_ok_and(|f| f.settings().is_file()) {
            let settings = fresh(begin, tuning)?;
            let folder = Folder::create(&state.dir).map_err(|e| failure(&e.into()))?;
            write_json(&folder.settings(), &settings).map_err(|e| failure(&e.into()))?;
        }
        let scene = Self::open(state, tuning)?;
        scene.same(begin)?;
        Ok(scene)
    }

    /// The move in the folder.
    pub(super) fn open(state: &State, tuning: &Tuning) -> Result<Self, Failure> {
        let trouble = |e: FolderError| failure(&e.into());
        let folder = Folder::open(&state.dir).map_err(trouble)?;
        let held = folder.lock().map_err(trouble)?;
        let settings: Settings = read_json(&folder.settings()).map_err(trouble)?;
        let journal = Journal::open(&folder.journal()).map_err(|e| failure(&e.into()))?;
        let limiter = limiter(tuning);
        let bandwidth = match &tuning.bandwidth {
            Some(text) => Some(Bandwidth::start(text, tuning.requests_per_s, &limiter)?),
            None => None,
        };
        let files = |text: &str| text.starts_with("file:");
        let mut opener = opener(tuning, limiter);
        opener.pace_files = files(&settings.from) && files(&settings.to);
        let place = &|text: &str| -> Result<(Arc<dyn Store>, Key), Failure> {
            let location = Location::parse(text).map_err(|e| Failure::Usage(e.to_string()))?;
            let store = if location.is_several() || location.is_for_each() {
                opener.open_each(&location, &settings.containers).map_err(|e| Failure::Usage(e.to_string()))?
            } else {
                opener.open(&location).map_err(|e| Failure::input(&e, None))?
            };
            Ok((store, location.prefix))
        };
        Ok(Self {
            inventory: settings
                .inventory
                .as_deref()
                .map(|manifest| inventory_at(manifest, &settings.from, place))
                .transpose()?,
            source: place(&settings.from)?,
            target: place(&settings.to)?,
            folder,
            settings,
            journal: Arc::new(journal),
            meter: Arc::new(Meter::default()),
            format: state.format,
            quiet: state.quiet,
            metrics: state.metrics.clone(),
            _held: held,
            _bandwidth: bandwidth,
        })
    }

    /// A move is what it was when it began.
    fn same(&self, begin: &Begin) -> Result<(), Failure> {
        let s = &self.settings;
        let given = |name: &str, a: Option<&str>, b: &str| match a {
            Some(a) if a != b => Err(Failure::Usage(format!(
                "the move in {} has `{b}` for {name}, not `{a}`: choose another folder for another move",
                self.folder.root().display()
            ))),
            _ => Ok(()),
        };
        let place = |text: &Option<String>| text.as_ref().map(|t| shown(t)).transpose();
        given("--from", place(&begin.from)?.as_deref(), &s.from)?;
        given("--to", place(&begin.to)?.as_deref(), &s.to)?;
        let other = (!begin.include.is_empty() && begin.include != s.selection.include)
            || (!begin.exclude.is_empty() && begin.exclude != s.selection.exclude)
            || (begin.versions && !s.versions)
            || (begin.keep_holds && !s.keep_holds)
            || (begin.inventory.is_some()
                && begin.inventory.as_deref().map(manifest_place).transpose()? != s.inventory)
            || (!begin.encrypt_for.is_empty() && begin.encrypt_for != s.recipients);
        if other {
            return Err(Failure::Usage(
                "patterns, versions, holds, recipients and the inventory are fixed when a move begins".to_owned(),
            ));
        }
        Ok(())
    }

    /// Both ends and the target's abilities, probed where that was not done yet.
    pub(super) fn work(&self) -> Result<Arc<Work>, Failure> {
        let probed = self.probed(false)?;
        let target = probed.target.apply(Arc::clone(&self.target.0));
        let selector = self.settings.selection.ready().map_err(|e| Failure::Usage(e.to_string()))?;
        let end = |(store, prefix): &(Arc<dyn Store>, Key)| End { store: Arc::clone(store), prefix: prefix.clone() };
        let ends = Ends {
            source: end(&self.source),
            target: End { store: target, prefix: self.target.1.clone() },
            selector,
            versions: self.settings.versions,
            old_states: probed.source.may_hold_versions,
            object_acls: probed.source.object_acls == Some(true),
            keep_holds: self.settings.keep_holds,
        };
        let mut seed = [0; 8];
        // Chance only scatters pauses.
        let _ = getrandom::fill(&mut seed);
        Ok(Arc::new(Work {
            ends,
            can: probed.target,
            retry: Retry::new(RetryPolicy::default(), Seeded(u64::from_le_bytes(seed))),
            clock: Arc::new(SystemClock),
            meter: Arc::clone(&self.meter),
        }))
    }

    /// What the probe found out; probed now where `again` or never before.
    pub(super) fn probed(&self, again: bool) -> Result<Probed, Failure> {
        let path = self.folder.file("probe.json");
        if !again && path.is_file() {
            return read_json(&path).map_err(|e| failure(&e.into()));
        }
        let name = format!("flagstate-probe-{}/", self.settings.id);
        let base = Key::new([self.target.1.as_bytes(), name.as_bytes()].concat());
        let probed = self.block(async {
            let retry = Retry::new(RetryPolicy::default(), Seeded(0));
            let source = retry.run(|_| self.source.0.container()).await?;
            let target = probe(&*self.target.0, &base).await;
            Ok::<_, Trouble>((source, target))
        })?;
        let (source, target) = probed.map_err(|e| failure(&e))?;
        let target = target
            .map_err(|e| Failure::input(&e, Some("the state is intact: mend it, then run the same command again")))?;
        let probed = Probed { at: log::now(), source, target };
        write_json(&path, &probed).map_err(|e| failure(&e.into()))?;
        Ok(probed)
    }

    /// The provider's inventory, where the first listing is read from one.
    pub(super) fn inventory(&self) -> Option<&Inventory> {
        self.inventory.as_ref()
    }

    /// Containers that fit the pattern of the source now, and were not there when the move began.
    pub(super) fn new_containers(&self, tuning: &Tuning) -> Result<Vec<String>, Failure> {
        let location = Location::parse(&self.settings.from).map_err(|e| Failure::Usage(e.to_string()))?;
        if !location.is_several() {
            return Ok(Vec::new());
        }
        let now = containers(&location, tuning)?;
        Ok(now.into_iter().filter(|name| !self.settings.containers.contains(name)).collect())
    }

    /// Runs something to its end.
    pub(super) fn block<F: Future>(&self, future: F) -> Result<F::Output, Failure> {
        runtime::run(&self.meter, future).map_err(|e| Failure::Internal(format!("no runtime: {e}")))
    }

    /// Runs a step, with progress for whoever watches.
    pub(super) fn step<T, F>(&self, name: &'static str, future: F) -> Result<Result<T, Trouble>, Failure>
    where
        F: Future<Output = Result<T, Trouble>>,
    {
        let watch = Watch::start(name, self);
        let done = self.block(future);
        watch.end();
        self.tell_met(name)?;
        done
    }

    /// Says what went wrong on the way and was tried again: nothing that happened to the bytes stays unsaid.
    fn tell_met(&self, step: &'static str) -> Result<(), Failure> {
        let met = self.meter.take_met();
        if met.causes.is_empty() {
            return Ok(());
        }
        if self.format == AnswerFormat::Json {
            return super::event(
                "met",
                &serde_json::json!({ "step": step, "causes": met.causes, "damage": met.damage }),
            );
        }
        let causes: Vec<String> = met.causes.iter().map(|(cause, n)| format!("{n} x {cause}")).collect();
        out::say(&format!("{step}: met on the way and tried again: {}", causes.join(", ")));
        for damage in &met.damage {
            out::say(&format!("  {damage}"));
        }
        Ok(())
    }

    /// How to copy.
    pub(super) fn copying(&self, tuning: &Tuning) -> Result<copy::Options, Failure> {
        Ok(copy::Options {
            lanes: tuning.lanes.max(1),
            memory: tuning.memory_mib.max(1) << 20,
            part_bytes: tuning.part_mib.map(|m| m.max(1) << 20),
            accepted: self.accepted()?,
            strict_source: tuning.strict_source,
            seal: Seal::new(&self.settings.recipients).map_err(|e| Failure::Usage(e.to_string()))?,
            shard: shard_size(),
            ..copy::Options::default()
        })
    }

    /// Losses that somebody accepted.
    pub(super) fn accepted(&self) -> Result<BTreeSet<Loss>, Failure> {
        let accepted = self.journal.accepted().map_err(|e| failure(&e.into()))?;
        if accepted.iter().any(|a| a.what == "all-losses") {
            return Ok(Loss::ALL.into_iter().collect());
        }
        Ok(accepted.iter().filter_map(|a| Loss::of_name(&a.what)).collect())
    }

    /// What the tool calls itself.
    pub(super) fn tool() -> String {
        format!("flagstate {}", env!("CARGO_PKG_VERSION"))
    }
}

/// Rows in a shard.
pub(super) fn shard_size() -> ShardSize {
    let rows = std::env::var(SHARD_ROWS).ok().and_then(|t| t.parse().ok());
    rows.map_or_else(ShardSize::default, |rows: u64| ShardSize { rows: rows.max(1), ..ShardSize::default() })
}

/// The place of a manifest as it is kept: a path becomes absolute.
fn manifest_place(text: &str) -> Result<String, Failure> {
    if text.contains("://") {
        return shown(text);
    }
    let path = std::path::absolute(text).map_err(|e| Failure::Usage(format!("--inventory {text}: {e}")))?;
    Ok(path.display().to_string())
}

/// Opens a place: its store, and the prefix or key in it.
type Open<'a> = dyn Fn(&str) -> Result<(Arc<dyn Store>, Key), Failure> + 'a;

/// The inventory at a place, of the container that is moved from.
fn inventory_at(place: &str, from: &str, open: &Open<'_>) -> Result<Inventory, Failure> {
    let of = Location::parse(from).map_err(|e| Failure::Usage(e.to_string()))?;
    let container = match of.kind {
        LocationKind::S3 { bucket, .. } => bucket,
        LocationKind::Azure { container, .. } => container,
        LocationKind::File { .. } => {
            return Err(Failure::Usage("folders have no inventory of a provider; leave out --inventory".to_owned()));
        }
    };
    let kind = place.contains("://").then(|| Location::parse(place)).transpose();
    let place = match kind.map_err(|e| Failure::Usage(e.to_string()))?.map(|l| l.kind) {
        None => Place::Disk(place.into()),
        Some(LocationKind::File { root }) => Place::Disk(root),
        Some(_) => {
            let (store, key) = open(place)?;
            Place::Store(store, key)
        }
    };
    Ok(Inventory { place, container })
}

/// A place as it is kept: read and written again, so that nothing secret can stand in it.
fn shown(text: &str) -> Result<String, Failure> {
    Ok(Location::parse(text).map_err(|e| Failure::Usage(e.to_string()))?.to_string())
}

/// The limiter of everything that is sent.
fn limiter(tuning: &Tuning) -> Arc<Limiter> {
    Arc::new(Limiter::new(Rates { bytes_per_s: None, requests_per_s: tuning.requests_per_s }))
}

/// What places are opened with.
fn opener(tuning: &Tuning, limiter: Arc<Limiter>) -> Opener {
    let tls = match &tuning.ca {
        None => Tls::default(),
        Some(path) => Tls { extra_roots: vec![path.clone()], ..Tls::default() },
    };
    let http = HttpOptions { tls, limiter, ..HttpOptions::default() };
    Opener { environment: Environment::of_process(), http, clock: Arc::new(SystemClock), pace_files: false }
}

/// The containers that a place means now.
fn containers(location: &Location, tuning: &Tuning) -> Result<Vec<String>, Failure> {
    let opener = opener(tuning, limiter(tuning));
    let found = runtime::run(&Arc::new(Meter::default()), opener.containers(location));
    found.map_err(|e| Failure::Internal(format!("no runtime: {e}")))?.map_err(|e| Failure::input(&e, None))
}

/// The containers of a move that begins, by what was typed; none where one container moves into one.
fn fixed_containers(begin: &Begin, from: &str, to: &str, tuning: &Tuning) -> Result<Vec<String>, Failure> {
    let parse = |text: &str| Location::parse(text).map_err(|e| Failure::Usage(e.to_string()));
    let (from, to) = (parse(from)?, parse(to)?);
    if to.is_several() {
        return Err(Failure::Usage(format!(
            "`{to}` names several targets; write `{{container}}` for the name of each container of the source, or one container \
             in which each gets a folder of its name"
        )));
    }
    if !from.is_several() {
        if to.is_for_each() || from.is_for_each() {
            return Err(Failure::Usage(
                "`{container}` stands for each of several containers of the source; name several there (`s3://a,b` or `s3://*`)"
                    .to_owned(),
            ));
        }
        return Ok(Vec::new());
    }
    if begin.inventory.is_some() {
        return Err(Failure::Usage(
            "a provider's inventory lists one container: leave out --inventory, or move the containers one by one"
                .to_owned(),
        ));
    }
    if to.is_for_each() && !to.prefix.is_empty() {
        return Err(Failure::Usage(format!("`{to}` puts each container into one of its own: leave out the prefix")));
    }
    containers(&from, tuning)
}

fn fresh(begin: &Begin, tuning: &Tuning) -> Result<Settings, Failure> {
    let (Some(from), Some(to)) = (&begin.from, &begin.to) else {
        return Err(Failure::Usage("where from and where to? A move begins with --from URL and --to URL".to_owned()));
    };
    let selection = Selection { include: begin.include.clone(), exclude: begin.exclude.clone() };
    selection.ready().map_err(|e| Failure::Usage(e.to_string()))?;
    Seal::new(&begin.encrypt_for).map_err(|e| Failure::Usage(e.to_string()))?;
    Ok(Settings {
        schema: settings::SCHEMA.to_owned(),
        id: settings::fresh_id(),
        from: shown(from)?,
        to: shown(to)?,
        containers: fixed_containers(begin, from, to, tuning)?,
        selection,
        versions: begin.versions,
        keep_holds: begin.keep_holds,
        recipients: begin.encrypt_for.clone(),
        inventory: begin.inventory.as_deref().map(manifest_place).transpose()?,
        from_offering: begin.from_offering.clone(),
        to_offering: begin.to_offering.clone(),
        began: log::now(),
    })
}
