//! Which keys an image may have, of which type each is, and so how it merges.
//!
//! The rules of merging follow from the type: a list is continued, a table is merged key by
//! key, anything else is replaced. `suites` and `architectures` are limits and are replaced, and
//! so is `forms`.

use crate::source::FileError;

/// The type of a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// A string.
    Text,
    /// A whole number.
    Integer,
    /// A truth value.
    Boolean,
    /// A string or a whole number.
    Scalar,
    /// A list of strings that later files continue; `-NAME` takes an entry away.
    List,
    /// The same for packages, whose entries may be sets.
    Packages,
    /// A list of strings that a later file replaces.
    Own,
    /// One string or a list of them.
    Several,
    /// A list of lists of strings that later files continue.
    Lists,
    /// A table with known keys, and what it describes.
    Table(&'static str, Fields),
    /// A table whose keys are names; `NAME = false` takes an entry away.
    Named(&'static Shape),
    /// A table whose keys are dotted names of numbers or strings.
    Dotted,
}

/// Known keys, in groups.
pub(crate) type Fields = &'static [&'static [(&'static str, Shape)]];

/// All keys with their shapes.
pub(crate) fn names(fields: Fields) -> impl Iterator<Item = (&'static str, &'static Shape)> {
    fields
        .iter()
        .flat_map(|group| group.iter().map(|(name, shape)| (*name, shape)))
}

impl Shape {
    /// The error for a value of another type, made by `wrong` from what is expected.
    pub(super) fn expected_with(&self, key: &str, wrong: &dyn Fn(&str) -> FileError) -> FileError {
        match self {
            Shape::Text => wrong("a string"),
            Shape::Integer => wrong("a whole number"),
            Shape::Boolean => wrong("true or false"),
            Shape::Scalar => wrong("a string or a whole number"),
            Shape::List | Shape::Packages | Shape::Own => {
                wrong("a list of strings").hint(format!("{key} = [\"…\"]"))
            }
            Shape::Several => wrong("a string or a list of strings"),
            Shape::Lists => {
                wrong("a list of lists of strings").hint(format!("{key} = [[\"…\", \"…\"]]"))
            }
            Shape::Table(..) | Shape::Named(_) | Shape::Dotted => wrong("a table"),
        }
    }
}

/// What decides about the packages of an image.
pub(crate) const CLOSURE: &[(&str, Shape)] = &[
    ("packages", Shape::Packages),
    ("variant", Shape::Text),
    ("recommends", Shape::Boolean),
];

/// What an image or an option is for.
const LIMITS: &[(&str, Shape)] = &[
    ("suites", Shape::Own),
    ("architectures", Shape::Own),
    ("description", Shape::Text),
];

/// What an image is composed of.
const COMPOSITION: &[(&str, Shape)] = &[
    ("extends", Shape::Several),
    ("abstract", Shape::Boolean),
    ("options", Shape::Named(&OPTION)),
    ("with", Shape::List),
    ("combinations", Shape::Lists),
];

/// What only an option has.
const RELATIONS: &[(&str, Shape)] = &[("requires", Shape::Own), ("excludes", Shape::Own)];

/// The keys of an option.
pub(crate) const OPTION_FIELDS: Fields = &[CLOSURE, LIMITS, RELATIONS, LAYOUT, SETTINGS];
/// An option.
const OPTION: Shape = Shape::Table("an option", OPTION_FIELDS);
/// The keys of an image.
pub(crate) const IMAGE_FIELDS: Fields = &[CLOSURE, LIMITS, COMPOSITION, LAYOUT, SETTINGS];

/// How an image boots and what its disk looks like.
const LAYOUT: &[(&str, Shape)] = &[
    ("forms", Shape::Own),
    ("boot", Shape::Table("[boot]", &[BOOT])),
    ("disk", Shape::Table("[disk]", &[DISK])),
    (
        "partitions",
        Shape::Named(&Shape::Table("a partition", &[PARTITION])),
    ),
    ("blobs", Shape::Named(&Shape::Table("a blob", &[BLOB]))),
];

const BOOT: &[(&str, Shape)] = &[
    ("loader", Shape::Text),
    ("kernel", Shape::Text),
    ("initrd", Shape::Text),
    ("command_line", Shape::List),
    ("watchdog", Shape::Integer),
];

const DISK: &[(&str, Shape)] = &[
    ("size", Shape::Scalar),
    ("grow", Shape::Boolean),
    ("state", Shape::Boolean),
    ("compress", Shape::Text),
    ("bmap", Shape::Boolean),
];

const PARTITION: &[(&str, Shape)] = &[
    ("filesystem", Shape::Text),
    ("label", Shape::Text),
    ("size", Shape::Scalar),
    ("free", Shape::Scalar),
    ("compression", Shape::Text),
    ("level", Shape::Integer),
    ("mount", Shape::Text),
    ("options", Shape::List),
];

const BLOB: &[(&str, Shape)] = &[
    ("offset", Shape::Scalar),
    ("source", Shape::Text),
    ("package", Shape::Text),
    ("file", Shape::Text),
];

/// What a finished tree gets besides its packages.
const SETTINGS: &[(&str, Shape)] = &[
    ("system", Shape::Table("[system]", &[SYSTEM])),
    ("users", Shape::Named(&Shape::Table("a user", &[USER]))),
    ("groups", Shape::Named(&Shape::Table("a group", &[GROUP]))),
    ("ids", Shape::Named(&Shape::Integer)),
    ("files", Shape::Named(&Shape::Table("a file", &[FILE]))),
    (
        "directories",
        Shape::Named(&Shape::Table("a directory", &[DIRECTORY])),
    ),
    ("links", Shape::Named(&Shape::Text)),
    ("services", Shape::Table("[services]", &[SERVICES])),
    ("kernel", Shape::Table("[kernel]", &[KERNEL])),
    ("sysctl", Shape::Dotted),
    (
        "network",
        Shape::Named(&Shape::Table("a network file", &[CONTENT])),
    ),
    (
        "dropins",
        Shape::Named(&Shape::Table("a drop-in", &[CONTENT])),
    ),
    ("scripts", Shape::List),
    ("clean", Shape::Table("[clean]", &[CLEAN])),
    ("strip", Shape::Table("[strip]", &[STRIP])),
];

/// The switches of cleaning; those that the maker of trees knows.
const CLEAN: &[(&str, Shape)] = &[
    ("apt_lists", Shape::Boolean),
    ("apt_cache", Shape::Boolean),
    ("logs", Shape::Boolean),
    ("temporary", Shape::Boolean),
    ("backups", Shape::Boolean),
    ("caches", Shape::Boolean),
    ("machine_id", Shape::Boolean),
    ("host_keys", Shape::Boolean),
    ("certificates", Shape::Boolean),
    ("seeds", Shape::Boolean),
];

/// What is taken out of the finished tree.
const STRIP: &[(&str, Shape)] = &[
    ("keep", Shape::List),
    ("remove", Shape::List),
    ("paths", Shape::List),
    ("links", Shape::Named(&Shape::Text)),
];

const SYSTEM: &[(&str, Shape)] = &[
    ("hostname", Shape::Text),
    ("locale", Shape::Text),
    ("timezone", Shape::Text),
    ("machine_id", Shape::Text),
];

const USER: &[(&str, Shape)] = &[
    ("password", Shape::Text),
    ("locked", Shape::Boolean),
    ("ssh_keys", Shape::List),
    ("group", Shape::Text),
    ("groups", Shape::List),
    ("shell", Shape::Text),
    ("home", Shape::Text),
    ("comment", Shape::Text),
    ("uid", Shape::Integer),
    ("system", Shape::Boolean),
    ("sudo", Shape::Text),
];

const GROUP: &[(&str, Shape)] = &[
    ("gid", Shape::Integer),
    ("system", Shape::Boolean),
    ("members", Shape::List),
];

const CONTENT: &[(&str, Shape)] = &[("source", Shape::Text), ("content", Shape::Text)];

const FILE: &[(&str, Shape)] = &[
    ("source", Shape::Text),
    ("content", Shape::Text),
    ("mode", Shape::Text),
    ("owner", Shape::Text),
    ("group", Shape::Text),
];

const DIRECTORY: &[(&str, Shape)] = &[
    ("source", Shape::Text),
    ("mode", Shape::Text),
    ("owner", Shape::Text),
    ("group", Shape::Text),
];

const SERVICES: &[(&str, Shape)] = &[
    ("enable", Shape::List),
    ("disable", Shape::List),
    ("mask", Shape::List),
];

const KERNEL: &[(&str, Shape)] = &[("modules", Shape::List), ("blacklist", Shape::List)];
