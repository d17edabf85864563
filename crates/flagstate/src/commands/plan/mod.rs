//! `flagstate plan` and `flagstate matrix`: where each workload should live.

mod text;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use flagstate_catalog::ServiceMap;
use flagstate_frameworks::{Answers, Library, Setting};
use flagstate_placement::{
    Data, Head, PlacementSection, Plan, Seen, World, diff, lint, make, matrix, plan::InputSeen, watch,
};
use serde::Serialize;

use super::frameworks;
use crate::{
    cli::{
        AnswerFormat, Common, Inputs,
        plan::{MatrixArgs, PlanArgs, PlanCommand, PlanMakeArgs},
    },
    context::{self, Judged, Loaded},
    failure::Failure,
    log, out,
};

/// Everything that a plan is made from, read once.
pub(crate) struct Ground {
    judged: Judged,
    services: ServiceMap,
    seen: Vec<Seen>,
    section: PlacementSection,
    data: Data,
    library: Library,
    answers: Answers,
    setting: Setting,
}

impl Ground {
    /// Reads project and inputs, judges them, and keeps what placement needs.
    pub(crate) fn read(inputs: &Inputs, common: &Common, answers: Option<&Path>) -> Result<Self, Failure> {
        let loaded = context::project(inputs.config.as_deref(), true)?;
        let section = loaded.placement.clone().unwrap_or_default();
        let files = context::files(inputs, &loaded)?;
        let (judged, (seen, services)) =
            context::judge_looking(&files, loaded, common, |services, estate, workloads| {
                (Seen::of(estate, workloads), services.clone())
            })?;
        let setting = Setting {
            as_of: judged.settings.as_of,
            home: judged.settings.home.clone(),
            control_test: judged.project.control_test,
        };
        let answers = frameworks::answers(answers, &judged.catalog)?;
        let ground =
            Self { judged, services, seen, section, data: data()?, library: Library::embedded()?, answers, setting };
        ground.check()?;
        Ok(ground)
    }

    /// What was judged.
    pub(crate) fn judged(&self) -> &Judged {
        &self.judged
    }

    /// Names in the section must exist: a misspelt one would demand nothing.
    fn check(&self) -> Result<(), Failure> {
        let s = &self.section;
        let offering = |id: &&String| !self.judged.catalog.offerings.contains_key(*id);
        if let Some(id) = s.offerings.iter().chain(&s.without).find(offering) {
            return Err(unknown("offering", id, "flagstate catalog show offerings"));
        }
        let demands = || s.workloads.values().chain(s.classifications.values().map(|c| &c.demands));
        let capability = |id: &&String| !self.services.capabilities.contains_key(*id);
        if let Some(id) = demands().flat_map(|d| d.capabilities.iter().chain(&d.dispensable)).find(capability) {
            return Err(unknown("capability", id, "crates/catalog/data/services.yaml"));
        }
        let workload = |name: &&String| !self.seen.iter().any(|w| w.name == **name);
        let named = s.workloads.values().flat_map(|d| d.together_with.iter().chain(&d.after));
        if let Some(name) = s.workloads.keys().chain(named).find(workload) {
            return Err(unknown("workload", name, "`workloads` in flagstate.yaml"));
        }
        let requirement = |id: &&String| !self.library.requirements.contains_key(*id);
        if let Some(id) = s.classifications.values().flat_map(|c| c.add.iter().chain(&c.without)).find(requirement) {
            return Err(unknown("requirement", id, "flagstate frameworks show CLASSIFICATION"));
        }
        Ok(())
    }

    fn world(&self) -> World<'_> {
        World {
            data: &self.data,
            catalog: &self.judged.catalog,
            services: &self.services,
            library: &self.library,
            answers: &self.answers,
            setting: &self.setting,
            section: &self.section,
        }
    }

    /// Makes the plan.
    pub(crate) fn plan(&self, parent: Option<String>, with_triggers: bool) -> Plan {
        let a = &self.judged.assessment;
        let input = |i: &flagstate_estate::InputLedger| InputSeen {
            name: i.name.clone(),
            format: i.format.clone(),
            rows: i.rows,
        };
        let head = Head {
            made_by: concat!("flagstate ", env!("CARGO_PKG_VERSION")).to_owned(),
            parent,
            organisation: a.organisation.clone(),
            catalog_digest: a.catalog_digest.clone(),
            assumed: a.assumed.clone(),
            inputs: a.inputs.iter().map(input).collect(),
        };
        let world = self.world();
        let mut plan = make(&world, &self.seen, head);
        if with_triggers {
            plan.triggers = watch::triggers(&world, &self.seen, &plan);
        }
        plan
    }
}

fn unknown(kind: &str, name: &str, where_: &str) -> Failure {
    Failure::Input {
        message: format!("flagstate.yaml, placement: no {kind} is called `{name}`"),
        help: Some(format!("see {where_}")),
    }
}

fn data() -> Result<Data, Failure> {
    Data::embedded().map_err(|e| Failure::Internal(e.to_string()))
}

/// Runs `flagstate plan`.
pub(crate) fn run(args: &PlanArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        None => make_plan(&args.make),
        Some(PlanCommand::Diff { before, after, format }) => {
            let difference = diff::plans(&read(before)?.0, &read(after)?.0);
            let text = match format {
                AnswerFormat::Text => text::difference(&difference),
                AnswerFormat::Json => pretty(&difference)?,
            };
            out::result(&text, None)?;
            Ok(ExitCode::SUCCESS)
        }
        Some(PlanCommand::Lint { plan, format }) => look_over(plan, *format),
    }
}

fn make_plan(args: &PlanMakeArgs) -> Result<ExitCode, Failure> {
    let mut ground = Ground::read(&args.inputs, &args.common, args.answers.as_deref())?;
    if !args.offering.is_empty() {
        ground.section.offerings.clone_from(&args.offering);
    }
    ground.section.organisation.extend(args.organisation.iter().cloned());
    ground.check()?;
    let parent = args.parent.as_deref().map(|path| digest(&read(path)?.0)).transpose()?;
    let plan = ground.plan(parent, !args.no_triggers);
    let bytes = plan.canonical().map_err(|e| Failure::Internal(e.to_string()))?;
    let name = digest(&plan)?;
    if let Some(wanted) = &args.workload
        && !plan.sheets.iter().any(|s| s.workload == *wanted)
    {
        return Err(Failure::Usage(format!("no workload is called `{wanted}`")));
    }
    let short: String = name.chars().take(12).collect();
    let path = match (&args.output, args.format) {
        (Some(path), _) => Some(path.clone()),
        (None, AnswerFormat::Text) => Some(PathBuf::from(format!("plan-{short}.json"))),
        (None, AnswerFormat::Json) => None,
    };
    if let Some(path) = &path {
        write(path, &bytes)?;
    }
    let text = match args.format {
        AnswerFormat::Json => format!("{}\n", String::from_utf8_lossy(&bytes)),
        AnswerFormat::Text => text::plan(&plan, &name, args.workload.as_deref()),
    };
    out::result(&text, None)?;
    if let (Some(path), AnswerFormat::Text) = (&path, args.format) {
        out::say(&format!("The plan is {} (SHA-256 {name}); it never changes.", path.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the plan; one that is there stays, unless it is the same.
fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    match fs::read(path) {
        Ok(old) if old == bytes => Ok(()),
        Ok(_) => Err(Failure::Usage(format!(
            "{} holds something else: a plan is never overwritten; name another file",
            path.display()
        ))),
        Err(_) => out::write_file(path, bytes),
    }
}

fn digest(plan: &Plan) -> Result<String, Failure> {
    plan.digest().map_err(|e| Failure::Internal(e.to_string()))
}

/// Reads a plan, and its bytes.
fn read(path: &Path) -> Result<(Plan, Vec<u8>), Failure> {
    let bytes = log::read_file(path)?;
    let plan = serde_json::from_slice(&bytes).map_err(|e| Failure::Input {
        message: format!("{}: not a plan: {e}", path.display()),
        help: Some("name a file that `flagstate plan` wrote".to_owned()),
    })?;
    Ok((plan, bytes))
}

fn look_over(path: &Path, format: AnswerFormat) -> Result<ExitCode, Failure> {
    let (plan, bytes) = read(path)?;
    let mut remarks = lint::lint(&plan, context::today());
    let canonical = plan.canonical().map_err(|e| Failure::Internal(e.to_string()))?;
    if bytes != canonical {
        remarks.insert(
            0,
            lint::Remark {
                severity: lint::Severity::Error,
                place: "file".to_owned(),
                text: "it is not in canonical form: somebody edited it, or another program wrote it".to_owned(),
            },
        );
    }
    let text = match format {
        AnswerFormat::Text => text::remarks(&remarks, &digest(&plan)?),
        AnswerFormat::Json => pretty(&remarks)?,
    };
    out::result(&text, None)?;
    let errors = remarks.iter().any(|r| r.severity == lint::Severity::Error);
    Ok(if errors { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Runs `flagstate matrix`.
pub(crate) fn matrix_command(args: &MatrixArgs) -> Result<ExitCode, Failure> {
    let common = &args.common;
    let Loaded { project, placement, .. } = context::project(args.config.as_deref(), true)?;
    let catalog = context::catalog(common.catalog.as_deref(), &common.ownership, &common.assume)?;
    let services = ServiceMap::load(&context::overlays(common.catalog.as_deref())?)?;
    if let Some(id) = args.offering.iter().find(|id| !catalog.offerings.contains_key(*id)) {
        return Err(Failure::Usage(format!(
            "no offering in the catalog is called `{id}`; `flagstate catalog show offerings` lists them"
        )));
    }
    let setting = Setting {
        as_of: common.as_of.or(project.as_of).unwrap_or_else(context::today),
        home: context::home(&catalog, &common.home, &project),
        control_test: context::control_test(common.control_test, &project),
    };
    let (data, library, section) = (data()?, Library::embedded()?, placement.unwrap_or_default());
    let world = World {
        data: &data,
        catalog: &catalog,
        services: &services,
        library: &library,
        answers: &Answers::default(),
        setting: &setting,
        section: &section,
    };
    let matrix = matrix(&world, &args.offering, &common.assume);
    let text = match args.format {
        AnswerFormat::Text => text::matrix(&matrix),
        AnswerFormat::Json => pretty(&matrix)?,
    };
    out::result(&text, args.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Placements of an estate before and after, for `flagstate whatif`.
pub(crate) fn placements(before: &Ground, after: &Ground) -> diff::PlanDifference {
    diff::plans(&before.plan(None, false), &after.plan(None, false))
}

/// The part of `flagstate whatif` about placements.
pub(crate) fn placements_text(difference: &diff::PlanDifference) -> String {
    text::placements(difference)
}

/// A line for each workload, for `flagstate demo`.
pub(crate) fn landings(ground: &Ground) -> String {
    text::landings(&ground.plan(None, false))
}

fn pretty<T: Serialize + ?Sized>(value: &T) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map(|t| format!("{t}\n")).map_err(|e| Failure::Internal(e.to_string()))
}
