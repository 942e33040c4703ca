//! How QEMU is called: the machines we know, and their arguments.

#[cfg(test)]
mod tests;

use crate::error::TrialError;

/// A kind of machine that a guest sees.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The architecture, by Debian's name.
    pub architecture: &'static str,
    /// The QEMU that is it.
    pub program: &'static str,
    /// The package that has this QEMU.
    pub package: &'static str,
    /// The first serial line, as Linux calls it.
    pub console: &'static str,
    /// The board.
    board: &'static str,
    /// The processor where it is emulated. Newer ones are slower: the kernel then chooses
    /// instructions that are dear to emulate.
    processor: &'static str,
}

/// The machines we know.
const KINDS: [Kind; 3] = [
    Kind {
        architecture: "amd64",
        program: "qemu-system-x86_64",
        package: "qemu-system-x86",
        console: "ttyS0",
        board: "q35",
        processor: "qemu64",
    },
    Kind {
        architecture: "arm64",
        program: "qemu-system-aarch64",
        package: "qemu-system-arm",
        console: "ttyAMA0",
        board: "virt",
        processor: "cortex-a57",
    },
    Kind {
        architecture: "armhf",
        program: "qemu-system-arm",
        package: "qemu-system-arm",
        console: "ttyAMA0",
        board: "virt,highmem=off",
        processor: "cortex-a15",
    },
];

/// What the image's disk hangs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Bus {
    /// A disk of virtio, the fastest one.
    #[default]
    Virtio,
    /// An NVMe drive.
    Nvme,
    /// A SATA disk at an AHCI controller.
    Ahci,
    /// A USB stick.
    Usb,
}

impl Bus {
    /// The controller, where there is none yet, and the disk itself.
    fn devices(self) -> (Option<&'static str>, &'static str) {
        match self {
            Bus::Virtio => (None, "virtio-blk-pci"),
            // A drive without a serial number is none.
            Bus::Nvme => (None, "nvme,serial=formwork"),
            Bus::Ahci => (Some("ich9-ahci,id=sata"), "ide-hd,bus=sata.0"),
            Bus::Usb => (Some("qemu-xhci,id=usb"), "usb-storage,bus=usb.0"),
        }
    }
}

impl Kind {
    /// The machine for an architecture.
    ///
    /// # Errors
    /// If we know none.
    pub fn of(architecture: &str) -> Result<&'static Kind, TrialError> {
        let known = KINDS.iter().find(|kind| kind.architecture == architecture);
        known.ok_or_else(|| TrialError::Architecture(architecture.to_owned()))
    }

    /// The serial lines besides the console on which a guest without virtio-serial answers.
    #[must_use]
    pub fn lines(&self) -> &'static [&'static str] {
        match self.architecture {
            "amd64" => &["ttyS1", "ttyS2", "ttyS3"],
            _ => &[],
        }
    }
}

/// A machine with all that is plugged into it; paths and numbers are those inside QEMU.
#[derive(Clone, Debug)]
pub struct Machine {
    /// What kind it is.
    pub kind: &'static Kind,
    /// Whether this machine's own processor runs the guest.
    pub accelerated: bool,
    /// Its memory in MiB.
    pub memory: u64,
    /// How many processors it has.
    pub processors: u32,
    /// The disk, as a path.
    pub disk: String,
    /// What it hangs on.
    pub bus: Bus,
    /// Further disks, of virtio.
    pub further: Vec<String>,
    /// Whether what the guest writes goes to the disks themselves.
    pub keep: bool,
    /// How it begins.
    pub start: Start,
    /// The descriptor of the console.
    pub console: i32,
    /// The descriptors of what is asked of the guest, by name; the first ones have serial
    /// lines of their own too, as many as the machine has.
    pub ports: Vec<Port>,
    /// The port of this machine that leads to the guest's, if any.
    pub forward: Option<(u16, u16)>,
}

/// A way between the guest and us.
#[derive(Clone, Debug)]
pub struct Port {
    /// Its name in the guest.
    pub name: &'static str,
    /// The descriptor of our end of the virtio-serial port.
    pub descriptor: i32,
    /// The descriptor of our end of the serial line.
    pub line: Option<i32>,
}

/// What the machine begins with.
#[derive(Clone, Debug)]
pub enum Start {
    /// The kernel at once.
    Kernel {
        /// The path of the kernel.
        kernel: String,
        /// The path of the initial RAM disk.
        initrd: String,
        /// The command line.
        command_line: String,
    },
    /// The firmware, which looks for a boot loader.
    Firmware {
        /// The path of its code.
        code: String,
        /// The path of its variables.
        variables: String,
    },
}

impl Machine {
    /// The arguments of QEMU.
    #[must_use]
    pub fn arguments(&self) -> Vec<String> {
        let mut all = Arguments(Vec::new());
        let board = match (self.kind.architecture, self.accelerated) {
            // The interrupt controller must be the one that the processor has.
            ("arm64", true) => "virt,gic-version=host",
            _ => self.kind.board,
        };
        all.pair("-machine", board);
        all.pair("-accel", if self.accelerated { "kvm" } else { "tcg" });
        let own = if self.accelerated {
            "host"
        } else {
            self.kind.processor
        };
        all.pair("-cpu", own);
        all.pair("-m", &format!("{}M", self.memory));
        all.pair("-smp", &self.processors.to_string());
        for option in ["-nodefaults", "-no-user-config", "-no-reboot"] {
            all.one(option);
        }
        all.pair("-display", "none");
        all.pair("-device", "virtio-rng-pci");
        self.start(&mut all);
        self.disk(&mut all);
        self.network(&mut all);
        self.lines(&mut all);
        all.0
    }

    fn start(&self, all: &mut Arguments) {
        match &self.start {
            Start::Kernel {
                kernel,
                initrd,
                command_line,
            } => {
                all.pair("-kernel", kernel);
                all.pair("-initrd", initrd);
                all.pair("-append", command_line);
            }
            Start::Firmware { code, variables } => {
                let drive = "if=pflash,format=raw";
                let code = escaped(code);
                all.pair("-drive", &format!("{drive},unit=0,readonly=on,file={code}"));
                all.pair("-drive", &format!("{drive},unit=1,file={variables}"));
            }
        }
    }

    fn disk(&self, all: &mut Arguments) {
        self.drive(all, "disk", &self.disk);
        let (controller, disk) = self.bus.devices();
        if let Some(controller) = controller {
            all.pair("-device", controller);
        }
        let first = match self.start {
            // With a kernel of its own the machine looks for none on the disk.
            Start::Kernel { .. } => "",
            Start::Firmware { .. } => ",bootindex=0",
        };
        all.pair("-device", &format!("{disk},drive=disk{first}"));
        for (place, path) in self.further.iter().enumerate() {
            let name = format!("further{place}");
            self.drive(all, &name, path);
            all.pair("-device", &format!("virtio-blk-pci,drive={name}"));
        }
    }

    fn drive(&self, all: &mut Arguments, name: &str, path: &str) {
        let snapshot = if self.keep { "off" } else { "on" };
        let path = escaped(path);
        let options = "if=none,format=raw,discard=unmap";
        all.pair(
            "-drive",
            &format!("id={name},{options},snapshot={snapshot},file={path}"),
        );
    }

    fn network(&self, all: &mut Arguments) {
        let forward = self
            .forward
            .map(|(here, there)| format!(",hostfwd=tcp:127.0.0.1:{here}-:{there}"));
        all.pair(
            "-netdev",
            &format!("user,id=net{}", forward.unwrap_or_default()),
        );
        // Without a boot ROM, which nobody here boots from.
        all.pair("-device", "virtio-net-pci,netdev=net,romfile=");
    }

    fn lines(&self, all: &mut Arguments) {
        all.socket("console", self.console);
        all.pair("-serial", "chardev:console");
        if self.ports.is_empty() {
            return;
        }
        for (port, line) in self.ports.iter().zip(self.kind.lines()) {
            if let Some(descriptor) = port.line {
                all.socket(line, descriptor);
                all.pair("-device", &format!("isa-serial,chardev={line}"));
            }
        }
        all.pair("-device", "virtio-serial-pci");
        for port in &self.ports {
            let name = port.name;
            all.socket(name, port.descriptor);
            all.pair(
                "-device",
                &format!("virtserialport,chardev={name},name=formwork.{name}"),
            );
        }
    }
}

/// Arguments in the making.
struct Arguments(Vec<String>);

impl Arguments {
    fn one(&mut self, option: &str) {
        self.0.push(option.to_owned());
    }

    fn pair(&mut self, option: &str, value: &str) {
        self.one(option);
        self.one(value);
    }

    fn socket(&mut self, name: &str, descriptor: i32) {
        self.pair("-chardev", &format!("socket,id={name},fd={descriptor}"));
    }
}

/// A path as the value of an option: QEMU takes two commas for one of the path.
fn escaped(path: &str) -> String {
    path.replace(',', ",,")
}
