//! `flagstate frameworks`: what frameworks ask, and how offerings and workloads answer.

mod text;

use std::{path::Path, process::ExitCode};

use flagstate_estate::{Processing, class};
use flagstate_frameworks::{
    Answers, Configuration, Facts, Framework, FrameworkReading, Library, Setting, World,
    requirement::{RequirementReading, requirements_for},
    switching, transfer_draft,
};
use serde::Serialize;
use serde_json::Value;

use crate::{
    cli::{
        AnswerFormat, Common, Inputs, ProcessingArg,
        frameworks::{AssessArgs, FrameworksCommand, TransferArgs},
    },
    context::{self, Judged},
    failure::Failure,
    log, out,
};

/// An offering or a workload, read.
#[derive(Serialize)]
pub(super) struct Reading {
    /// Workload, where one was read.
    pub(super) workload: Option<String>,
    /// Offering, where one was asked about.
    pub(super) offering: Option<String>,
    /// Classification whose requirements were checked.
    pub(super) classification: Option<String>,
    /// Resources whose offering is not known: nothing is said of them.
    pub(super) not_known: u64,
    /// Frameworks.
    pub(super) frameworks: Vec<FrameworkReading>,
    /// Requirements.
    pub(super) requirements: Vec<RequirementReading>,
}

impl Reading {
    /// For a report; an offering's reading has no workload and stands under no name.
    pub(super) fn into_board(self) -> flagstate_report::board::Reading {
        flagstate_report::board::Reading {
            workload: self.workload.unwrap_or_default(),
            classification: self.classification,
            not_known: self.not_known,
            frameworks: self.frameworks,
            requirements: self.requirements,
        }
    }
}

/// Runs the command.
pub(crate) fn run(command: &FrameworksCommand) -> Result<ExitCode, Failure> {
    let library = Library::embedded()?;
    let text = match command {
        FrameworksCommand::List { format } => match format {
            AnswerFormat::Text => text::list(&library),
            AnswerFormat::Json => pretty(&library.frameworks.values().collect::<Vec<_>>())?,
        },
        FrameworksCommand::Show { id, language, format } => shown(&library, id, language.code(), *format)?,
        FrameworksCommand::Assess(args) => assess(&library, args)?,
        FrameworksCommand::Clock { notice, extended, format } => {
            let with_clock = library.frameworks.values().find(|f| f.values.contains_key("no_charges_from"));
            let framework = with_clock.ok_or_else(|| Failure::Internal("no framework has a clock".into()))?;
            let notice = switching::Notice { given: *notice, extended_months: *extended };
            let clock = switching::clock(framework, notice).map_err(|e| Failure::Usage(e.to_string()))?;
            match format {
                AnswerFormat::Text => text::clock(&clock, framework),
                AnswerFormat::Json => pretty(&clock)?,
            }
        }
        FrameworksCommand::Transfer(args) => transfer(&library, args)?,
    };
    out::result(&text, None)?;
    Ok(ExitCode::SUCCESS)
}

fn shown(library: &Library, id: &str, language: &str, format: AnswerFormat) -> Result<String, Failure> {
    if let Some(framework) = library.framework(id) {
        return match format {
            AnswerFormat::Text => Ok(text::framework(framework, language)),
            AnswerFormat::Json => pretty(framework),
        };
    }
    if let Some(requirement) = library.requirements.get(id) {
        return match format {
            AnswerFormat::Text => Ok(text::requirement(library, requirement, language)),
            AnswerFormat::Json => pretty(requirement),
        };
    }
    let Some(classification) = library.classification(id) else {
        return Err(Failure::Usage(format!(
            "no framework, requirement or classification is called `{id}`; `flagstate frameworks list` names them"
        )));
    };
    match format {
        AnswerFormat::Text => Ok(text::classification(library, classification, language)),
        AnswerFormat::Json => pretty(classification),
    }
}

/// The user's answers; offerings and entities they name must exist, because a misspelt one would say nothing.
pub(super) fn answers(path: Option<&Path>, catalog: &flagstate_catalog::Catalog) -> Result<Answers, Failure> {
    let Some(path) = path else { return Ok(Answers::default()) };
    let input = |message: String, help: &str| Failure::Input { message, help: Some(help.to_owned()) };
    let shape = "docs/frameworks.md shows the shape of the file";
    let text = String::from_utf8(log::read_file(path)?)
        .map_err(|_| input(format!("{}: it is not text in UTF-8", path.display()), shape))?;
    if text.trim().is_empty() {
        return Err(input(format!("{}: the file is empty and answers nothing", path.display()), shape));
    }
    let answers: Answers = serde_saphyr::from_str(&text).map_err(|e| {
        let first = e.to_string().lines().next().unwrap_or_default().to_owned();
        input(format!("{}: {first}", path.display()), shape)
    })?;
    let unknown = answers
        .offerings
        .keys()
        .find(|id| !catalog.offerings.contains_key(*id))
        .or_else(|| answers.entities.keys().find(|id| !catalog.entities.contains_key(*id)));
    match unknown {
        Some(id) => Err(input(
            format!("{}: nothing in the catalog is called `{id}`", path.display()),
            "`flagstate catalog show offerings` and `flagstate catalog show entities` list the ids",
        )),
        None => Ok(answers),
    }
}

fn chosen<'l>(library: &'l Library, ids: &[String]) -> Result<Vec<&'l Framework>, Failure> {
    if ids.is_empty() {
        let readable = |f: &&Framework| f.sheet.is_some() || f.ceilings.is_some() || !f.criteria.is_empty();
        return Ok(library.frameworks.values().filter(readable).collect());
    }
    ids.iter()
        .map(|id| {
            library.framework(id).ok_or_else(|| {
                Failure::Usage(format!("no framework is called `{id}`; `flagstate frameworks list` names them"))
            })
        })
        .collect()
}

fn assess(library: &Library, args: &AssessArgs) -> Result<String, Failure> {
    let frameworks = chosen(library, &args.framework)?;
    let readings = if args.offering.is_empty() {
        of_estate(library, args, &frameworks)?
    } else {
        of_offerings(library, args, &frameworks)?
    };
    match args.format {
        AnswerFormat::Text => Ok(text::readings(library, &readings, args.language.code())),
        AnswerFormat::Json => {
            let mut value = serde_json::to_value(&readings).map_err(|e| Failure::Internal(e.to_string()))?;
            library.add_texts(&mut value, args.language.code());
            pretty(&value)
        }
    }
}

fn of_offerings(library: &Library, args: &AssessArgs, frameworks: &[&Framework]) -> Result<Vec<Reading>, Failure> {
    let common = &args.common;
    let catalog = context::catalog(common.catalog.as_deref(), &common.ownership, &common.assume)?;
    let loaded = context::project(args.inputs.config.as_deref(), false)?;
    if let Some(id) = args.offering.iter().find(|id| !catalog.offerings.contains_key(*id)) {
        return Err(Failure::Usage(format!(
            "no offering in the catalog is called `{id}`; `flagstate catalog show offerings` lists them"
        )));
    }
    let answers = answers(args.answers.as_deref(), &catalog)?;
    let setting = Setting {
        as_of: common.as_of.unwrap_or_else(context::today),
        home: context::home(&catalog, &common.home, &loaded.project),
        control_test: context::control_test(common.control_test, &loaded.project),
    };
    let world = World { catalog: &catalog, library, answers: &answers, setting: &setting };
    let read = |id: &String| {
        let mut configuration = Configuration::of(id.clone());
        if let Some(custody) = args.key_custody {
            configuration = configuration.with_custody(&catalog, custody.into());
        }
        match args.processing {
            Some(ProcessingArg::AtRest) => configuration.processing = Processing::AtRest,
            Some(ProcessingArg::InClear) => configuration.processing = Processing::InClear,
            None => {}
        }
        let parts = [world.facts(&configuration)];
        let requirements = required(&world, &args.organisation, args.classification.as_deref(), &parts, None)?;
        Ok(Reading {
            workload: None,
            offering: Some(id.clone()),
            classification: args.classification.clone(),
            not_known: 0,
            frameworks: frameworks.iter().map(|f| world.read(f, &parts, None)).collect(),
            requirements,
        })
    };
    args.offering.iter().map(read).collect()
}

fn of_estate(library: &Library, args: &AssessArgs, frameworks: &[&Framework]) -> Result<Vec<Reading>, Failure> {
    let asked = Asked {
        library,
        frameworks,
        answers: args.answers.as_deref(),
        classification: args.classification.as_deref(),
        organisation: &args.organisation,
    };
    Ok(asked.of_estate(&args.inputs, &args.common)?.1)
}

/// Judges an estate and reads every framework for its workloads.
pub(super) fn estate(
    library: &Library,
    inputs: &Inputs,
    common: &Common,
    answers: Option<&Path>,
) -> Result<(Judged, Vec<Reading>), Failure> {
    let frameworks = chosen(library, &[])?;
    let asked = Asked { library, frameworks: &frameworks, answers, classification: None, organisation: &[] };
    asked.of_estate(inputs, common)
}

/// What is asked of an estate.
struct Asked<'a> {
    library: &'a Library,
    frameworks: &'a [&'a Framework],
    answers: Option<&'a Path>,
    classification: Option<&'a str>,
    organisation: &'a [String],
}

impl Asked<'_> {
    fn of_estate(&self, inputs: &Inputs, common: &Common) -> Result<(Judged, Vec<Reading>), Failure> {
        let library = self.library;
        let loaded = context::project(inputs.config.as_deref(), true)?;
        let files = context::files(inputs, &loaded)?;
        let (judged, classes) = context::judge_looking(&files, loaded, common, |services, estate, workloads| {
            let lists = class::collapse(estate, workloads);
            let with_lock_in = |c: class::ClassTotals| {
                let capability = c.class.capability.as_ref().and_then(|id| services.capabilities.get(id));
                (capability.and_then(|c| c.lock_in.clone()), c)
            };
            lists.into_iter().map(|list| list.into_iter().map(with_lock_in).collect::<Vec<_>>()).collect::<Vec<_>>()
        })?;
        let answers = answers(self.answers, &judged.catalog)?;
        let setting = Setting {
            as_of: judged.settings.as_of,
            home: judged.settings.home.clone(),
            control_test: judged.project.control_test,
        };
        let world = World { catalog: &judged.catalog, library, answers: &answers, setting: &setting };
        let mut known: std::collections::BTreeMap<Configuration, Facts> = std::collections::BTreeMap::new();
        let mut readings = Vec::new();
        for (workload, classes) in judged.assessment.workloads.iter().zip(&classes) {
            let mut not_known = 0;
            let mut parts: std::collections::BTreeMap<Configuration, Facts> = std::collections::BTreeMap::new();
            for (lock_in, totals) in classes {
                let Some(configuration) = Configuration::of_class(&judged.catalog, &totals.class, lock_in.as_deref())
                else {
                    not_known += totals.resources;
                    continue;
                };
                let facts = known.entry(configuration.clone()).or_insert_with_key(|c| world.facts(c));
                parts.insert(configuration, facts.clone());
            }
            let parts: Vec<Facts> = parts.into_values().collect();
            let name = Some(workload.name.as_str());
            let classification = workload.classification.clone().or_else(|| self.classification.map(str::to_owned));
            readings.push(Reading {
                workload: Some(workload.name.clone()),
                offering: None,
                requirements: required(&world, self.organisation, classification.as_deref(), &parts, name)?,
                classification,
                not_known,
                frameworks: self.frameworks.iter().map(|f| world.read(f, &parts, name)).collect(),
            });
        }
        Ok((judged, readings))
    }
}

fn required(
    world: &World<'_>,
    organisation: &[String],
    classification: Option<&str>,
    parts: &[Facts],
    workload: Option<&str>,
) -> Result<Vec<RequirementReading>, Failure> {
    let Some(word) = classification else { return Ok(Vec::new()) };
    let Some(list) = requirements_for(world.library, word, &world.setting.home, organisation) else {
        // A workload may have a word of its own; a word on the command line must be one we know.
        if workload.is_some() {
            out::say(&format!("note: no requirements ship for the classification `{word}`"));
            return Ok(Vec::new());
        }
        let known: Vec<&str> = world.library.classifications.iter().map(|c| c.id.as_str()).collect();
        return Err(Failure::Usage(format!("no classification is called `{word}`; there are: {}", known.join(", "))));
    };
    Ok(world.check(&list, parts, workload))
}

fn transfer(library: &Library, args: &TransferArgs) -> Result<String, Failure> {
    let inputs = Inputs { config: args.config.clone(), ..Inputs::default() };
    let judged = context::judge(&inputs, &args.common)?;
    let Some(workload) = judged.assessment.workloads.iter().find(|w| w.name == args.workload) else {
        let names: Vec<&str> = judged.assessment.workloads.iter().map(|w| w.name.as_str()).collect();
        let name = &args.workload;
        return Err(Failure::Usage(format!("no workload is called `{name}`; there are: {}", names.join(", "))));
    };
    let draft = transfer_draft::draft(library, &judged.catalog, workload, args.language.code());
    match args.format {
        AnswerFormat::Text => Ok(text::draft(&draft, judged.settings.as_of)),
        AnswerFormat::Json => pretty(&draft),
    }
}

fn pretty<T: Serialize + ?Sized>(value: &T) -> Result<String, Failure> {
    let value: Value = serde_json::to_value(value).map_err(|e| Failure::Internal(e.to_string()))?;
    serde_json::to_string_pretty(&value).map(|t| format!("{t}\n")).map_err(|e| Failure::Internal(e.to_string()))
}
