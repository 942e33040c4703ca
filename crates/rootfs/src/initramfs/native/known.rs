//! The programs of initramfs-tools and the hooks of packages that are understood here, by the
//! SHA-256 of their text.
//!
//! What is made here is right only for what these very texts do. Another text, of a newer
//! version or a person's own, is none of them; the build then lets the tree's `mkinitramfs` run.

/// A version of initramfs-tools, as far as it chooses modules differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Generation {
    /// 0.140, of bullseye.
    Bullseye,
    /// 0.142, of bookworm.
    Bookworm,
    /// 0.148, of trixie.
    Trixie,
}

/// `hook-functions`, which chooses modules, by version.
const FUNCTIONS: [(&str, Generation); 3] = [
    (
        "5908d9ce66c82b75a199257bb1e48d26d0189c4d4eedf3f6a65567a0f74194dc",
        Generation::Bullseye,
    ),
    (
        "05ec37b6ab74e1205027bc1d8bcb429ab18d9f3e06ea66bdf552083c5fa516af",
        Generation::Bookworm,
    ),
    (
        "8329c405b5af7cbae6c7409de334b0663add53b97eb7f7d608750808d86b1c93",
        Generation::Trixie,
    ),
];

/// `mkinitramfs` of these versions.
const PROGRAMS: [&str; 3] = [
    "177ad65ee67c67936edfe1e32dc08d4f8df738320b82bfbab273ab786eda6e94",
    "30ca50148a93b77b596097f0905c2b6c1f04deacfe2d01bdb04f4b0f04ffaed8",
    "16780cbe540fa1a9d7b1faad173b1fd74bdd4de3e56e773d10462d9ce77161bf",
];

/// Hooks by name.
const HOOKS: [(&str, &str); 35] = [
    (
        "cryptgnupg",
        "b7fc3319a66b7bcbeff25f0f4c9ece17a1d88a4318f8409f5a5385a6e02a2a3d",
    ),
    (
        "cryptgnupg",
        "c1e551b8c2ffca48150071e1734429c5542b0adbcfcba62311aaa609586f3f21",
    ),
    (
        "cryptgnupg-sc",
        "0c60482edf85586d476dfa4b0cb00e6caa7c5589f7e2c289ae73339fe43953c2",
    ),
    (
        "cryptgnupg-sc",
        "a6f1994cd6809bee989f19d84031640a3dd4b5d8bb534ead62aa9f30f5d43ad8",
    ),
    (
        "cryptkeyctl",
        "6c1cd6896118a8f9f64f35705187cfb9ef3b34b20b15591228274f5f447148fc",
    ),
    (
        "cryptkeyctl",
        "ca4a9fddfaabe4135abb8b4789b0ba6cbd49012e6e86c4613d9d95160acb7d4d",
    ),
    (
        "cryptopensc",
        "e7d05a9aaf543ca1202f4f4ce95f67ee2dcc3173c7d802251662e37810565ed0",
    ),
    (
        "cryptpassdev",
        "c69ced3819ceef774cbbcb2796c6cf894b2d149be6334d2052a93f4eb233e84a",
    ),
    (
        "cryptroot",
        "8a5cc2080a56d151138684151753180cdb00621601e7ca9820274b10d5108482",
    ),
    (
        "cryptroot",
        "9fd0c0ba2d6db49bf59ccc2537c22a30f3f8712a6b37d25429a6762ea5be09fa",
    ),
    (
        "cryptroot",
        "c9537be5978fb707e3490cb7b2787e3d62fdf5eaef916596b7c81a9b365efb2b",
    ),
    (
        "cryptroot-unlock",
        "83db78067337c58499ace67499a1fccb13aaf2be217c89df547f951f83c74674",
    ),
    (
        "cryptroot-unlock",
        "be5958ced6a6c8053e43e395bf174e2b0f04966bf3b8457cb83cfcab2ca19a0c",
    ),
    (
        "dmsetup",
        "8c9a691182d41332370761de382d26e8f71944c2e6cf17b929b699fc264341e7",
    ),
    (
        "dmsetup",
        "d7aba5b55840b07c8b885d7fcd18c6e5aa9b9ed0c266968e06d56d3dde2743cd",
    ),
    (
        "fsck",
        "1badd5b6274c52e8881b694c04e4ac648631da765bc2e4bdc3fdf25abf189b18",
    ),
    (
        "fsck",
        "53593d50a0be41f95bb191b941857e7cfb6050bab2e6778e20dacf6fe8207081",
    ),
    (
        "fsck",
        "9a95579d98f02241eca2320648f3d4e67ea10a9a5572c2422bb6ed683b4d03f0",
    ),
    (
        "keymap",
        "34f8113dd5c751af052b1c6fe71abdb64629b624990449a77917d7b4ae0793db",
    ),
    (
        "klibc-utils",
        "56e06e437c8b05f066d3f86f9af7b49425b27949164aaf83890dbe154ebe42ba",
    ),
    (
        "klibc-utils",
        "cbf958037f123a092c7b13a87206397f3950aa3dc402c4dde8ffb3884628f0f2",
    ),
    (
        "kmod",
        "23eeee72b630029cc717ccc4c4e927fa35f55e3c30e66c1dd85713fe2100c7f1",
    ),
    (
        "kmod",
        "2873da3460d2d2975ef9145067cf33fd7a7ef77f1e7fd19dad2d4cd7201ac99e",
    ),
    (
        "lvm2",
        "2f86973aa8ea1cf3cd52874edabcd22e4ba7e2d39b971a98bf7d0fae7441b53c",
    ),
    (
        "lvm2",
        "a9c7b96befa757b75c6289e8dbb4dbe41b80764bdf0b64b27430470951d0e4dd",
    ),
    (
        "lvm2",
        "d326f83d858df77bd75b92fbb73d8652c7664d59115f802bb2781489375c5b55",
    ),
    (
        "resume",
        "240056e852ba265ff73a344e721ab2069e9b8bad0c481cdb429332dd167fb571",
    ),
    (
        "resume",
        "71182a2cba9c6964511752f2f6a5758869c30f4b1caa4888de3c9c26bd318e6a",
    ),
    (
        "resume",
        "7b674dd6785513530b00b994f7c87da60122be3fa60d4d2bd3148727b41f4978",
    ),
    (
        "thermal",
        "0e8ec63b8c3b745944b90e71bec7ef026d38ce423fc04b0fa9a176db22c5d49e",
    ),
    (
        "thermal",
        "8000b165e2c6ef915fc8d7d6bf2af07942d461cb240e0590c5d1f99a56d8b14f",
    ),
    (
        "udev",
        "6a722b0525d861e8b91629bbb8abaf1af9aabb0d936f2b165f48b0f6a2408ed5",
    ),
    (
        "udev",
        "a1aab3a02b3ec52fca3f6287f3b7185cf3d49756ca7df6de4fcd5d2a04a49a86",
    ),
    (
        "zz-busybox",
        "41b934003c3683a39d0aba0fee8fc4febffabce90498d2e126c1648b55ec64ae",
    ),
    (
        "zz-busybox",
        "cb80ae3bfb866cdfc4372d0a104049017892c85f92dd8b9d3975df2af79fcbf6",
    ),
];

/// The version of initramfs-tools, by the digests of its program and its functions.
pub(super) fn generation(program: &str, functions: &str) -> Option<Generation> {
    let found = FUNCTIONS.iter().find(|(digest, _)| *digest == functions);
    let found = found.map(|(_, generation)| *generation);
    found.filter(|_| PROGRAMS.contains(&program))
}

/// Whether the hook of this name is one that is understood.
pub(super) fn is_known(name: &str, digest: &str) -> bool {
    HOOKS.contains(&(name, digest))
}
