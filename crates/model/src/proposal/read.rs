//! From the text of a proposal to what it says, each value with its place.

use std::ops::Range;

use formwork_deb::time::Timestamp;
use toml::Spanned;
use toml::de::DeValue;

use super::{
    Alternative, Binary, Deferred, Package, Placed, Proposal, Provider, Review, State, Status,
    Superseded, Verdict,
};
use crate::keys::{Keys, Text, parse};
use crate::name::{self, Kind};
use crate::nearest::nearest;
use crate::source::{FileError, Source};

impl Proposal {
    /// Reads the text of `proposals/NNNN-slug.toml`; the name of the file must fit its number.
    pub fn read(source: Source<'_>) -> Result<Proposal, FileError> {
        let (number, slug) = name_of(source)?;
        let tree = parse(source)?;
        let mut root = Keys::root(source, "a proposal", &tree);
        let reader = Reader { source };
        let (id, id_spot) = reader.required_count(&mut root, "id")?;
        let (revision, revision_spot) = reader.required_count(&mut root, "revision")?;
        let status = root.required_string("status")?;
        let mut proposal = Proposal {
            file: source.file.to_owned(),
            slug,
            id,
            id_spot,
            title: reader.said(&mut root, "title")?,
            proposer: reader.placed(root.required_string("proposer")?),
            revision,
            revision_spot,
            status: reader.word(&status, "a status", &Status::ALL, Status::as_str)?,
            status_spot: source.spot(&status.span()),
            opened: reader.date(&mut root, "opened")?,
            due: reader.date(&mut root, "due")?,
            closed: reader.date(&mut root, "closed")?,
            suites: reader.names(&mut root, "suites", Kind::Suite)?,
            architectures: reader.names(&mut root, "architectures", Kind::Architecture)?,
            supersedes: reader.superseded(&mut root)?,
            notes: reader.text(&mut root, "notes")?,
            packages: Vec::new(),
            reviews: Vec::new(),
        };
        for key in ["suites", "architectures"] {
            let list = if key == "suites" {
                &proposal.suites
            } else {
                &proposal.architectures
            };
            if list.is_empty() {
                return Err(root
                    .missing(key)
                    .hint(format!("{key} = [\"…\"], one at least")));
            }
        }
        for keys in root.tables("package", "a package")? {
            let package = reader.package(keys, &proposal)?;
            proposal.packages.push(package);
        }
        for keys in root.tables("review", "a review")? {
            proposal.reviews.push(reader.review(keys)?);
        }
        root.finish()?;
        if proposal.id != number {
            return Err(FileError {
                spot: proposal.id_spot.clone(),
                message: format!("the file's name says number {number}, its `id` says {id}"),
                hint: Some("make the two the same".to_owned()),
            });
        }
        proposal.check()?;
        Ok(proposal)
    }
}

/// The number and the slug in a file's name.
fn name_of(source: Source<'_>) -> Result<(u32, String), FileError> {
    let stem = source.file.rsplit('/').next().unwrap_or(source.file);
    let stem = stem.strip_suffix(".toml").unwrap_or(stem);
    let parts = stem.split_once('-').filter(|(number, slug)| {
        number.len() >= 4
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && name::is_valid(Kind::Image, slug)
    });
    let parsed =
        parts.and_then(|(number, slug)| Some((number.parse::<u32>().ok()?, slug.to_owned())));
    parsed.ok_or_else(|| {
        source
            .error(
                &(0..0),
                "the name of a proposal's file is NNNN-slug.toml, as in 0002-security.toml",
            )
            .hint("rename the file")
    })
}

/// What reading needs everywhere.
#[derive(Clone, Copy)]
struct Reader<'a> {
    source: Source<'a>,
}

impl Reader<'_> {
    fn placed(&self, text: Text) -> Placed {
        Placed {
            spot: self.source.spot(&text.span()),
            text: text.into_inner(),
        }
    }

    /// A text that may be left out.
    fn text(&self, keys: &mut Keys<'_>, key: &'static str) -> Result<String, FileError> {
        Ok(keys
            .string(key)?
            .map(|text| text.get_ref().trim().to_owned())
            .unwrap_or_default())
    }

    /// A text that must say something.
    fn said(&self, keys: &mut Keys<'_>, key: &'static str) -> Result<String, FileError> {
        let text = keys.required_string(key)?;
        let said = text.get_ref().trim();
        if said.is_empty() {
            let message = format!("`{key}` is empty");
            return Err(self.source.error(&text.span(), message));
        }
        Ok(said.to_owned())
    }

    /// A day, as a string or as TOML's own date.
    fn date(&self, keys: &mut Keys<'_>, key: &'static str) -> Result<Option<Timestamp>, FileError> {
        let Some(value) = keys.value(key) else {
            return Ok(None);
        };
        let written = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Datetime(date) => date.to_string(),
            _ => {
                let message = format!("`{key}` must be a date");
                return Err(self
                    .source
                    .error(&value.span(), message)
                    .hint(format!("{key} = \"2026-12-31\"")));
            }
        };
        self.day(&written, &value.span()).map(Some)
    }

    fn day(&self, written: &str, span: &Range<usize>) -> Result<Timestamp, FileError> {
        Timestamp::parse_date(written).map_err(|_| {
            self.source
                .error(span, format!("`{written}` is not a date"))
                .hint("write it as in 2026-12-31")
        })
    }

    fn required_date(
        &self,
        keys: &mut Keys<'_>,
        key: &'static str,
    ) -> Result<Timestamp, FileError> {
        self.date(keys, key)?
            .ok_or_else(|| keys.missing(key).hint(format!("{key} = \"2026-12-31\"")))
    }

    /// A number from 1.
    fn count(&self, number: &Spanned<i64>, key: &str) -> Result<u32, FileError> {
        u32::try_from(*number.get_ref())
            .ok()
            .filter(|number| *number > 0)
            .ok_or_else(|| {
                self.source.error(
                    &number.span(),
                    format!("`{key}` must be a number from 1, not {}", number.get_ref()),
                )
            })
    }

    fn required_count(
        &self,
        keys: &mut Keys<'_>,
        key: &'static str,
    ) -> Result<(u32, crate::source::Spot), FileError> {
        let number = keys.integer(key)?.ok_or_else(|| keys.missing(key))?;
        Ok((self.count(&number, key)?, self.source.spot(&number.span())))
    }

    /// One word of a small vocabulary.
    fn word<T: Copy>(
        &self,
        text: &Text,
        what: &str,
        all: &[T],
        name: fn(T) -> &'static str,
    ) -> Result<T, FileError> {
        let found = all.iter().find(|one| name(**one) == text.get_ref());
        found.copied().ok_or_else(|| {
            let words: Vec<&str> = all.iter().map(|one| name(*one)).collect();
            let near = nearest(text.get_ref(), words.iter().copied(), 1);
            let hint = match near.first() {
                Some(word) => format!("did you mean `{word}`?"),
                None => format!("one of {}", words.join(", ")),
            };
            self.source
                .error(&text.span(), format!("`{}` is not {what}", text.get_ref()))
                .hint(hint)
        })
    }

    /// Names of a kind, each once.
    fn names(
        &self,
        keys: &mut Keys<'_>,
        key: &'static str,
        kind: Kind,
    ) -> Result<Vec<Placed>, FileError> {
        let list = keys.strings(key)?.unwrap_or_default();
        let mut names: Vec<Placed> = Vec::new();
        for text in list {
            self.valid(kind, text.get_ref(), &text.span())?;
            self.once(&names, &text)?;
            names.push(self.placed(text));
        }
        Ok(names)
    }

    /// Words without an alphabet of their own, each once.
    fn words(
        &self,
        keys: &mut Keys<'_>,
        key: &'static str,
    ) -> Result<Option<Vec<Placed>>, FileError> {
        let Some(list) = keys.strings(key)? else {
            return Ok(None);
        };
        let mut words: Vec<Placed> = Vec::new();
        for text in list {
            if text.get_ref().trim().is_empty() {
                let message = format!("an entry of `{key}` is empty");
                return Err(self.source.error(&text.span(), message));
            }
            self.once(&words, &text)?;
            words.push(self.placed(text));
        }
        Ok(Some(words))
    }

    fn once(&self, known: &[Placed], text: &Text) -> Result<(), FileError> {
        if known.iter().any(|other| other.text == *text.get_ref()) {
            let message = format!("`{}` stands here twice", text.get_ref());
            return Err(self.source.error(&text.span(), message));
        }
        Ok(())
    }

    fn valid(&self, kind: Kind, name: &str, span: &Range<usize>) -> Result<(), FileError> {
        if name::is_valid(kind, name) {
            return Ok(());
        }
        let message = format!("`{name}` cannot be the name of a {}", kind.word());
        Err(self.source.error(span, message).hint(kind.alphabet()))
    }

    fn package_name(&self, text: Text) -> Result<Placed, FileError> {
        self.valid(Kind::Package, text.get_ref(), &text.span())?;
        Ok(self.placed(text))
    }

    fn superseded(&self, root: &mut Keys<'_>) -> Result<Vec<Superseded>, FileError> {
        let Some(value) = root.value("supersedes") else {
            return Ok(Vec::new());
        };
        let wrong = |span: &Range<usize>| {
            self.source
                .error(span, "`supersedes` must be a list of numbers of proposals")
                .hint("supersedes = [1]")
        };
        let DeValue::Array(list) = value.get_ref() else {
            return Err(wrong(&value.span()));
        };
        let mut found = Vec::new();
        for item in list {
            let DeValue::Integer(number) = item.get_ref() else {
                return Err(wrong(&item.span()));
            };
            let id = number.as_str().parse::<u32>().ok().filter(|id| *id > 0);
            found.push(Superseded {
                id: id.ok_or_else(|| wrong(&item.span()))?,
                spot: self.source.spot(&item.span()),
            });
        }
        Ok(found)
    }

    fn package(&self, mut keys: Keys<'_>, proposal: &Proposal) -> Result<Package, FileError> {
        let state = match keys.string("state")? {
            None => State::default(),
            Some(text) => self.word(&text, "a state of a package", &State::ALL, State::as_str)?,
        };
        let package = Package {
            spot: self.source.spot(&keys.span()),
            source: self.package_name(keys.required_string("source")?)?,
            binaries: self.binaries(&mut keys, proposal)?,
            suites: self.names(&mut keys, "suites", Kind::Suite)?,
            architectures: self.names(&mut keys, "architectures", Kind::Architecture)?,
            on_target: keys.boolean("on_target")?.unwrap_or(true),
            reason: self.text(&mut keys, "reason")?,
            capabilities: self.words(&mut keys, "capabilities")?.unwrap_or_default(),
            requirements: self.words(&mut keys, "requirements")?.unwrap_or_default(),
            needs: self.words(&mut keys, "needs")?,
            alternatives: self.alternatives(&mut keys)?,
            providers: self.providers(&mut keys)?,
            security_tags: self
                .words(&mut keys, "security_tags")?
                .unwrap_or_default()
                .into_iter()
                .map(|tag| tag.text)
                .collect(),
            notes: self.text(&mut keys, "notes")?,
            state,
            deferred: self.deferred(&mut keys)?,
            replaces: keys
                .string("replaces")?
                .map(|text| self.package_name(text))
                .transpose()?,
        };
        keys.finish()?;
        Ok(package)
    }

    /// Binaries with their restrictions; a word in brackets that is a suite of the proposal means
    /// that suite, any other an architecture.
    fn binaries(&self, keys: &mut Keys<'_>, proposal: &Proposal) -> Result<Vec<Binary>, FileError> {
        let mut binaries: Vec<Binary> = Vec::new();
        for text in keys.strings("binaries")?.unwrap_or_default() {
            let (front, rest) = match text.get_ref().split_once('[') {
                None => (text.get_ref().trim(), None),
                Some((front, rest)) => (front.trim(), Some(rest)),
            };
            self.valid(Kind::Package, front, &text.span())?;
            let mut binary = Binary {
                name: Placed {
                    text: front.to_owned(),
                    spot: self.source.spot(&text.span()),
                },
                suites: Vec::new(),
                architectures: Vec::new(),
            };
            if let Some(rest) = rest {
                let list = rest.trim_end().strip_suffix(']').map(str::trim);
                let words: Vec<&str> = list.unwrap_or_default().split_whitespace().collect();
                for word in &words {
                    if proposal.suites.iter().any(|suite| suite.text == **word) {
                        binary.suites.push((*word).to_owned());
                    } else {
                        self.valid_pattern(word, proposal, &text.span())?;
                        binary.architectures.push((*word).to_owned());
                    }
                }
                if words.is_empty() {
                    return Err(self.bad_restriction(rest, &text.span()));
                }
            }
            let same = |other: &Binary| {
                other.name.text == binary.name.text
                    && other.suites == binary.suites
                    && other.architectures == binary.architectures
            };
            if binaries.iter().any(same) {
                let message = format!("`{}` stands here twice", text.get_ref());
                return Err(self.source.error(&text.span(), message));
            }
            binaries.push(binary);
        }
        Ok(binaries)
    }

    /// A misspelt suite would pass as an architecture that nothing matches: each pattern must
    /// match one of the proposal's.
    fn valid_pattern(
        &self,
        word: &str,
        proposal: &Proposal,
        span: &Range<usize>,
    ) -> Result<(), FileError> {
        let matches = |own: &Placed| formwork_deb::relation::architecture_matches(word, &own.text);
        if proposal.architectures.iter().any(matches) {
            return Ok(());
        }
        Err(self.bad_restriction(word, span))
    }

    fn bad_restriction(&self, words: &str, span: &Range<usize>) -> FileError {
        let words = words.trim_end_matches(']').trim();
        self.source
            .error(
                span,
                format!("`{words}` is neither a suite nor an architecture of this proposal"),
            )
            .hint("write \"libssl3 [bookworm amd64]\"")
    }

    fn alternatives(&self, keys: &mut Keys<'_>) -> Result<Vec<Alternative>, FileError> {
        let mut found = Vec::new();
        for mut keys in keys.tables("alternatives", "an alternative")? {
            let alternative = Alternative {
                package: self.placed(keys.required_string("package")?),
                why_not: self.said(&mut keys, "why_not")?,
            };
            keys.finish()?;
            found.push(alternative);
        }
        Ok(found)
    }

    fn providers(&self, keys: &mut Keys<'_>) -> Result<Vec<Provider>, FileError> {
        let Some(table) = keys.table("providers", "providers")? else {
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for (of, value) in table.entries() {
            let DeValue::String(package) = value.get_ref() else {
                return Err(self
                    .source
                    .error(&value.span(), "a provider is the name of a binary package")
                    .hint("providers = { \"mail-transport-agent\" = \"msmtp-mta\" }"));
            };
            let package = Spanned::new(value.span(), package.to_string());
            found.push(Provider {
                of: self.placed(of),
                package: self.package_name(package)?,
            });
        }
        Ok(found)
    }

    fn deferred(&self, keys: &mut Keys<'_>) -> Result<Option<Deferred>, FileError> {
        let Some(mut keys) = keys.table("deferred", "deferred")? else {
            return Ok(None);
        };
        let deferred = Deferred {
            revision: self.required_count(&mut keys, "revision")?.0,
            reason: self.said(&mut keys, "reason")?,
            first: self.said(&mut keys, "first")?,
        };
        keys.finish()?;
        Ok(Some(deferred))
    }

    fn review(&self, mut keys: Keys<'_>) -> Result<Review, FileError> {
        let verdict = keys.required_string("verdict")?;
        let review = Review {
            spot: self.source.spot(&keys.span()),
            who: self.placed(keys.required_string("who")?),
            when: self.required_date(&mut keys, "when")?,
            revision: self.required_count(&mut keys, "revision")?.0,
            verdict: self.word(&verdict, "a verdict", &Verdict::ALL, Verdict::as_str)?,
            package: keys
                .string("package")?
                .map(|text| self.package_name(text))
                .transpose()?,
            comment: self.text(&mut keys, "comment")?,
            answer: keys
                .string("answer")?
                .map(|text| text.get_ref().trim().to_owned()),
        };
        keys.finish()?;
        Ok(review)
    }
}
