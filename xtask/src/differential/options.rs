//! The options of `cargo xtask differential`.

use std::path::PathBuf;

/// What the caller asked for.
pub(crate) struct Options {
    pub(crate) suite: String,
    pub(crate) architecture: String,
    pub(crate) sets: usize,
    pub(crate) clash: usize,
    pub(crate) seed: u64,
    /// The number of random universes, when no real suite is meant.
    pub(crate) toy: Option<usize>,
    /// The program under test; without it only the peers are asked.
    pub(crate) formwork: Option<PathBuf>,
    pub(crate) data: PathBuf,
}

impl Options {
    /// Reads `--name value` pairs.
    pub(crate) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self {
            suite: "bookworm".to_owned(),
            architecture: "amd64".to_owned(),
            sets: 200,
            clash: 100,
            seed: 1,
            toy: None,
            formwork: None,
            data: default_data(),
        };
        let mut arguments = arguments.iter();
        while let Some(name) = arguments.next() {
            let value = arguments
                .next()
                .ok_or_else(|| format!("{name} needs a value"))?;
            options.set(name, value)?;
        }
        options.data = absolute(options.data)?;
        options.formwork = options.formwork.map(absolute).transpose()?;
        Ok(options)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        let number = || {
            value
                .parse::<usize>()
                .map_err(|_| format!("{name}: `{value}` is no number"))
        };
        match name {
            "--suite" => value.clone_into(&mut self.suite),
            "--arch" => value.clone_into(&mut self.architecture),
            "--sets" => self.sets = number()?,
            "--clash" => self.clash = number()?,
            "--seed" => self.seed = number()? as u64,
            "--toy" => self.toy = Some(number()?),
            "--formwork" => self.formwork = Some(value.into()),
            "--data" => self.data = value.into(),
            _ => return Err(format!("unknown option `{name}`")),
        }
        Ok(())
    }
}

/// Where `bench/fetch-indices` puts what it fetches, unless told otherwise.
pub(crate) fn default_data() -> PathBuf {
    if let Some(data) = std::env::var_os("FORMWORK_BENCH_DATA") {
        return data.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache");
    cache.unwrap_or_else(home).join("formwork-bench")
}

fn absolute(path: PathBuf) -> Result<PathBuf, String> {
    std::path::absolute(&path).map_err(|error| format!("{}: {error}", path.display()))
}
