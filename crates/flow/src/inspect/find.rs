//! Which records are meant, and where the outputs lie that they tell of.

use std::path::{Component, Path, PathBuf};

use formwork_model::documents::{BuiltFile, Difference, InspectedOutput};

use super::{InspectError, Wish};
use crate::context::Context;
use crate::{Error, build};

/// What the names of records end in, without the dot before.
const RECORDS: [&str; 5] = [
    "buildinfo.json",
    "image.json",
    "log.json",
    "packages.json",
    "tree.json",
];
/// What comes behind the name of an output.
const BESIDE: [&str; 3] = ["zst", "xz", "bmap"];
/// What the names of outputs end in.
const OUTPUTS: [&str; 9] = [
    "img", "raw", "tar", "root", "ext4", "squashfs", "erofs", "initrd", "cpio",
];

/// A directory, and what the names of an image's files begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    directory: PathBuf,
    stem: String,
    /// The file that the person named, if they named one.
    named: Option<PathBuf>,
}

impl Place {
    /// A file of the image by its ending.
    pub(super) fn file(&self, ending: &str) -> PathBuf {
        self.directory.join(format!("{}.{ending}", self.stem))
    }

    /// The error for a record that is not there.
    pub(super) fn missing(&self, ending: &str) -> Error {
        let record = self.file(ending);
        let error = match &self.named {
            Some(file) => InspectError::NoRecords {
                file: file.clone(),
                record,
            },
            None => InspectError::NotBuilt {
                title: self.stem.clone(),
                record,
            },
        };
        error.into()
    }
}

/// Where the records of an image are.
pub(super) fn place(context: &Context, wish: &Wish) -> Result<Place, Error> {
    if let Some(path) = wish.image.as_deref().filter(|text| is_path(text)) {
        return Ok(of_path(Path::new(path)));
    }
    let named = build::named(
        context,
        wish.image.as_deref(),
        wish.suite.as_deref(),
        &wish.with,
        wish.architecture.as_deref(),
    )?;
    let directory = named.loaded.directory.join("build").join(&named.title);
    Ok(Place {
        directory: directory.join(&named.composition.architecture),
        stem: named.title,
        named: None,
    })
}

/// Whether a path is meant: names of images have neither a slash nor a known ending.
fn is_path(text: &str) -> bool {
    text.contains('/') || stem(text) != text
}

/// The place of an output or a record; a directory of records is no place by itself.
fn of_path(path: &Path) -> Place {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let directory = path.parent().unwrap_or(Path::new(""));
    let of = |stem: &str| Place {
        directory: directory.to_owned(),
        stem: stem.to_owned(),
        named: Some(path.to_owned()),
    };
    let shortened = of(stem(&name));
    // `-o gateway.root` names its records after all of it only if no ending is known.
    match shortened.file(RECORDS[0]).exists() {
        true => shortened,
        false if of(&name).file(RECORDS[0]).exists() => of(&name),
        false => shortened,
    }
}

/// The name without the endings of a record or an output.
fn stem(name: &str) -> &str {
    let without = |name: &'_ str, endings: &[&str]| {
        let mut endings = endings.iter();
        let length = endings.find_map(|ending| {
            let rest = name.strip_suffix(ending)?.strip_suffix('.')?;
            (!rest.is_empty()).then_some(rest.len())
        });
        length.unwrap_or(name.len())
    };
    let record = without(name, &RECORDS);
    if record < name.len() {
        return &name[..record];
    }
    let output = &name[..without(name, &BESIDE)];
    &output[..without(output, &OUTPUTS)]
}

/// The outputs with their paths, and what is wrong with them as far as the system tells without
/// reading them. One that is not there is wrong only where all is to be verified.
pub(super) fn outputs(
    place: &Place,
    files: &[BuiltFile],
    verify: bool,
) -> (Vec<InspectedOutput>, Vec<Difference>) {
    let mut outputs = Vec::new();
    let mut wrong = Vec::new();
    let mut differ = |place: &str, what: &str, recorded: String, found: String| {
        wrong.push(Difference {
            place: place.to_owned(),
            what: what.to_owned(),
            recorded,
            found,
        });
    };
    for file in files {
        let mut output = InspectedOutput {
            kind: file.kind.clone(),
            path: file.path.clone(),
            size: file.size,
            sha256: file.sha256.clone(),
            present: false,
        };
        if is_bare(&file.path) {
            let path = place.directory.join(&file.path);
            output.path = path.display().to_string();
            match std::fs::metadata(&path) {
                Ok(found) if found.is_dir() && file.kind == "dir" => output.present = true,
                Ok(found) if found.is_file() && file.kind != "dir" => {
                    output.present = true;
                    if found.len() != file.size {
                        let (recorded, found) = (file.size, found.len());
                        differ(
                            &output.path,
                            "size",
                            recorded.to_string(),
                            found.to_string(),
                        );
                    }
                }
                Ok(_) => differ(
                    &output.path,
                    "type",
                    file.kind.clone(),
                    "another".to_owned(),
                ),
                Err(_) if verify => {
                    differ(
                        &output.path,
                        "file",
                        file.kind.clone(),
                        "is not there".to_owned(),
                    );
                }
                Err(_) => {}
            }
        } else {
            let text = "a name with directories";
            differ(
                &file.path,
                "name",
                "a name of a file".to_owned(),
                text.to_owned(),
            );
        }
        outputs.push(output);
    }
    (outputs, wrong)
}

/// Whether a name stands for a file beside the records, and for nothing elsewhere.
fn is_bare(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(part)), None) if part == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_a_build_leads_to_its_records() {
        let table = [
            ("minimal.img", "minimal"),
            ("minimal.img.zst", "minimal"),
            ("minimal.img.bmap", "minimal"),
            ("minimal.image.json", "minimal"),
            ("gateway+debug@trixie.tree.json", "gateway+debug@trixie"),
            ("root.tar", "root"),
            ("a.b.squashfs", "a.b"),
            (".img", ".img"),
            ("minimal", "minimal"),
            ("notes.json", "notes.json"),
        ];
        for (name, expected) in table {
            assert_eq!(stem(name), expected, "{name}");
        }
    }

    #[test]
    fn a_record_names_only_files_beside_it() {
        for (name, expected) in [
            ("minimal.img", true),
            ("a b", true),
            ("../minimal.img", false),
            ("/dev/zero", false),
            ("a/b", false),
            ("a/", false),
            ("..", false),
            (".", false),
            ("", false),
        ] {
            assert_eq!(is_bare(name), expected, "{name}");
        }
    }
}
