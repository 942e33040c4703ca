//! Finding requirements and capabilities by typing words.

use formwork_model::proposal::edit::NewPackage;
use formwork_model::requirement::Catalogue;

use crate::failure::Failure;
use crate::terminal::dialog::{Dialog, chosen};

/// How many hits are shown at once.
const MOST: usize = 12;

/// A hit of a search: the name to write, and what to show.
struct Hit {
    name: String,
    title: String,
    is_capability: bool,
}

/// Asks for requirements and capabilities until nothing more is said.
pub(super) fn ask(
    dialog: &Dialog,
    catalogue: &Catalogue,
    package: &mut NewPackage,
) -> Result<(), Failure> {
    dialog.head("Which requirements or capabilities does it serve?");
    dialog.say("  type words to search, numbers to choose, nothing to go on");
    let mut hits = candidates(catalogue, &package.source);
    show(dialog, &hits);
    loop {
        let answer = dialog.ask(">")?;
        if answer.is_empty() {
            return Ok(());
        }
        let names: Vec<String> = hits.iter().map(|hit| hit.name.clone()).collect();
        // `CR 1.11` is one name, not two words.
        let picked = match names.contains(&answer) {
            true => Ok(vec![answer.clone()]),
            false => chosen(&answer, &names),
        };
        let Ok(picked) = picked else {
            hits = search(catalogue, &answer);
            if hits.is_empty() {
                dialog.say("  nothing fits");
            }
            show(dialog, &hits);
            continue;
        };
        for name in picked {
            let capability = hits.iter().any(|hit| hit.name == name && hit.is_capability);
            let list = if capability {
                &mut package.capabilities
            } else {
                &mut package.requirements
            };
            if !list.contains(&name) {
                dialog.say(&format!("  taken: {name}"));
                list.push(name);
            }
        }
    }
}

/// Shows hits by number.
fn show(dialog: &Dialog, hits: &[Hit]) {
    for (hit, number) in hits.iter().zip(1..) {
        dialog.say(&format!("  {number:>3}  {:<26} {}", hit.name, hit.title));
    }
}

/// The capabilities that the source is known to give.
fn candidates(catalogue: &Catalogue, source: &str) -> Vec<Hit> {
    let all = catalogue.capabilities.values();
    all.filter(|one| one.packages.iter().any(|name| name == source))
        .map(|one| capability(&one.name, &one.title, &one.requirements))
        .collect()
}

/// What the words fit: requirements first, then capabilities.
fn search(catalogue: &Catalogue, text: &str) -> Vec<Hit> {
    let requirements = catalogue.search(text).into_iter().map(|one| Hit {
        name: one.id.clone(),
        title: one.title.clone(),
        is_capability: false,
    });
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    let fits = |text: String| words.iter().all(|word| text.contains(word.as_str()));
    let capabilities = catalogue
        .capabilities
        .values()
        .filter(|one| fits(format!("{} {}", one.name, one.title).to_lowercase()))
        .map(|one| capability(&one.name, &one.title, &one.requirements));
    requirements.chain(capabilities).take(MOST).collect()
}

fn capability(name: &str, title: &str, requirements: &[String]) -> Hit {
    Hit {
        name: name.to_owned(),
        title: format!("{title} ({})", requirements.join(", ")),
        is_capability: true,
    }
}
