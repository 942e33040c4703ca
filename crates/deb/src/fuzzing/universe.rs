//! Universes: built from any index, and opened from any bytes.

use crate::universe::{
    AtomId, BuildError, GroupId, NameId, OriginId, OriginSpec, PackageId, Universe, UniverseBuilder,
};

/// An index is built into a universe that opens and says of itself that it is whole; damaged
/// universes, and the bytes themselves taken for one, are refused or can be walked.
pub fn universes(bytes: &[u8]) {
    for add in [UniverseBuilder::add_packages, UniverseBuilder::add_sources] {
        if let Ok(file) = build(bytes, add) {
            let universe = Universe::open(&file).expect("what was built opens");
            assert_eq!(Universe::verify(&file), Ok(()));
            walk(&universe);
            walk_damaged(file, bytes);
        }
    }
    let mut file = bytes.to_vec();
    seal(&mut file);
    if let Ok(universe) = Universe::open(&file) {
        walk(&universe);
    }
}

type Add<'a> = fn(&mut UniverseBuilder, OriginId, &str, &'a [u8]) -> Result<(), BuildError>;

fn build<'a>(text: &'a [u8], add: Add<'a>) -> Result<Vec<u8>, BuildError> {
    let mut builder = UniverseBuilder::new("amd64", &["i386"]);
    let origin = builder.add_origin(&OriginSpec {
        repository: "debian".into(),
        suite: "stable".into(),
        component: "main".into(),
        priority: 500,
    });
    add(&mut builder, origin, "index", text)?;
    Ok(builder.finish())
}

/// Changes some words of a file, as the text it was made from says.
fn walk_damaged(mut file: Vec<u8>, text: &[u8]) {
    let mut place = text.len();
    for chunk in text.chunks(97).take(8) {
        let mix = |sum: usize, &byte: &u8| sum.wrapping_mul(31) ^ usize::from(byte);
        let sum = chunk.iter().fold(place, mix);
        place = sum % file.len();
        file[place] = chunk[0] ^ (sum >> 8) as u8;
        if let Ok(universe) = Universe::open(&file) {
            walk(&universe);
        }
    }
}

/// Writes the magic and the right length, so that more is reached.
fn seal(file: &mut [u8]) {
    let length = file.len() as u32;
    let empty = UniverseBuilder::new("", &[]).finish();
    if let Some(header) = file.get_mut(..16) {
        header.copy_from_slice(&empty[..16]);
        header[12..].copy_from_slice(&length.to_ne_bytes());
    }
}

/// How many of a damaged list are looked at.
const SOME: usize = 64;

/// Asks a universe everything, past its ends too.
pub(crate) fn walk(universe: &Universe<'_>) {
    let count = universe.len() as u32;
    let _ = (universe.native(), universe.is_empty());
    universe.foreign().take(SOME).for_each(drop);
    universe.origins().take(SOME).for_each(drop);
    for id in (0..=count).chain([u32::MAX]).map(PackageId) {
        package(universe, id);
    }
    let names = universe.name_count() as u32;
    for id in (0..=names).chain([u32::MAX]).map(NameId) {
        let _ = universe.find(universe.name(id));
        let mut packages = universe.packages_named(id);
        assert!(packages.all(|package| package.0 < count));
        let mut providers = universe.providers(id).take(SOME);
        assert!(providers.all(|provider| provider.package.0 < count));
    }
    let groups = universe.group_count() as u32;
    for id in (0..=groups).chain([u32::MAX]).map(GroupId) {
        let _ = universe.group_text(id);
        all_below(universe.group_candidates(id), count);
        for atom in universe
            .group_atoms(id)
            .take(SOME)
            .chain([AtomId(u32::MAX)])
        {
            let _ = universe.atom(atom).to_string();
            all_below(universe.atom_candidates(atom), count);
        }
    }
}

fn all_below(packages: &[u32], count: u32) {
    assert!(packages.iter().take(SOME).all(|&package| package < count));
}

fn package(universe: &Universe<'_>, id: PackageId) {
    let package = universe.package(id);
    let _ = (package.name(), package.version(), package.architecture());
    let _ = (package.source(), package.source_version(), package.origin());
    let _ = (package.section(), package.filename(), package.description());
    let _ = (package.maintainer(), package.homepage(), package.provides());
    let _ = (package.built_using(), package.static_built_using());
    let _ = (package.source_or_name(), package.name_id(), package.rank());
    let _ = (
        package.multi_arch(),
        package.is_essential(),
        package.sha256(),
    );
    let _ = (
        package.is_candidate(),
        package.is_source(),
        package.priority(),
    );
    let _ = (
        package.is_important(),
        package.size(),
        package.installed_size(),
    );
    package.origins().take(SOME).for_each(drop);
    let count = universe.len() as u32;
    all_below(universe.declared_against(id), count);
    universe.dependencies(id).take(SOME).for_each(drop);
    for other in universe.siblings(id).take(SOME).map(PackageId) {
        assert!(other.0 < count);
        universe.same_name(id, other);
        universe.siblings_exclude(id, other);
    }
}
