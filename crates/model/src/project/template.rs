//! The files that `formwork init` writes, with the comments from which people learn the keys.

/// The name of the image that `formwork init` writes.
pub const IMAGE_NAME: &str = "minimal";

/// The `.gitignore` of a new project.
pub const GITIGNORE: &str = "/build\n";

/// The text of a new `formwork.toml`.
#[must_use]
pub fn project_template(name: &str, suites: &[String], architectures: &[String]) -> String {
    let quoted_suites = list(suites);
    let quoted_architectures = list(architectures);
    let mut text = format!(
        "# What this project builds from. All keys: docs/project.md
# Change it by hand; then run `formwork lock`.

[project]
name = \"{name}\"
suites = [{quoted_suites}]           # what images are made for, unless they say otherwise
architectures = [{quoted_architectures}]
# mirror = \"http://mirror.example/debian\"   # default: the mirror that this machine's own apt uses

# Where packages come from. The lock speaks of a repository by its name here and names no
# mirror, so anybody can build from it. Debian's keyrings come with Formwork.
"
    );
    for suite in suites {
        text.push_str(&repositories(suite, suites.len() > 1));
    }
    text.push_str(TAIL);
    text
}

/// The Debian repositories of one suite.
fn repositories(suite: &str, several: bool) -> String {
    let (main, security) = if several {
        (suite.to_owned(), format!("{suite}-security"))
    } else {
        ("debian".to_owned(), "security".to_owned())
    };
    let rolling = matches!(suite, "sid" | "unstable" | "experimental");
    if rolling {
        return format!("[repositories.{main}]\nsuite = \"{suite}\"\ncomponents = [\"main\"]\n\n");
    }
    format!(
        "[repositories.{main}]
suites = [\"{suite}\", \"{suite}-updates\"]
components = [\"main\"]

[repositories.{security}]
suite = \"{suite}-security\"
components = [\"main\"]

"
    )
}

/// Examples of what else can be written.
const TAIL: &str =
    "# Backports and other vendors never win unless a package asks for them (\"git/SUITE\").
#
# [repositories.vendor]
# url = \"https://packages.example/debian\"
# suite = \"stable\"
# serves = [\"bookworm\"]                # for images of these suites
# keyrings = [\"keys/vendor.asc\"]       # whose signature is believed
#
# The .deb files in packages/ are a repository without being declared here.
#
# More keys of a repository: architectures, priority, at = \"20260901T000000Z\" (an earlier
# state of the archive), snapshot (where such states are found), and
# allow_expired = { until = \"2026-12-31\", reason = \"…\" }.

# Packages with a name: an image takes them as \"@remote\".
[sets.remote]
packages = [\"openssh-server\"]
";

/// The text of a new image, which extends a profile or stands alone.
#[must_use]
pub fn image_template(profile: Option<&str>) -> String {
    profile.map_or_else(image_alone, image_of_a_profile)
}

/// An image that has all it is from a profile, and comments on what to add.
fn image_of_a_profile(profile: &str) -> String {
    format!(
        "# One image; its name is the name of this file. All keys: docs/image.md

# Everything of this profile; what that is: formwork show image {profile}, and docs/profiles.md
extends = \"{profile}\"

packages = [
    # What else it gets: NAME, NAME=VERSION, NAME/SUITE, NAME [amd64 arm64], or @SET from
    # formwork.toml; \"-NAME\" takes one of the profile's away
]

# Nobody can log in before it is said here who; only `formwork run` always gets in.
# What else can be set: docs/settings.md
# [users.admin]
# password = \"$y$j9T$…\"           # hashed: mkpasswd --method=yescrypt
# ssh_keys = [\"keys/admin.pub\"]
# sudo = \"password\"               # needs the package sudo
# [system]
# hostname = \"device\"

# Sizes, further partitions, boot loader: docs/disk.md
# [partitions.root]
# free = \"256M\"

# What is switched on by `formwork build {profile} --with debug`
# [options.debug]
# packages = [\"strace\"]
"
    )
}

/// An image that extends nothing: a root file system.
fn image_alone() -> String {
    "# One image; its name is the name of this file. All keys: docs/image.md

packages = [
    # NAME, NAME=VERSION, NAME/SUITE, NAME [amd64 arm64], or @SET from formwork.toml
    \"systemd-sysv\",
    \"@remote\",
]
variant = \"minbase\"      # begin with: essential, minbase or standard
recommends = false       # take recommended packages too?
# suites = [\"bookworm\"]         # default: those of the project
# architectures = [\"amd64\"]     # default: those of the project
# extends = \"minimal\"           # another image, or a profile of Formwork: docs/composition.md

# What else the image gets: docs/settings.md
# [system]
# hostname = \"device\"
# [users.admin]
# ssh_keys = [\"keys/admin.pub\"]
# [services]
# enable = [\"ssh\"]

# What is switched on by `formwork build minimal --with debug`
# [options.debug]
# packages = [\"strace\"]
"
    .to_owned()
}

/// Strings as the inside of a TOML list.
fn list(items: &[String]) -> String {
    items
        .iter()
        .map(|item| format!("\"{item}\""))
        .collect::<Vec<_>>()
        .join(", ")
}
