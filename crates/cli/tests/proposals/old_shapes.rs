//! Releases of long ago: relations in the syntax of their time, a Release without what later ones
//! have, and a proposal that was made for them.

use formwork_testkit::archive::{Archive, Suite};
use formwork_testkit::bytes::Compression;
use formwork_testkit::env::Home;
use formwork_testkit::package::Package;

use super::world::{PROGRAM, project, with_sources};

/// A suite as jessie or buster had it: no by-hash, gzip beside xz, relations with `<` and `>`,
/// no space before a parenthesis, a dummy package that is only a name now.
fn suite(name: &str) -> Suite {
    let amd64 = |name: &str, version: &str| Package::new(name, version, "amd64");
    let suite = Suite::new(name)
        .by_hash(false)
        .compressions(&[Compression::Gzip]);
    with_sources(
        suite,
        vec![
            amd64("base-files", "8").field("Essential", "yes"),
            amd64("libc6", "2.19-18+deb8u10").field("Source", "glibc"),
            amd64("openssl", "1.0.1t-1+deb8u8")
                .field("Depends", "libc6(>=2.15),libssl1.0.0 (>> 1.0.1)"),
            amd64("libssl1.0.0", "1.0.1t-1+deb8u8")
                .field("Source", "openssl")
                .field("Depends", "libc6 (> 2.14), multiarch-support"),
            amd64("multiarch-support", "2.19-18+deb8u10").field("Source", "glibc"),
            amd64("fail2ban", "0.8.13-1").field(
                "Depends",
                "python2.7 | python2.6, python(>=2.7), lsb-base(>=2.0-7)",
            ),
            amd64("python2.7", "2.7.9-2"),
            amd64("python", "2.7.9-1")
                .field("Source", "python-defaults")
                .field("Depends", "python2.7"),
            amd64("lsb-base", "4.1+Debian13").field("Source", "lsb"),
        ],
    )
}

const PROPOSAL: &str = "\
id = 1
title = \"Old releases\"
proposer = \"core\"
revision = 2
status = \"in-review\"
opened = \"2026-10-01\"
due = \"2026-10-15\"
suites = [\"jessie\", \"buster\"]
architectures = [\"amd64\"]

[[package]]
source = \"openssl\"
binaries = [\"openssl\", \"libssl1.0.0\"]
reason = \"keys\"
requirements = [\"CR 1.8\"]

[[package]]
source = \"fail2ban\"
binaries = [\"fail2ban\"]
reason = \"locks out addresses\"
requirements = [\"CR 1.11\"]

[[review]]
who = \"anna\"
when = \"2026-10-02\"
revision = 2
verdict = \"approve\"

[[review]]
who = \"ben\"
when = \"2026-10-02\"
revision = 2
verdict = \"approve\"
";

#[test]
fn proposals_for_old_releases_are_flattened_and_closed() {
    let archive = Archive::new();
    for name in ["jessie", "buster"] {
        archive.write(&suite(name));
    }
    let home = Home::new();
    home.write("formwork.toml", &project(&archive, &["jessie", "buster"]));
    home.write(
        "images/minimal.toml",
        "packages = []\nvariant = \"essential\"\n",
    );
    home.write("proposals/0001-old.toml", PROPOSAL);
    let run = |arguments: &[&str]| home.run(PROGRAM, arguments);
    let list = run(&[
        "propose", "flat", "1", "--suite", "jessie", "--format", "src-bin",
    ])
    .exits(0);
    assert_eq!(
        list.stdout,
        "\
# Package Proposal #1 (Old releases), rev02, jessie: 6 proposed + 0 approved = 6 source packages (8 + 0 = 8 binary packages)
fail2ban: fail2ban
glibc: libc6 multiarch-support
lsb: lsb-base
openssl: libssl1.0.0 openssl
python-defaults: python
python2.7: python2.7
"
    );
    let _ = run(&["propose", "close", "1", "--today", "2026-10-16"]).exits(0);
    let frozen = home.read("proposals/0001-old.flat.toml");
    assert!(
        frozen.contains("suite = \"buster\"\nname = \"openssl\""),
        "{frozen}"
    );
    let pkglist = run(&["approved", "--suite", "buster", "--format", "pkglist"])
        .exits(0)
        .stdout;
    assert!(
        pkglist.contains("openssl,libssl1.0.0,1.0.1t-1+deb8u8\n"),
        "{pkglist}"
    );
}
