//! What most commands need: the catalog with overlays and assumptions, the project file, the inputs, the date.

use std::{
    fs,
    path::{Path, PathBuf},
};

use flagstate_catalog::{Catalog, Date, Overlay, ServiceMap};
use flagstate_estate::{
    Estate, EstateBuilder, Project, Workload,
    config::{ControlTest, Inventory},
    workload,
};
use flagstate_evidence::{config::LogSection, hex::Digest};
use flagstate_exposure::{Assessment, Settings, assess};
use flagstate_import::{Context as ImportContext, Format, Resolver, ownership, read_file, read_prior_state};
use flagstate_placement::PlacementSection;
use serde::Deserialize;

use crate::{
    cli::{Common, Inputs, Test},
    failure::Failure,
    out,
    progress::Progress,
};

/// Name of the project file.
pub(crate) const PROJECT_FILE: &str = "flagstate.yaml";

/// The bloc assumed as home, with its members, when nobody says otherwise; printed as an assumption.
const DEFAULT_HOME: &str = "EU";

/// Today where the command runs.
pub(crate) fn today() -> Date {
    #[expect(clippy::disallowed_methods, reason = "the binary is the one place that reads the clock")]
    jiff::Zoned::now().date()
}

/// Catalog files of a folder, in name order.
pub(crate) fn overlays(dir: Option<&Path>) -> Result<Vec<Overlay>, Failure> {
    let Some(dir) = dir else { return Ok(Vec::new()) };
    let failed = |path: &Path, cause: std::io::Error| Failure::Input {
        message: format!("{}: cannot be read: {cause}", path.display()),
        help: Some("name a folder with catalog files (.yaml, .yml or .json)".into()),
    };
    let mut paths: Vec<PathBuf> = fs::read_dir(dir)
        .map_err(|e| failed(dir, e))?
        .filter_map(|e| e.ok().map(|e| e.path()))
        .filter(|p| p.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json"))
        .collect();
    paths.sort();
    if paths.is_empty() {
        return Err(Failure::Input {
            message: format!("{}: holds no catalog file", dir.display()),
            help: Some("name a folder with catalog files (.yaml, .yml or .json)".into()),
        });
    }
    paths
        .into_iter()
        .map(|p| {
            let text = fs::read_to_string(&p).map_err(|e| failed(&p, e))?;
            Ok(Overlay { name: p.display().to_string(), text })
        })
        .collect()
}

/// The catalog with overlays, ownership files and assumptions.
pub(crate) fn catalog(dir: Option<&Path>, owners: &[PathBuf], assume: &[String]) -> Result<Catalog, Failure> {
    let mut catalog = Catalog::load(&overlays(dir)?)?;
    for path in owners {
        let found = ownership::read(path)?.matched(&catalog);
        catalog.extend_owners(found.entities, found.edges);
    }
    for text in assume {
        catalog.assume(text)?;
    }
    Ok(catalog)
}

/// A project file and the folder its paths are relative to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Loaded {
    pub(crate) project: Project,
    pub(crate) folder: PathBuf,
    /// The section of the log.
    pub(crate) log: Option<LogSection>,
    /// The section of placement.
    pub(crate) placement: Option<PlacementSection>,
    /// SHA-256 of the file.
    pub(crate) digest: Option<Digest>,
}

/// The sections of the project file that the estate does not own.
#[derive(Deserialize)]
struct Sections {
    #[serde(default)]
    log: Option<LogSection>,
    #[serde(default)]
    placement: Option<PlacementSection>,
}

/// Reads the named project file, or `flagstate.yaml` here when `look` is set.
pub(crate) fn project(named: Option<&Path>, look: bool) -> Result<Loaded, Failure> {
    let path = match named {
        Some(p) => p.to_owned(),
        None if look && Path::new(PROJECT_FILE).exists() => PathBuf::from(PROJECT_FILE),
        None => return Ok(Loaded::default()),
    };
    let text = fs::read_to_string(&path).map_err(|e| Failure::Input {
        message: format!("{}: cannot be read: {e}", path.display()),
        help: Some("`flagstate init` writes a commented one".into()),
    })?;
    let wrong = |e: serde_saphyr::Error| Failure::Input {
        message: format!("{}: {}", path.display(), e.to_string().lines().next().unwrap_or_default()),
        help: Some("`flagstate schema` prints what may stand in it".into()),
    };
    let project: Project = serde_saphyr::from_str(&text).map_err(wrong)?;
    let Sections { log, placement } = serde_saphyr::from_str(&text).map_err(wrong)?;
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    Ok(Loaded { project, folder, log, placement, digest: Some(Digest::of(text.as_bytes())) })
}

/// Home jurisdictions: the flag, the project, or the default bloc with its members.
pub(crate) fn home(catalog: &Catalog, flag: &[String], project: &Project) -> Vec<String> {
    let given = if flag.is_empty() { &project.organisation.home } else { flag };
    if !given.is_empty() {
        return given.to_vec();
    }
    out::say("note: no home jurisdictions given; assuming the EU and its members (set `organisation.home` or --home)");
    let members = catalog.jurisdictions.values().filter(|j| j.memberships.iter().any(|m| m == DEFAULT_HOME));
    std::iter::once(DEFAULT_HOME.to_owned()).chain(members.map(|j| j.id.clone())).collect()
}

/// Control test: the flag wins over the project.
pub(crate) fn control_test(flag: Option<Test>, project: &Project) -> ControlTest {
    match flag {
        Some(Test::PracticalAbility) => ControlTest::PracticalAbility,
        Some(Test::LegalRight) => ControlTest::LegalRight,
        None => project.control_test,
    }
}

/// Files to read: those on the command line, else those of the project.
pub(crate) fn files(inputs: &Inputs, loaded: &Loaded) -> Result<Vec<(PathBuf, Option<Format>)>, Failure> {
    let mut named = Vec::new();
    for text in &inputs.format_of {
        let (file, format) =
            text.rsplit_once('=').ok_or_else(|| Failure::Usage(format!("`{text}` is not of the form FILE=FORMAT")))?;
        let format: Format = format.parse().map_err(Failure::Usage)?;
        named.push((PathBuf::from(file), format));
    }
    let mut list: Vec<(PathBuf, Option<Format>)> = Vec::new();
    for path in &inputs.paths {
        expand(path, None, &mut list)?;
    }
    if inputs.paths.is_empty() {
        for inventory in &loaded.project.inventories {
            let (path, format) = match inventory {
                Inventory::Path(p) => (p, None),
                Inventory::Named { path, format } => (path, Some(format.parse().map_err(Failure::Usage)?)),
            };
            expand(&loaded.folder.join(path), format, &mut list)?;
        }
    }
    for (path, format) in &mut list {
        if let Some((_, f)) = named.iter().find(|(p, _)| p == path) {
            *format = Some(*f);
        }
    }
    if list.is_empty() {
        return Err(Failure::Usage(
            "nothing to read: name files, or list them under `inventories` in flagstate.yaml".into(),
        ));
    }
    Ok(list)
}

/// A folder stands for all files below it, in name order; hidden ones are left out.
fn expand(path: &Path, format: Option<Format>, list: &mut Vec<(PathBuf, Option<Format>)>) -> Result<(), Failure> {
    if !path.is_dir() {
        list.push((path.to_owned(), format));
        return Ok(());
    }
    let entries = fs::read_dir(path).map_err(|e| Failure::Input {
        message: format!("{}: cannot be read: {e}", path.display()),
        help: Some("check the path and the permissions".into()),
    })?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.sort();
    for p in paths {
        let hidden = p.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if !hidden {
            expand(&p, format, list)?;
        }
    }
    Ok(())
}

/// Reads all files into an estate.
pub(crate) fn read(files: &[(PathBuf, Option<Format>)], services: &ServiceMap, quiet: bool) -> Result<Estate, Failure> {
    let mut builder = EstateBuilder::new();
    for (path, format) in files {
        let size_bytes = fs::metadata(path).map_or(0, |m| m.len());
        let progress = Progress::start(path, size_bytes, quiet);
        let tell = |p: &Path, bytes: u64| progress.at(p, bytes);
        let context = ImportContext { services, progress: &tell };
        read_file(path, *format, &context, &mut builder)?;
        progress.done();
    }
    Ok(builder.finish())
}

/// What an answer was made from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Source {
    /// Files that were read.
    pub(crate) files: Vec<PathBuf>,
    /// SHA-256 of the project file.
    pub(crate) project: Option<Digest>,
    /// The section of the log.
    pub(crate) log: Option<LogSection>,
    /// What its paths are relative to.
    pub(crate) folder: PathBuf,
}

impl Source {
    fn new(loaded: &Loaded, files: Vec<PathBuf>) -> Self {
        Self { files, project: loaded.digest, log: loaded.log.clone(), folder: loaded.folder.clone() }
    }
}

/// An estate, assigned and judged.
pub(crate) struct Judged {
    /// Where the log is, and what was read: for the record.
    pub(crate) source: Source,
    pub(crate) catalog: Catalog,
    pub(crate) project: Project,
    pub(crate) settings: Settings,
    pub(crate) assessment: Assessment,
}

/// The whole way from files to an assessment.
pub(crate) fn judge(inputs: &Inputs, common: &Common) -> Result<Judged, Failure> {
    let loaded = project(inputs.config.as_deref(), true)?;
    let files = files(inputs, &loaded)?;
    judge_files(&files, loaded, common)
}

/// The same for a given list of files.
pub(crate) fn judge_files(
    files: &[(PathBuf, Option<Format>)],
    loaded: Loaded,
    common: &Common,
) -> Result<Judged, Failure> {
    Ok(judge_looking(files, loaded, common, |_, _, _| ())?.0)
}

/// The same, with a look at the estate, its workloads and the map of services before they are let go.
pub(crate) fn judge_looking<T>(
    files: &[(PathBuf, Option<Format>)],
    loaded: Loaded,
    common: &Common,
    look: impl FnOnce(&ServiceMap, &Estate, &[Workload]) -> T,
) -> Result<(Judged, T), Failure> {
    let source = Source::new(&loaded, files.iter().map(|(path, _)| path.clone()).collect());
    let Loaded { mut project, folder, .. } = loaded;
    project.control_test = control_test(common.control_test, &project);
    let dir = common.catalog.clone().or_else(|| project.catalog.as_ref().map(|d| folder.join(d)));
    let catalog = catalog(dir.as_deref(), &common.ownership, &common.assume)?;
    let services = ServiceMap::load(&overlays(dir.as_deref())?)?;
    let mut estate = read(files, &services, common.quiet)?;
    Resolver::new(&services).hosts(&mut estate);
    let look = |estate: &Estate, workloads: &[Workload]| look(&services, estate, workloads);
    Ok(judge_estate(source, catalog, estate, project, common, look))
}

/// The state that a plan carries, judged; none when it carries none.
pub(crate) fn judge_prior(plan: &Path, loaded: Loaded, common: &Common) -> Result<Option<Judged>, Failure> {
    let source = Source::new(&loaded, vec![plan.to_owned()]);
    let Loaded { mut project, folder, .. } = loaded;
    project.control_test = control_test(common.control_test, &project);
    let dir = common.catalog.clone().or_else(|| project.catalog.as_ref().map(|d| folder.join(d)));
    let services = ServiceMap::load(&overlays(dir.as_deref())?)?;
    let mut builder = EstateBuilder::new();
    let context = ImportContext { services: &services, progress: &|_, _| () };
    if !read_prior_state(plan, &context, &mut builder)? {
        return Ok(None);
    }
    let catalog = catalog(dir.as_deref(), &common.ownership, &common.assume)?;
    let mut estate = builder.finish();
    Resolver::new(&services).hosts(&mut estate);
    Ok(Some(judge_estate(source, catalog, estate, project, common, |_, _| ()).0))
}

fn judge_estate<T>(
    source: Source,
    catalog: Catalog,
    mut estate: Estate,
    project: Project,
    common: &Common,
    look: impl FnOnce(&Estate, &[Workload]) -> T,
) -> (Judged, T) {
    let workloads = workload::assign(&mut estate, &project);
    let settings = Settings {
        as_of: common.as_of.or(project.as_of).unwrap_or_else(today),
        home: home(&catalog, &common.home, &project),
        assumed: common.assume.clone(),
    };
    let assessment = assess(&catalog, &estate, &workloads, &project, &settings);
    let seen = look(&estate, &workloads);
    // The process is about to end; giving back a million small pieces of memory one by one costs more than the answer.
    std::mem::forget((estate, workloads));
    (Judged { source, catalog, project, settings, assessment }, seen)
}
