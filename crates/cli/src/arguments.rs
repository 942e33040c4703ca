//! The command line as declared: global options, the options all questions share, and the
//! list of commands. Help, completions, man pages and the reference all come from here.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand};
use formwork_flow::Timestamp;
use formwork_flow::context::Context;
use formwork_flow::query::{Choice, Scope};
use formwork_model::project::Variant;

use crate::commands;
use crate::failure::Failure;

/// The variables of the environment that count, as `--help` tells them.
const ENVIRONMENT: &str = "\
Environment:
  FORMWORK_MIRROR              the mirror, as by --mirror
  FORMWORK_CREDENTIALS_NAME    user:password for the repository NAME; else apt's auth.conf
  FORMWORK_CA_FILE             certificate authorities of your own, as PEM
  FORMWORK_CACHE_DIR           what can be fetched again; else below XDG_CACHE_HOME
  FORMWORK_STATE_DIR           the Releases seen so far; else below XDG_STATE_HOME
  FORMWORK_ROOT                read apt's settings and os-release below this directory
  http_proxy, https_proxy, no_proxy, NO_COLOR, CLICOLOR_FORCE, COLUMNS   as usual";

/// Build Debian systems from signed archives: propose, resolve and lock packages, make trees of them.
///
/// Results go to standard output, everything else to standard error.
/// Exit codes: 0 fine; 1 the answer is "no"; 2 wrong use or input; 3 trouble outside
/// (network, disk, a signature); 4 a fault of formwork; 130 interrupted.
#[derive(Debug, Parser)]
#[command(
    name = "formwork",
    version,
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_long_help = ENVIRONMENT
)]
pub(crate) struct Arguments {
    /// Options every command takes.
    #[command(flatten)]
    pub(crate) global: GlobalOptions,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options every command takes.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalOptions {
    /// Print one documented JSON document instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Say nothing but results, warnings and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say every step
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Never touch the network: use what the cache holds and say what it lacks
    #[arg(long, global = true, conflicts_with = "refresh")]
    pub(crate) offline: bool,
    /// Ask the mirror for newer indices even if those in the cache are recent
    #[arg(long, global = true)]
    pub(crate) refresh: bool,
    /// Use the project in this directory instead of the one around the current directory
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) project: Option<PathBuf>,
    /// Fetch from this mirror instead of the one apt uses here [env: FORMWORK_MIRROR]
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) mirror: Option<String>,
    /// Run this many transfers or threads at once
    #[arg(short, long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    /// Accept a Release that is older than one seen before
    #[arg(long, global = true)]
    pub(crate) allow_older: bool,
}

/// Options all questions to the archive share.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Where to look")]
pub(crate) struct QueryOptions {
    /// Look in exactly this suite (may be repeated); without a project the suite this machine runs
    #[arg(short, long = "suite", value_name = "SUITE", action = ArgAction::Append)]
    pub(crate) suites: Vec<String>,
    /// Look in this component instead of main (may be repeated)
    #[arg(short, long = "component", value_name = "COMPONENT", action = ArgAction::Append)]
    pub(crate) components: Vec<String>,
    /// The architecture that packages are for; without a project this machine's
    #[arg(short, long, value_name = "ARCH")]
    pub(crate) arch: Option<String>,
    /// Also consider packages of this foreign architecture (may be repeated)
    #[arg(long = "foreign", value_name = "ARCH", action = ArgAction::Append)]
    pub(crate) foreign: Vec<String>,
    /// Read build dependencies under this build profile, for example nocheck (may be repeated)
    #[arg(long = "build-profile", value_name = "PROFILE", action = ArgAction::Append)]
    pub(crate) build_profiles: Vec<String>,
    /// Look at the archive as it was, for example 20260901T000000Z
    #[arg(long, value_name = "TIMESTAMP")]
    pub(crate) at: Option<String>,
    /// Trust the keys of this file instead of Debian's archive keys (may be repeated)
    #[arg(long = "keyring", value_name = "FILE", action = ArgAction::Append)]
    pub(crate) keyrings: Vec<PathBuf>,
}

/// The day by which a command judges dates.
#[derive(Clone, Debug, Args)]
pub(crate) struct TodayOption {
    /// Take this for today instead of what the clock says, for example 2026-12-31
    #[arg(long, value_name = "DATE")]
    pub(crate) today: Option<String>,
}

/// Options that decide what is installed besides the names asked for.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "What to install")]
pub(crate) struct ChoiceOptions {
    /// Begin with the packages that debootstrap would install for this variant
    #[arg(long, value_name = "VARIANT", value_enum)]
    pub(crate) variant: Option<VariantChoice>,
    /// Follow Recommends as well as Depends
    #[arg(long)]
    pub(crate) recommends: bool,
    /// Take the names for source packages and resolve what building them needs
    #[arg(long)]
    pub(crate) builds: bool,
}

/// The sets of packages that debootstrap calls variants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum VariantChoice {
    /// Packages marked Essential
    Essential,
    /// Essential and priority required
    Minbase,
    /// Minbase and priority important
    Standard,
}

/// What formwork can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Init(commands::init::Init),
    Lock(commands::lock::Lock),
    Update(commands::update::Update),
    Fetch(commands::fetch::Fetch),
    Images(commands::images::Images),
    Build(commands::build::Build),
    Repro(commands::repro::Repro),
    Run(commands::run::Run),
    Inspect(commands::inspect::Inspect),
    Closure(commands::closure::Closure),
    Why(commands::why::Why),
    Tree(commands::tree::Tree),
    Rdepends(commands::rdepends::Rdepends),
    Show(commands::show::Show),
    Search(commands::search::Search),
    Sources(commands::sources::Sources),
    Installable(commands::installable::Installable),
    Propose(commands::propose::Propose),
    Approved(commands::approved::Approved),
    Migrate(commands::migrate::Migrate),
    Check(commands::check::Check),
    Trace(commands::trace::Trace),
    Coverage(commands::coverage::Coverage),
    Cache(commands::cache::Cache),
    #[command(name = "self")]
    Own(commands::own::Own),
}

impl QueryOptions {
    /// The scope these options describe.
    pub(crate) fn scope(&self) -> Result<Scope, Failure> {
        let at = self.at.as_deref().map(timestamp).transpose()?;
        Ok(Scope {
            suites: self.suites.clone(),
            components: self.components.clone(),
            architecture: self.arch.clone(),
            foreign: self.foreign.clone(),
            build_profiles: self.build_profiles.clone(),
            at,
            keyrings: self.keyrings.clone(),
        })
    }
}

impl TodayOption {
    /// The first second of the day that is meant.
    pub(crate) fn day(&self, context: &Context) -> Result<Timestamp, Failure> {
        let text = match &self.today {
            Some(text) => text.clone(),
            None => context.settings.now.date(),
        };
        Timestamp::parse_date(&text).map_err(|_| Failure::Usage {
            message: format!("--today {text} is not a date"),
            hint: "write it as in 2026-12-31".to_owned(),
        })
    }
}

impl ChoiceOptions {
    /// What is installed besides the wishes.
    pub(crate) fn choice(&self) -> Choice {
        Choice {
            variant: self.variant.map(VariantChoice::variant),
            recommends: self.recommends,
            builds: self.builds,
        }
    }
}

impl VariantChoice {
    /// The variant itself.
    pub(crate) fn variant(self) -> Variant {
        match self {
            VariantChoice::Essential => Variant::Essential,
            VariantChoice::Minbase => Variant::Minbase,
            VariantChoice::Standard => Variant::Standard,
        }
    }
}

/// An instant as snapshots name it, or a day.
pub(crate) fn timestamp(text: &str) -> Result<Timestamp, Failure> {
    Timestamp::parse_snapshot(text)
        .or_else(|_| Timestamp::parse_date(text))
        .map_err(|_| Failure::Usage {
            message: format!("--at {text} is not an instant"),
            hint: "write it as 20260901T000000Z, or as a day: 2026-09-01".to_owned(),
        })
}
