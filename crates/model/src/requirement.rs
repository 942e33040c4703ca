//! The requirement catalogue: what a product must do, and what serves to do it.
//!
//! `requirements/*.toml` come with Formwork and may be added to by a project. A file has
//!
//! - `[groups]`: `FR1 = "title"`, the headings of a standard;
//! - `[[requirement]]`: `id` (`CR 1.1`, an enhancement is `CR 1.1 RE(1)`), `title`, `group`,
//!   `levels` (the security levels that ask for it; none: nothing is asked of a component),
//!   `enhances`, `tests`;
//! - `[[test]]`: `id` and what it `checks`;
//! - `[features.NAME]`: `title` and `kind` (`hardware`, `network`): what a board may have and a
//!   package may need;
//! - `[capabilities.NAME]`: a named function, the link between the world of the standard and that
//!   of the archive: `title`, the `requirements` it serves, the source `packages` that are known to
//!   give it, the `features` without which they cannot, and the `tests` that show it.
//!
//! A package of a proposal serves the requirements it names itself and those of the capabilities
//! it names. Its own `needs` say on which boards it does so. `packages` of a capability are
//! candidates: they tell what would meet a requirement that nothing approved meets.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::keys::{Keys, Text, parse};
use crate::name::{self, Kind};
use crate::nearest::nearest;
use crate::source::{FileError, Source, Spot};

/// All that the files of a project and those that come with Formwork say together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// The headings, by name.
    pub groups: BTreeMap<String, String>,
    /// The requirements, by id; [`Catalogue::in_order`] gives the order of the standard.
    pub requirements: BTreeMap<String, Requirement>,
    /// The tests, by id.
    pub tests: BTreeMap<String, Test>,
    /// The features, by name.
    pub features: BTreeMap<String, Feature>,
    /// The capabilities, by name.
    pub capabilities: BTreeMap<String, Capability>,
}

/// Something that a product must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Its id, as `CR 1.1 RE(1)`.
    pub id: String,
    /// Its short title.
    pub title: String,
    /// Its heading; may be empty.
    pub group: String,
    /// The security levels that ask for it; empty: nothing is asked of a component.
    pub levels: Vec<u8>,
    /// The requirement that it enhances.
    pub enhances: Option<String>,
    /// The tests that show it.
    pub tests: Vec<String>,
    /// Where it is written.
    pub spot: Spot,
}

/// A test that shows something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// Its id.
    pub id: String,
    /// What it checks.
    pub checks: String,
    /// Where it is written.
    pub spot: Spot,
}

/// Something that a board may have and a package may need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Its name, as `tpm2`.
    pub name: String,
    /// What it is.
    pub title: String,
    /// Of which kind it is.
    pub kind: FeatureKind,
    /// Where it is written.
    pub spot: Spot,
}

/// Of which kind a feature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeatureKind {
    /// A part of the board, or of its firmware.
    Hardware,
    /// A connection.
    Network,
}

impl FeatureKind {
    /// The word in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            FeatureKind::Hardware => "hardware",
            FeatureKind::Network => "network",
        }
    }
}

/// A named function that packages give and requirements ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    /// Its name, as `secure-key-storage`.
    pub name: String,
    /// What it is.
    pub title: String,
    /// The requirements it serves.
    pub requirements: Vec<String>,
    /// Source packages that are known to give it.
    pub packages: Vec<String>,
    /// Features without which they cannot.
    pub features: Vec<String>,
    /// Tests that show it.
    pub tests: Vec<String>,
    /// Where it is written.
    pub spot: Spot,
}

/// An id as the catalogue writes it: `cr1.14 re 1` becomes `CR 1.14 RE(1)`.
#[must_use]
pub fn normalised(id: &str) -> String {
    let id = id.trim();
    let letters = id.find(|letter: char| !letter.is_ascii_alphabetic());
    let Some((front, rest)) = letters.and_then(|at| id.split_at_checked(at)) else {
        return id.to_owned();
    };
    let rest = rest.trim_start_matches([' ', '-']);
    let (number, enhancement) =
        match rest.find(|letter: char| letter != '.' && !letter.is_ascii_digit()) {
            None => (rest, ""),
            Some(at) => rest.split_at(at),
        };
    let digits: String = enhancement
        .trim_start_matches([' ', '-'])
        .to_ascii_uppercase()
        .strip_prefix("RE")
        .unwrap_or_default()
        .chars()
        .filter(|letter| !" ()".contains(*letter))
        .collect();
    let fits = !number.is_empty() && number.contains('.');
    let enhanced = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if fits && enhancement.trim().is_empty() {
        format!("{} {number}", front.to_ascii_uppercase())
    } else if fits && enhanced {
        format!("{} {number} RE({digits})", front.to_ascii_uppercase())
    } else {
        id.to_owned()
    }
}

/// The order of a standard: by numbers, then by the kind of component; `CR 1.9` before `CR 1.10`.
#[must_use]
pub fn order(left: &str, right: &str) -> Ordering {
    fn key(id: &str) -> (Vec<u32>, &str) {
        let front = id.split(' ').next().unwrap_or_default();
        let rest = id.get(front.len()..).unwrap_or_default();
        let numbers = rest
            .split(|letter: char| !letter.is_ascii_digit())
            .filter_map(|number| number.parse().ok());
        // The number proper comes before the kind, the enhancement behind it.
        (numbers.collect(), front)
    }
    let ((left_numbers, left_kind), (right_numbers, right_kind)) = (key(left), key(right));
    let own = |numbers: &[u32]| numbers.iter().take(2).copied().collect::<Vec<u32>>();
    own(&left_numbers)
        .cmp(&own(&right_numbers))
        .then_with(|| left_kind.cmp(right_kind))
        .then_with(|| left_numbers.cmp(&right_numbers))
        .then_with(|| left.cmp(right))
}

impl Catalogue {
    /// The requirements in the order of the standard.
    #[must_use]
    pub fn in_order(&self) -> Vec<&Requirement> {
        let mut all: Vec<&Requirement> = self.requirements.values().collect();
        all.sort_by(|left, right| order(&left.id, &right.id));
        all
    }

    /// The capabilities that serve a requirement.
    pub fn serving<'a>(&'a self, requirement: &'a str) -> impl Iterator<Item = &'a Capability> {
        self.capabilities
            .values()
            .filter(move |capability| capability.requirements.iter().any(|id| id == requirement))
    }

    /// The requirements whose id or title holds all words of a text, in the standard's order; an
    /// id typed in full comes first.
    #[must_use]
    pub fn search(&self, text: &str) -> Vec<&Requirement> {
        let exact = normalised(text);
        let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
        let mut found: Vec<&Requirement> = self
            .in_order()
            .into_iter()
            .filter(|requirement| {
                let whole = format!("{} {}", requirement.id, requirement.title).to_lowercase();
                requirement.id == exact || words.iter().all(|word| whole.contains(word.as_str()))
            })
            .collect();
        found.sort_by_key(|requirement| requirement.id != exact);
        found
    }

    /// Adds what a file says; [`Catalogue::check`] follows when all files are in.
    pub fn add(&mut self, source: Source<'_>) -> Result<(), FileError> {
        let tree = parse(source)?;
        let mut root = Keys::root(source, "a requirement catalogue", &tree);
        let adder = Adder { source };
        if let Some(keys) = root.table("groups", "[groups]")? {
            for (name, value) in keys.entries() {
                let Some(title) = value.get_ref().as_str() else {
                    let message = "a group is a name and its title";
                    return Err(source.error(&value.span(), message));
                };
                adder.insert(&mut self.groups, &name, title.to_owned())?;
            }
        }
        for keys in root.tables("requirement", "a requirement")? {
            adder.requirement(keys, self)?;
        }
        for mut keys in root.tables("test", "a test")? {
            let id = keys.required_string("id")?;
            let test = Test {
                id: id.get_ref().clone(),
                checks: keys.required_string("checks")?.into_inner(),
                spot: source.spot(&id.span()),
            };
            keys.finish()?;
            adder.insert(&mut self.tests, &id, test)?;
        }
        if let Some(keys) = root.table("features", "[features]")? {
            for (name, value) in keys.entries() {
                adder.feature(&name, Keys::of(source, "a feature", value)?, self)?;
            }
        }
        if let Some(keys) = root.table("capabilities", "[capabilities]")? {
            for (name, value) in keys.entries() {
                adder.capability(&name, Keys::of(source, "a capability", value)?, self)?;
            }
        }
        root.finish()
    }

    /// Every name that one entry uses of another must be there.
    pub fn check(&self) -> Result<(), FileError> {
        for requirement in self.requirements.values() {
            let spot = &requirement.spot;
            known(
                spot,
                "requirement",
                requirement.enhances.iter(),
                &self.requirements,
            )?;
            known(spot, "test", &requirement.tests, &self.tests)?;
            let group = Some(&requirement.group).filter(|group| !group.is_empty());
            known(spot, "group", group, &self.groups)?;
        }
        for capability in self.capabilities.values() {
            let spot = &capability.spot;
            known(
                spot,
                "requirement",
                &capability.requirements,
                &self.requirements,
            )?;
            known(spot, "test", &capability.tests, &self.tests)?;
            known(spot, "feature", &capability.features, &self.features)?;
        }
        Ok(())
    }
}

/// Complains about the first name that is not there.
fn known<'a, T>(
    spot: &Spot,
    what: &str,
    names: impl IntoIterator<Item = &'a String>,
    all: &BTreeMap<String, T>,
) -> Result<(), FileError> {
    let Some(name) = names.into_iter().find(|name| !all.contains_key(*name)) else {
        return Ok(());
    };
    let near = nearest(name, all.keys().map(String::as_str), 1);
    Err(FileError {
        spot: spot.clone(),
        message: format!("no {what} `{name}`"),
        hint: near.first().map(|near| format!("did you mean `{near}`?")),
    })
}

/// What adding needs everywhere.
struct Adder<'a> {
    source: Source<'a>,
}

impl Adder<'_> {
    /// Adds an entry under a name that must be new.
    fn insert<T>(
        &self,
        all: &mut BTreeMap<String, T>,
        name: &Text,
        entry: T,
    ) -> Result<(), FileError> {
        if all.contains_key(name.get_ref()) {
            let message = format!("`{}` is described already", name.get_ref());
            return Err(self
                .source
                .error(&name.span(), message)
                .hint("here, in another file of requirements/, or in what comes with Formwork"));
        }
        all.insert(name.get_ref().clone(), entry);
        Ok(())
    }

    fn named(&self, name: &Text) -> Result<(), FileError> {
        if name::is_valid(Kind::Set, name.get_ref()) {
            return Ok(());
        }
        let message = format!("`{}` cannot be such a name", name.get_ref());
        let error = self.source.error(&name.span(), message);
        Err(error.hint(Kind::Set.alphabet()))
    }

    fn requirement(&self, mut keys: Keys<'_>, all: &mut Catalogue) -> Result<(), FileError> {
        let id = keys.required_string("id")?;
        let id = Text::new(id.span(), normalised(id.get_ref()));
        let requirement = Requirement {
            id: id.get_ref().clone(),
            title: keys.required_string("title")?.into_inner(),
            group: owned(keys.string("group")?),
            levels: self.levels(&mut keys)?,
            enhances: keys
                .string("enhances")?
                .map(|text| normalised(text.get_ref())),
            tests: list(keys.strings("tests")?),
            spot: self.source.spot(&id.span()),
        };
        keys.finish()?;
        self.insert(&mut all.requirements, &id, requirement)
    }

    fn levels(&self, keys: &mut Keys<'_>) -> Result<Vec<u8>, FileError> {
        let wrong = |span| {
            let message = "`levels` is a list of security levels from 1 to 4";
            Err(self.source.error(span, message).hint("levels = [2, 3, 4]"))
        };
        let Some(value) = keys.value("levels") else {
            return Ok(Vec::new());
        };
        let Some(items) = value.get_ref().as_array() else {
            return wrong(&value.span());
        };
        let mut levels = Vec::new();
        for item in items {
            let number = item.get_ref().as_integer();
            match number.and_then(|number| number.as_str().parse::<u8>().ok()) {
                Some(level @ 1..=4) => levels.push(level),
                _ => return wrong(&item.span()),
            }
        }
        Ok(levels)
    }

    fn feature(
        &self,
        name: &Text,
        mut keys: Keys<'_>,
        all: &mut Catalogue,
    ) -> Result<(), FileError> {
        self.named(name)?;
        let title = keys.required_string("title")?.into_inner();
        let kind = keys.required_string("kind")?;
        keys.finish()?;
        let known = [FeatureKind::Hardware, FeatureKind::Network];
        let Some(kind) = known.into_iter().find(|one| one.as_str() == kind.get_ref()) else {
            let message = format!("`{}` is no kind of feature", kind.get_ref());
            let error = self.source.error(&kind.span(), message);
            return Err(error.hint("hardware or network"));
        };
        let feature = Feature {
            name: name.get_ref().clone(),
            title,
            kind,
            spot: self.source.spot(&name.span()),
        };
        self.insert(&mut all.features, name, feature)
    }

    fn capability(
        &self,
        name: &Text,
        mut keys: Keys<'_>,
        all: &mut Catalogue,
    ) -> Result<(), FileError> {
        self.named(name)?;
        let requirements = list(keys.strings("requirements")?);
        let capability = Capability {
            name: name.get_ref().clone(),
            title: keys.required_string("title")?.into_inner(),
            requirements: requirements.iter().map(|id| normalised(id)).collect(),
            packages: list(keys.strings("packages")?),
            features: list(keys.strings("features")?),
            tests: list(keys.strings("tests")?),
            spot: self.source.spot(&name.span()),
        };
        keys.finish()?;
        self.insert(&mut all.capabilities, name, capability)
    }
}

fn owned(text: Option<Text>) -> String {
    text.map(Text::into_inner).unwrap_or_default()
}

fn list(texts: Option<Vec<Text>>) -> Vec<String> {
    let texts = texts.unwrap_or_default();
    texts.into_iter().map(Text::into_inner).collect()
}

#[cfg(test)]
#[path = "requirement_tests.rs"]
mod tests;
