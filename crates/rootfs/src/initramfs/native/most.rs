//! The modules that `MODULES=most` stands for: what is needed to find and mount a root file
//! system on any usual machine, and to type a passphrase before.
//!
//! The lists are those of each version's `auto_add_modules` and `hidden_dep_add_modules`. From
//! 0.148 on, network and storage drivers are chosen by the functions that they call; here all of
//! their directories are taken, without those that earlier versions left out by name.

use super::kmod::{Kmod, under};
use super::known::Generation;

/// A directory of modules, and what in it is left out.
type Directory = (&'static str, &'static [&'static str]);

/// Games controllers and other input that no passphrase is typed on.
const NO_KEYBOARDS: &[&str] = &[
    "hid-*ff.ko",
    "hid-a4tech.ko",
    "hid-cypress.ko",
    "hid-dr.ko",
    "hid-elecom.ko",
    "hid-gyration.ko",
    "hid-icade.ko",
    "hid-kensington.ko",
    "hid-kye.ko",
    "hid-lcpower.ko",
    "hid-magicmouse.ko",
    "hid-ntrig.ko",
    "hid-petalynx.ko",
    "hid-picolcd.ko",
    "hid-pl.ko",
    "hid-ps3remote.ko",
    "hid-quanta.ko",
    "hid-roccat-ko*.ko",
    "hid-roccat-pyra.ko",
    "hid-saitek.ko",
    "hid-sensor-hub.ko",
    "hid-sony.ko",
    "hid-speedlink.ko",
    "hid-tivo.ko",
    "hid-twinhan.ko",
    "hid-uclogic.ko",
    "hid-wacom.ko",
    "hid-waltop.ko",
    "hid-wiimote.ko",
    "hid-zydacron.ko",
];

/// One more of them in 0.140.
const NO_TOUCH: &[&str] = &["hid-multitouch.ko"];

/// USB hosts that need a driver of their own or are long gone.
const NO_HOSTS: &[&str] = &[
    "hwa-hc.ko",
    "sl811_cs.ko",
    "sl811-hcd.ko",
    "u132-hcd.ko",
    "whci-hcd.ko",
];

/// Networks that no root file system comes by.
const NO_NETWORKS: &[&str] = &[
    "appletalk",
    "arcnet",
    "bonding",
    "can",
    "cdc-phonet.ko",
    "cdc_mbim.ko",
    "cdc_subset.ko",
    "cx82310_eth.ko",
    "dummy.ko",
    "gl620a.ko",
    "hamradio",
    "hippi",
    "hso.ko",
    "huawei_cdc_ncm.ko",
    "ifb.ko",
    "ipheth.ko",
    "irda",
    "kalmia.ko",
    "lg-vl600.ko",
    "macvlan.ko",
    "macvtap.ko",
    "net1080.ko",
    "pcmcia",
    "plusb.ko",
    "qmi_wwan.ko",
    "sb1000.ko",
    "sierra_net.ko",
    "team",
    "tokenring",
    "tun.ko",
    "veth.ko",
    "wan",
    "wimax",
    "wireless",
    "xen-netback.ko",
    "zaurus.ko",
];

/// The same in 0.140.
const NO_NETWORKS_BULLSEYE: &[&str] = &[
    "appletalk",
    "arcnet",
    "bonding",
    "can",
    "dummy.ko",
    "hamradio",
    "hippi",
    "ifb.ko",
    "irda",
    "macvlan.ko",
    "macvtap.ko",
    "pcmcia",
    "sb1000.ko",
    "team",
    "tokenring",
    "tun.ko",
    "usb",
    "veth.ko",
    "wan",
    "wimax",
    "wireless",
    "xen-netback.ko",
];

/// What 0.148 leaves out more, as it calls nothing that finds a disk or a network.
const NO_NETWORKS_TRIXIE: &[&str] = &[
    "eql.ko",
    "fddi",
    "gtp.ko",
    "ieee802154",
    "ipvtap.ko",
    "mhi_net.ko",
    "nlmon.ko",
    "plip",
    "ppp",
    "slip",
    "tap.ko",
    "vsockmon.ko",
    "wireguard",
    "wwan",
];
const CHOSEN_BY_CALLS: &[&str] = &[
    "drivers/ata",
    "drivers/block",
    "drivers/message/fusion",
    "drivers/nvme",
    "drivers/scsi",
];
const NO_DISKS_TRIXIE: &[&str] = &[
    "brd.ko",
    "ch.ko",
    "drbd",
    "mptctl.ko",
    "mptlan.ko",
    "nvme-fcloop.ko",
    "nvmet-rdma.ko",
    "nvmet-tcp.ko",
    "scsi_dh_hp_sw.ko",
    "ses.ko",
    "sg.ko",
    "st.ko",
    "tcm_qla2xxx.ko",
    "xen-blkback",
    "zram",
];

/// What all versions take.
const DIRECTORIES: &[Directory] = &[
    ("drivers/usb/host", NO_HOSTS),
    ("drivers/usb/c67x00", &[]),
    ("drivers/usb/chipidea", &[]),
    ("drivers/usb/dwc2", &[]),
    ("drivers/usb/dwc3", &[]),
    ("drivers/usb/isp1760", &[]),
    ("drivers/usb/musb", &[]),
    ("drivers/usb/renesas_usbhs", &[]),
    ("drivers/input/keyboard", &[]),
    ("drivers/bus", &[]),
    ("drivers/clk", &[]),
    ("drivers/gpio", &[]),
    ("drivers/i2c/busses", &[]),
    ("drivers/i2c/muxes", &[]),
    ("drivers/mfd", &[]),
    ("drivers/pci/controller", &[]),
    ("drivers/phy", &[]),
    ("drivers/pinctrl", &[]),
    ("drivers/regulator", &[]),
    ("drivers/reset", &[]),
    ("drivers/spi", &[]),
    ("drivers/usb/phy", &[]),
    ("drivers/rtc", &[]),
    ("drivers/ide", &[]),
    ("drivers/mmc", &[]),
    ("drivers/scsi", &[]),
    ("drivers/ata", &[]),
    ("drivers/block", &[]),
    ("drivers/nvme", &[]),
    ("drivers/usb/storage", &[]),
];

/// What 0.148 takes more.
const TRIXIE: &[Directory] = &[
    ("drivers/usb/cdns3", &[]),
    ("drivers/usb/mtu3", &[]),
    ("drivers/usb/typec", &[]),
    ("drivers/input/serio", &[]),
    ("drivers/tty/serial", &[]),
    ("drivers/devfreq", &[]),
    ("drivers/dma", &[]),
    ("drivers/extcon", &[]),
    ("drivers/hwspinlock", &[]),
    ("drivers/interconnect", &[]),
    ("drivers/mailbox", &[]),
    ("drivers/memory", &[]),
    ("drivers/nvmem", &[]),
    ("drivers/platform/chrome", &[]),
    ("drivers/power", &[]),
    ("drivers/rpmsg", &[]),
    ("drivers/soc", &[]),
    ("drivers/spmi", &[]),
    ("drivers/watchdog", &[]),
    ("drivers/message/fusion", &[]),
    ("drivers/s390/scsi", &[]),
    ("drivers/net/ethernet", &[]),
    ("drivers/net/mdio", &[]),
    ("drivers/net/phy", &[]),
    ("net/qrtr", &[]),
];

/// Names that all versions take.
const NAMES: &str = "btrfs ext2 ext3 ext4 f2fs isofs jfs reiserfs udf xfs nfs nfsv2 nfsv3 nfsv4 \
    af_packet atkbd i8042 psmouse virtio_pci virtio_mmio firewire-ohci firewire-sbp2 \
    dasd_diag_mod dasd_eckd_mod dasd_fba_mod vmd rockchipdrm pwm-cros-ec pwm_bl panel-simple \
    analogix-anx6345 pwm-sun4i sun4i-drm sun8i-mixer";

/// Those of 0.140 and 0.142.
const EARLIER: &str = "extcon-usb-gpio extcon-usbc-cros-ec axp20x_usb_power cros_ec_spi mptfc \
    mptsas mptscsih mptspi zfcp";

/// Those of 0.142 and 0.148.
const LATER: &str = "onboard_usb_hub onboard_usb_dev pwm-rockchip panel-edp pwm_imx27 nwl-dsi \
    ti-sn65dsi86 imx-dcss mux-mmio mxsfb";

/// Those of 0.148.
const NAMES_TRIXIE: &str = "squashfs cdc_eem ch9200 ipvlan netconsole r8153_ecm cxgb3i cxgb4i \
    scsi_dh_alua scsi_dh_emc scsi_dh_rdac scsi_transport_srp mediatek-drm pwm-mtk-disp anx7625 \
    parade_ps8640 msm";

/// What needs what without saying so: a module, and whatever it may ask for when it runs.
const HIDDEN: &[(&str, &str)] = &[
    ("libcrc32c", "crc32c"),
    ("ubifs", "deflate zlib lzo"),
    ("btrfs", "crc32c"),
    ("f2fs", "crc32"),
    ("mlx4_core", "mlx4_ib"),
    ("mlx5_core", "mlx5_ib"),
    ("i8042", "psmouse"),
    ("nvme", "vmd"),
    ("spi-rockchip", "pl330"),
    ("dw_mmc-rockchip", "rockchip-io-domain io-domain"),
    ("mediatek-drm", "mediatek-drm-hdmi mtk_iommu mtk-smi"),
    ("mtk_iommu", "mtk-smi"),
    ("phy-mtk-mipi-dsi-drv", "nvmem_mtk-efuse"),
    ("mt6397", "mtk-pmic-wrap"),
    ("qmi_helpers", "qrtr"),
    ("panel-edp", "pwm_bl"),
    ("msm", "pmic_glink_altmode gpio_sbu_mux qrtr"),
];

/// Chooses them.
pub(super) fn choose(kmod: &mut Kmod, generation: Generation) {
    let mut directories = DIRECTORIES.to_vec();
    let mut names = vec![NAMES];
    let mut no_keyboards = NO_KEYBOARDS.to_vec();
    let mut no_networks = match generation {
        Generation::Bullseye => NO_NETWORKS_BULLSEYE.to_vec(),
        _ => NO_NETWORKS.to_vec(),
    };
    if generation == Generation::Bullseye {
        no_keyboards.extend(NO_TOUCH);
    }
    if generation <= Generation::Bookworm {
        names.push(EARLIER);
    }
    if generation >= Generation::Bookworm {
        names.extend([LATER, "hyperv-keyboard imx8mq-interconnect nvmem-imx-ocotp"]);
        directories.extend([("drivers/usb/typec/tcpm", &[][..]), ("drivers/ufs", &[])]);
    }
    if generation == Generation::Trixie {
        names.push(NAMES_TRIXIE);
        directories.extend(TRIXIE);
        no_networks.extend(NO_NETWORKS_TRIXIE);
        for (directory, without) in &mut directories {
            if CHOSEN_BY_CALLS.contains(directory) {
                *without = NO_DISKS_TRIXIE;
            }
        }
    }
    for (directory, without) in directories {
        kmod.choose_directory(&format!("kernel/{directory}"), without);
    }
    kmod.choose_directory("kernel/drivers/hid", &no_keyboards);
    kmod.choose_directory("kernel/drivers/net", &no_networks);
    for name in names.join(" ").split_whitespace() {
        kmod.choose(name);
    }
}

/// Chooses what the chosen ones, and those that are built in, may ask for.
pub(super) fn choose_hidden(kmod: &mut Kmod) {
    for (module, wanted) in HIDDEN {
        let module = under(module);
        let is_there =
            kmod.built_in.contains(&module) || kmod.chosen().any(|chosen| chosen.name == module);
        if is_there {
            for wanted in wanted.split(' ') {
                kmod.choose(wanted);
            }
        }
    }
}
