//! Reads `[policy]` from `formwork.toml`.

use std::collections::BTreeMap;

use formwork_deb::time::Timestamp;

use super::{Level, Limits, Policy, Rule, Urgency, Waiver};
use crate::keys::{Keys, Text};
use crate::nearest::nearest;
use crate::source::{FileError, Source};

/// Reads the table.
pub(crate) fn read(source: Source<'_>, mut keys: Keys<'_>) -> Result<Policy, FileError> {
    let mut levels = BTreeMap::new();
    for &rule in Rule::ALL {
        if let Some(word) = keys.string(rule.as_str())? {
            levels.insert(rule, level(source, &word)?);
        }
    }
    let limits = match keys.table("limits", "[policy.limits]")? {
        Some(table) => limits(source, table)?,
        None => Limits::default(),
    };
    let mut waivers = Vec::new();
    for table in keys.tables("waivers", "a waiver")? {
        waivers.push(waiver(source, table)?);
    }
    let data = keys.string("vulnerability_data")?;
    keys.finish()?;
    let vulnerability_data = data.map(|path| inside(source, path)).transpose()?;
    Ok(Policy {
        levels,
        limits,
        waivers,
        vulnerability_data,
    })
}

/// How hard a rule is.
fn level(source: Source<'_>, word: &Text) -> Result<Level, FileError> {
    let found = Level::ALL
        .into_iter()
        .find(|level| level.as_str() == word.get_ref());
    found.ok_or_else(|| {
        let message = format!("a rule is off, warn or deny, not `{}`", word.get_ref());
        let near = nearest(word.get_ref(), Level::ALL.map(Level::as_str), 1);
        let error = source.error(&word.span(), message);
        match near.first() {
            Some(known) => error.hint(format!("did you mean `{known}`?")),
            None => error,
        }
    })
}

/// A path that does not leave the project.
fn inside(source: Source<'_>, path: Text) -> Result<String, FileError> {
    if formwork_deb::path::is_inside(path.get_ref()) {
        return Ok(path.into_inner());
    }
    let message = format!("`{}` is not a path inside the project", path.get_ref());
    Err(source
        .error(&path.span(), message)
        .hint("write it relative to formwork.toml, as in data/cve.json"))
}

/// From when rules complain.
fn limits(source: Source<'_>, mut keys: Keys<'_>) -> Result<Limits, FileError> {
    let usual = Limits::default();
    let limits = Limits {
        new_sources: number(source, &mut keys, "new_sources", usual.new_sources)?,
        new_binaries: number(source, &mut keys, "new_binaries", usual.new_binaries)?,
        installed_size: match keys.string("installed_size")? {
            Some(text) => size(source, &text)?,
            None => usual.installed_size,
        },
        upload_age_days: number(source, &mut keys, "upload_age_days", usual.upload_age_days)?,
        standards_version: match keys.string("standards_version")? {
            Some(text) => standards_version(source, text)?,
            None => usual.standards_version,
        },
        cared_until: match keys.string("cared_until")? {
            Some(text) => Some(date(source, &text)?),
            None => None,
        },
        refused_licences: keys
            .strings("refused_licences")?
            .unwrap_or_default()
            .into_iter()
            .map(Text::into_inner)
            .collect(),
        urgency: match keys.string("urgency")? {
            Some(text) => urgency(source, &text)?,
            None => usual.urgency,
        },
    };
    keys.finish()?;
    Ok(limits)
}

/// A number that is not negative.
fn number(
    source: Source<'_>,
    keys: &mut Keys<'_>,
    key: &'static str,
    usual: u64,
) -> Result<u64, FileError> {
    let Some(found) = keys.integer(key)? else {
        return Ok(usual);
    };
    u64::try_from(*found.get_ref())
        .map_err(|_| source.error(&found.span(), format!("`{key}` must not be negative")))
}

/// An amount of bytes as people write it: `100 MB`, `512 KiB`.
fn size(source: Source<'_>, text: &Text) -> Result<u64, FileError> {
    const UNITS: [(&str, u64); 7] = [
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("kB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("B", 1),
    ];
    let written = text.get_ref().trim();
    let found = UNITS.iter().find_map(|(unit, factor)| {
        let digits = written.strip_suffix(unit)?.trim_end();
        digits.parse::<u64>().ok()?.checked_mul(*factor)
    });
    found.ok_or_else(|| {
        let message = format!("`{written}` is not a size");
        source
            .error(&text.span(), message)
            .hint("write it as in \"100 MB\" or \"512 KiB\"")
    })
}

/// A version of Debian Policy: numbers with dots between.
fn standards_version(source: Source<'_>, text: Text) -> Result<String, FileError> {
    let mut parts = text.get_ref().split('.');
    let right =
        parts.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if right {
        return Ok(text.into_inner());
    }
    let message = format!("`{}` is not a version of Debian Policy", text.get_ref());
    Err(source
        .error(&text.span(), message)
        .hint("write it as in \"4.5.0\""))
}

/// An urgency by its word.
fn urgency(source: Source<'_>, text: &Text) -> Result<Urgency, FileError> {
    Urgency::named(text.get_ref()).ok_or_else(|| {
        let message = format!("unknown urgency `{}`", text.get_ref());
        let names = Urgency::ALL.map(Urgency::as_str);
        let error = source.error(&text.span(), message);
        match nearest(text.get_ref(), names, 1).first() {
            Some(known) => error.hint(format!("did you mean `{known}`?")),
            None => error.hint(format!("one of {}", names.join(", "))),
        }
    })
}

/// A day.
fn date(source: Source<'_>, text: &Text) -> Result<Timestamp, FileError> {
    Timestamp::parse_date(text.get_ref()).map_err(|_| {
        source
            .error(&text.span(), format!("`{}` is not a date", text.get_ref()))
            .hint("write it as in 2026-12-31")
    })
}

/// One waiver.
fn waiver(source: Source<'_>, mut keys: Keys<'_>) -> Result<Waiver, FileError> {
    let rule = keys.required_string("rule")?;
    let package = keys.string("package")?;
    let image = keys.string("image")?;
    let until = keys.required_string("until")?;
    let reason = keys.required_string("reason")?;
    keys.finish()?;
    let known = Rule::named(rule.get_ref()).ok_or_else(|| unknown_rule(source, &rule))?;
    if reason.get_ref().trim().is_empty() {
        return Err(source.error(&reason.span(), "a waiver needs a reason"));
    }
    Ok(Waiver {
        rule: known,
        package: package.map(Text::into_inner),
        image: image.map(Text::into_inner),
        until: date(source, &until)?,
        reason: reason.into_inner(),
        spot: source.spot(&rule.span()),
    })
}

/// The error for a rule that is not there.
fn unknown_rule(source: Source<'_>, text: &Text) -> FileError {
    let error = source.error(&text.span(), format!("unknown rule `{}`", text.get_ref()));
    let names = Rule::ALL.iter().map(|rule| rule.as_str());
    match nearest(text.get_ref(), names, 1).first() {
        Some(known) => error.hint(format!("did you mean `{known}`?")),
        None => error.hint("the rules: docs/policy.md"),
    }
}
