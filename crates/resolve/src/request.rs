//! What is asked: wishes, a base set, and how free the resolver is.

use formwork_deb::universe::PackageId;
use std::fmt;
use thiserror::Error;

/// One name asked for, in apt's form `name[:architecture][=version|/suite]`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Wish {
    /// The name of a package, real or virtual.
    pub name: String,
    /// The architecture, the native one if not said.
    pub architecture: Option<String>,
    /// Exactly this version.
    pub version: Option<String>,
    /// Only from this suite (or repository), even where its priority would not let it win.
    pub suite: Option<String>,
}

/// A wish that cannot be read.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "`{text}` is not a package: expected name[:architecture][=version] or name[:architecture]/suite"
)]
pub struct WishSyntax {
    /// What was written.
    pub text: String,
}

impl Wish {
    /// Reads a wish in apt's form.
    pub fn parse(text: &str) -> Result<Self, WishSyntax> {
        let error = || WishSyntax {
            text: text.to_owned(),
        };
        let (rest, version) = match text.split_once('=') {
            Some((rest, version)) => (rest, Some(version)),
            None => (text, None),
        };
        let (rest, suite) = match rest.split_once('/') {
            Some((rest, suite)) => (rest, Some(suite)),
            None => (rest, None),
        };
        let (name, architecture) = match rest.split_once(':') {
            Some((name, architecture)) => (name, Some(architecture)),
            None => (rest, None),
        };
        let plain = |part: &str| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"+-.~_:".contains(&byte))
        };
        let parts = [Some(name), architecture, version, suite];
        if parts.into_iter().flatten().all(plain) && (version.is_none() || suite.is_none()) {
            let own = |part: Option<&str>| part.map(str::to_owned);
            Ok(Self {
                name: name.to_owned(),
                architecture: own(architecture),
                version: own(version),
                suite: own(suite),
            })
        } else {
            Err(error())
        }
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        let parts = [
            (":", &self.architecture),
            ("=", &self.version),
            ("/", &self.suite),
        ];
        for (mark, part) in parts {
            if let Some(part) = part {
                write!(f, "{mark}{part}")?;
            }
        }
        Ok(())
    }
}

/// A base set every system of that kind has, as the bootstrap tools know it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Variant {
    /// `Essential: yes` and what these need.
    Essential,
    /// The same, `Priority: required` and apt.
    Minbase,
    /// The same, `Priority: important` and `standard`.
    Standard,
}

impl Variant {
    /// Reads the name of a variant.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "essential" => Some(Self::Essential),
            "minbase" => Some(Self::Minbase),
            "standard" => Some(Self::Standard),
            _ => None,
        }
    }

    /// The name of a variant.
    pub fn name(self) -> &'static str {
        match self {
            Self::Essential => "essential",
            Self::Minbase => "minbase",
            Self::Standard => "standard",
        }
    }

    /// The highest archive priority (1 required … 5 extra) the variant takes, 0 for none.
    pub(crate) fn priority(self) -> u32 {
        match self {
            Self::Essential => 0,
            Self::Minbase => 1,
            Self::Standard => 3,
        }
    }
}

/// A question to the resolver.
#[derive(Clone, Default, Debug)]
pub struct Request {
    /// What is wished.
    pub wishes: Vec<Wish>,
    /// A base set to begin with.
    pub variant: Option<Variant>,
    /// Whether `Recommends` are followed where they can be.
    pub recommends: bool,
    /// Packages to stay with where possible, such as those of a lock.
    pub keep: Vec<PackageId>,
}
