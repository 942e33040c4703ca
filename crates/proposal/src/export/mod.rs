//! The packet that is sent to reviewers: lists, the table of requirements, a mail, and a page to
//! read it all. The same proposal and the same Releases always make the same bytes.

mod html;
mod mail;
mod requirements;
mod spreadsheet;

#[cfg(test)]
mod tests;

use formwork_model::documents::{Flat, SuiteDiff};
use formwork_model::proposal::Proposal;

use crate::formats;

pub use requirements::{Row, Server, rows};
pub use spreadsheet::SpreadsheetError;

/// What a packet is made of.
#[derive(Clone, Copy)]
pub struct Packet<'a> {
    /// The proposal.
    pub proposal: &'a Proposal,
    /// What it pulls in.
    pub flat: &'a Flat,
    /// The same with the whole approved list.
    pub all: &'a Flat,
    /// The requirements and what serves them, in the order of the standard.
    pub requirements: &'a [Row],
    /// What changed since the revision before.
    pub changes: &'a Changes,
}

/// What changed since the revision before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// That revision; none if this is the first.
    pub since: Option<u32>,
    /// What people changed, each a sentence; none if git does not have that revision.
    pub written: Option<Vec<String>>,
    /// What changed in the packages that are pulled in.
    pub packages: Option<SuiteDiff>,
}

/// A file of the packet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name.
    pub name: String,
    /// What it holds, in a few words with its counts.
    pub what: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The files of a packet, in the order in which a mail names them.
pub fn packet(packet: &Packet<'_>) -> Result<Vec<File>, SpreadsheetError> {
    let mut files = data_files(packet)?;
    let mail = mail::mail(packet, &files);
    let page = html::page(packet, &files);
    files.push(file("index.html", "all of it to read and search", page));
    files.push(file("mail.txt", "what to send", mail));
    Ok(files)
}

/// The lists and tables.
fn data_files(packet: &Packet<'_>) -> Result<Vec<File>, SpreadsheetError> {
    let Packet {
        flat,
        all,
        requirements,
        ..
    } = *packet;
    let (group, revision) = (group(packet.proposal), formats::revision(flat.revision));
    let new = formats::only_new(flat);
    let met = requirements.iter().filter(|row| row.is_met()).count();
    let told = format!(
        "{met} requirements served, {} not",
        requirements.len() - met
    );
    let table = format!("Requirements_for_proposal_{group}_{revision}");
    Ok(vec![
        file(
            &format!("proposal_{group}_{revision}.yml"),
            &format!(
                "{} source packages: {} proposed, {} approved already",
                flat.total, flat.proposed, flat.approved
            ),
            formats::yaml(flat),
        ),
        File {
            name: format!("{table}.xlsx"),
            what: told.clone(),
            bytes: spreadsheet::workbook(flat, requirements)?,
        },
        file(
            &format!("{table}.csv"),
            &told,
            requirements::csv(requirements),
        ),
        file(
            &format!("2_src-bin_sort_{group}.txt"),
            &format!(
                "{} proposed source packages with {} binary packages",
                new.proposed, new.proposed_binaries
            ),
            formats::src_bin(&new, flat),
        ),
        file(
            "2_src-bin_sort_all.txt",
            &format!(
                "{} proposed + {} approved = {} source packages",
                all.proposed, all.approved, all.total
            ),
            formats::src_bin(all, all),
        ),
    ])
}

fn file(name: &str, what: &str, text: String) -> File {
    File {
        name: name.to_owned(),
        what: what.to_owned(),
        bytes: text.into_bytes(),
    }
}

/// The proposer as a part of file names: `Security WG` is `SecurityWG`.
#[must_use]
pub fn group(proposal: &Proposal) -> String {
    let kept: String = proposal
        .proposer
        .text
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || "-_".contains(*letter))
        .collect();
    match kept.trim_start_matches('-') {
        "" => format!("{:04}", proposal.id),
        kept => kept.to_owned(),
    }
}

/// The newest day of the Releases: the date of everything that is made from them.
#[must_use]
pub fn date(flat: &Flat) -> String {
    let dates = flat.inputs.iter().map(|input| input.date.as_str());
    let newest = dates.max().unwrap_or("1980-01-01");
    newest.chars().take(10).collect()
}
