# Read by the init of initramfs-tools: our script runs when the root file system is mounted.
if [ -e /formwork/install ]; then
	mkdir -p /scripts/init-bottom
	if [ -e /scripts/init-bottom/ORDER ]; then
		cat /scripts/init-bottom/ORDER >/formwork/order
	else
		echo : >/formwork/order
	fi
	{
		echo 'sh /formwork/install'
		cat /formwork/order
	} >/scripts/init-bottom/ORDER
fi
