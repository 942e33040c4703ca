//! Every kind of machine as QEMU is called for it.

use super::*;

fn machine(architecture: &str) -> Machine {
    Machine {
        kind: Kind::of(architecture).unwrap(),
        accelerated: false,
        memory: 1024,
        processors: 1,
        disk: "/srv/a,b.img".to_owned(),
        bus: Bus::Virtio,
        further: Vec::new(),
        keep: false,
        start: Start::Kernel {
            kernel: "/proc/self/fd/201".to_owned(),
            initrd: "/proc/self/fd/202".to_owned(),
            command_line: "root=/dev/vda2 ro".to_owned(),
        },
        console: 200,
        ports: Vec::new(),
        forward: None,
    }
}

fn firmware(machine: Machine) -> Machine {
    Machine {
        start: Start::Firmware {
            code: "/usr/share/OVMF/OVMF_CODE_4M.fd".to_owned(),
            variables: "/proc/self/fd/201".to_owned(),
        },
        ..machine
    }
}

/// The arguments as one line of words.
fn line(machine: &Machine) -> String {
    machine.arguments().join(" ")
}

#[test]
fn each_architecture_has_its_board_and_processor() {
    let table = [
        (
            "amd64",
            false,
            "-machine q35 -accel tcg -cpu qemu64 -m 1024M -smp 1 ",
        ),
        ("amd64", true, "-machine q35 -accel kvm -cpu host "),
        ("arm64", false, "-machine virt -accel tcg -cpu cortex-a57 "),
        (
            "arm64",
            true,
            "-machine virt,gic-version=host -accel kvm -cpu host ",
        ),
        (
            "armhf",
            false,
            "-machine virt,highmem=off -accel tcg -cpu cortex-a15 ",
        ),
    ];
    for (architecture, accelerated, expected) in table {
        let machine = Machine {
            accelerated,
            ..machine(architecture)
        };
        let line = line(&machine);
        assert!(line.starts_with(expected), "{line}");
        assert!(line.contains(" -nodefaults -no-user-config -no-reboot -display none "));
        assert!(line.contains(" -device virtio-rng-pci "), "{line}");
    }
    assert!(matches!(
        Kind::of("riscv64"),
        Err(TrialError::Architecture(_))
    ));
}

#[test]
fn a_kernel_of_its_own_leaves_the_disk_no_place_in_the_order() {
    let machine = machine("amd64");
    let text = line(&machine);
    assert!(text.contains(" -kernel /proc/self/fd/201 -initrd /proc/self/fd/202 -append root="));
    assert!(
        text.contains(" -device virtio-blk-pci,drive=disk -"),
        "{text}"
    );
    assert!(!text.contains("pflash"), "{text}");
    let command_line = "root=/dev/vda2 ro".to_owned();
    assert!(machine.arguments().contains(&command_line), "one argument");
    let text = line(&firmware(machine));
    assert!(text.contains(
        " -drive if=pflash,format=raw,unit=0,readonly=on,file=/usr/share/OVMF/OVMF_CODE_4M.fd \
         -drive if=pflash,format=raw,unit=1,file=/proc/self/fd/201 "
    ));
    assert!(text.contains(" -device virtio-blk-pci,drive=disk,bootindex=0 "));
    assert!(!text.contains("-kernel"), "{text}");
}

#[test]
fn only_a_disk_that_is_kept_is_written_to() {
    let thrown = machine("arm64");
    let drive = "id=disk,if=none,format=raw,discard=unmap,snapshot=on,file=/srv/a,,b.img";
    assert!(thrown.arguments().iter().any(|word| word == drive));
    let kept = Machine {
        keep: true,
        ..thrown
    };
    assert!(line(&kept).contains(",snapshot=off,"));
    assert!(!line(&kept).contains("snapshot=on"));
}

#[test]
fn a_disk_hangs_on_the_bus_that_is_wanted() {
    let table = [
        (Bus::Virtio, " -device virtio-blk-pci,drive=disk"),
        (Bus::Nvme, " -device nvme,serial=formwork,drive=disk"),
        (
            Bus::Ahci,
            " -device ich9-ahci,id=sata -device ide-hd,bus=sata.0,drive=disk",
        ),
        (
            Bus::Usb,
            " -device qemu-xhci,id=usb -device usb-storage,bus=usb.0,drive=disk",
        ),
    ];
    for (bus, expected) in table {
        let machine = Machine {
            bus,
            ..machine("amd64")
        };
        let text = line(&machine);
        assert!(text.contains(&format!("{expected} -")), "{text}");
        let text = line(&firmware(machine));
        assert!(text.contains(&format!("{expected},bootindex=0 ")), "{text}");
    }
}

#[test]
fn further_disks_come_behind_the_images_and_are_kept_or_not_like_it() {
    let machine = Machine {
        further: vec!["/srv/b".to_owned(), "/srv/c,d".to_owned()],
        ..machine("amd64")
    };
    let text = line(&machine);
    for expected in [
        "drive=disk -drive id=further0,if=none,format=raw,discard=unmap,snapshot=on,file=/srv/b ",
        "-device virtio-blk-pci,drive=further0 -drive id=further1,",
        "snapshot=on,file=/srv/c,,d -device virtio-blk-pci,drive=further1 ",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let kept = Machine {
        keep: true,
        ..machine
    };
    assert!(!line(&kept).contains("snapshot=on"));
}

#[test]
fn the_network_leads_to_this_machine_only_and_only_if_asked() {
    assert!(line(&machine("amd64")).contains(" -netdev user,id=net -device virtio-net-pci,"));
    let open = Machine {
        forward: Some((40_022, 2222)),
        ..machine("amd64")
    };
    assert!(line(&open).contains(" -netdev user,id=net,hostfwd=tcp:127.0.0.1:40022-:2222 "));
}

#[test]
fn what_is_asked_of_a_guest_has_ports_and_where_there_are_some_serial_lines() {
    let ports = |with_lines: bool| {
        let port = |(place, name): (usize, &'static str)| Port {
            name,
            descriptor: 210 + place as i32,
            line: (with_lines && place < 3).then_some(220 + place as i32),
        };
        let names = ["control", "output", "errors", "input"];
        names.into_iter().enumerate().map(port).collect()
    };
    let amd64 = Machine {
        ports: ports(true),
        ..machine("amd64")
    };
    let text = line(&amd64);
    for expected in [
        "-chardev socket,id=console,fd=200 -serial chardev:console ",
        "-chardev socket,id=ttyS1,fd=220 -device isa-serial,chardev=ttyS1 ",
        "-chardev socket,id=ttyS3,fd=222 -device isa-serial,chardev=ttyS3 ",
        "-device virtio-serial-pci ",
        "-chardev socket,id=input,fd=213 -device virtserialport,chardev=input,name=formwork.input",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let arm64 = Machine {
        ports: ports(false),
        ..machine("arm64")
    };
    let text = line(&arm64);
    assert!(text.contains("name=formwork.control") && !text.contains("isa-serial"));
    assert!(
        !line(&machine("amd64")).contains("virtio-serial"),
        "nothing is asked"
    );
}
