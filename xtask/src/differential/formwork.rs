//! Formwork's answer, asked as people ask it: `formwork closure NAME… --json`.

use super::apt::Answer;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Formwork is and which archive it is asked about.
pub(crate) struct Formwork {
    pub(crate) program: PathBuf,
    pub(crate) mirror: String,
    pub(crate) suite: String,
    pub(crate) architecture: String,
    /// Further options, such as a keyring.
    pub(crate) options: Vec<String>,
    /// A home of its own for cache, state and configuration.
    pub(crate) home: PathBuf,
}

impl Formwork {
    /// A command with the archive's options, isolated from the caller's own settings.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.program);
        command
            .arg(name)
            .args(["--json", "--mirror", &self.mirror, "--suite", &self.suite])
            .args(["--arch", &self.architecture])
            .args(&self.options);
        isolate(&mut command, &self.home);
        command
    }

    /// What Formwork would install, as `name=version`; nothing when it says that nothing can.
    pub(crate) fn closure(&self, wishes: &[String]) -> Result<Answer, String> {
        let output = self
            .command("closure")
            .args(wishes)
            .output()
            .map_err(|error| format!("cannot run {}: {error}", self.program.display()))?;
        let document: Result<Value, _> = serde_json::from_slice(&output.stdout);
        match (output.status.code(), document) {
            (Some(0), Ok(document)) => members(&document, &self.architecture).map(Some),
            (Some(1), Ok(document)) if document.get("conflict").is_some() => Ok(None),
            (code, _) => Err(format!(
                "formwork closure {} ended with {code:?}: {}",
                wishes.join(" "),
                String::from_utf8_lossy(&output.stderr).trim()
            )),
        }
    }
}

/// Makes a command see no home but the given one.
pub(crate) fn isolate(command: &mut Command, home: &Path) {
    command
        .current_dir(home)
        .env("HOME", home)
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_STATE_HOME", home.join("state"))
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env_remove("FORMWORK_MIRROR");
}

/// The members of an answer, in apt's words: foreign ones carry their architecture.
fn members(document: &Value, native: &str) -> Result<BTreeSet<String>, String> {
    let packages = document["packages"]
        .as_array()
        .ok_or("the answer has no `packages`")?;
    let member = |package: &Value| {
        let [name, version, architecture] =
            ["name", "version", "architecture"].map(|key| package[key].as_str());
        let (name, version, architecture) = (name?, version?, architecture?);
        if architecture == native || architecture == "all" {
            return Some(format!("{name}={version}"));
        }
        Some(format!("{name}:{architecture}={version}"))
    };
    let members: Option<_> = packages.iter().map(member).collect();
    members.ok_or_else(|| "a package has no name, version or architecture".to_owned())
}
